// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/replication/world.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "tests/simulation/replication/world_step.hpp"

namespace wattring::replication {
namespace {

constexpr std::uint16_t kWeight = 8;  ///< some twenty tokens a node
constexpr std::int64_t kMillion = 1'000'000;
constexpr std::int64_t kPauseNoticed = kSecond;

std::vector<ShardId> some_shards(Prng& prng, std::size_t count) {
  std::vector<ShardId> shards;
  while (shards.size() < count) {
    const ShardId shard{static_cast<std::uint16_t>(prng.below(kShardCount))};
    if (std::find(shards.begin(), shards.end(), shard) == shards.end()) shards.push_back(shard);
  }
  std::sort(shards.begin(), shards.end());
  return shards;
}

template <class Id>
Id draw_id(Prng& prng) {
  Id id;
  for (std::uint8_t& byte : id.bytes) byte = static_cast<std::uint8_t>(prng.next());
  return id;
}

}  // namespace

std::string_view to_string(ShellMutant mutant) {
  constexpr std::array<std::string_view, kShellMutants> kNames = {"none",
                                                                  "transfer_replaces",
                                                                  "transfer_claims_union",
                                                                  "facts_outside_claim",
                                                                  "boot_wipes_holder",
                                                                  "sequence_reused_after_commit_error",
                                                                  "old_writer_id_after_restore"};
  return kNames[static_cast<std::size_t>(mutant)];
}

World::World(const WorldOptions& options)
    : options_(options),
      prng_(options.seed),
      book_(some_shards(prng_, options.slots)),
      rings_(prng_.next(), kWeight, options.zones),
      checker_(book_, rings_),
      network_(prng_.next()) {
  machines_.reserve(kNodesMax);
  if (!options_.trace.empty()) trace_.write_to(options_.trace);
  for (std::size_t i = 0; i < options_.nodes; ++i) add_node();
  found();
}

World::~World() = default;

void World::found() {
  std::vector<Node> all(options_.nodes);
  for (Node node = 0; node < all.size(); ++node) all[node] = node;
  const std::size_t founders = options_.founder_first ? 1 : all.size();
  rings_.found(std::span(all).first(founders), options_.copies, options_.acks);
  if (founders < all.size()) rings_.change(std::span(all).subspan(founders), {});
  for (const Node node : all) {
    Image& image = machines_[node].disk.durable;
    if (node < founders || options_.founder_first) image.oldest_ring = image.newest_ring = 1;
    if (rings_.is_member(1, node))
      for (std::size_t shard = 0; shard < kShardCount; ++shard)
        image.filled[shard] = rings_.owns(1, ShardId{static_cast<std::uint16_t>(shard)}, node) ? 1 : 0;
    disk_changed(node, Change::commit);
    start(node);
  }
  for (Node node = 0; node < all.size(); ++node) review(node);
  if (rings_.newest() > 1) learn_rings(0, rings_.newest());
}

Node World::add_node() {
  const auto node = static_cast<Node>(machines_.size());
  rings_.add_node(node, draw_id<NodeId>(prng_));
  Machine& machine = machines_.emplace_back();
  machine.disk.durable.generation = prng_.next();
  machine.clock_offset_ns = between(0, 1'000 * kSecond);
  machine.clock_ppm = between(-options_.clock_ppm_max, options_.clock_ppm_max + 1);
  return node;
}

// Machines.

void World::start(Node node) {
  Machine& machine = machines_[node];
  if (machine.gone || machine.replica != nullptr) return;
  boot(node);
  news();
}

void World::boot(Node node) {
  Machine& machine = machines_[node];
  Image& image = machine.disk.durable;
  ++machine.life;
  ++image.boots;
  if (options_.shell == ShellMutant::boot_wipes_holder && image.newest_ring > 0) {
    for (Slot slot = 0; slot < book_.shards().size(); ++slot) {
      if (rings_.owns(image.newest_ring, book_.shards()[slot], node)) continue;
      DiskOp wipe;
      wipe.kind = DiskOp::Kind::drop;
      wipe.shard = book_.shards()[slot];
      machine.disk.apply(book_, {wipe}, false);
    }
    disk_changed(node, Change::drop);
  }
  draw_writer(node);
  machine.last_number = machine.life << 32U;
  machine.damaged = Bits();
  machine.dropping = 0;
  machine.tick_at_ns = -1;
  machine.oldest_ring = image.oldest_ring;
  machine.newest_ring = image.newest_ring;
  machine.usable = 0;
  checker_.set_now(now_ns());
  checker_.booted(node);
  checker_.adopted(node, machine.newest_ring);
  trace_.add(now_ns(), node, "boot", machine.life);
  machine.replica = std::make_unique<sharding::Replica>(sharding::Replica::Self{rings_.id(node), image.generation},
                                                        options_.settings, kShardCount, held(node), prng_.fork());
  step(node, [&](sharding::Replica& replica, std::int64_t local, sharding::ReplicaEffects& out) {
    if (machine.newest_ring > 0) replica.set_rings(local, rings_.span(machine.oldest_ring, machine.newest_ring), out);
    replica.set_usable(local, {{rings_.id(node), local}}, out);
  });
  machine.usable = 1U << node;
  if ((image.rotten).any()) in_process(node, between(kMs, kSecond), [this, node] { notice_damage(node); });
}

void World::draw_writer(Node node) {
  Machine& machine = machines_[node];
  machine.pen = Pen();
  machine.pen.writer = draw_id<WriterId>(prng_);
  if (options_.shell != ShellMutant::old_writer_id_after_restore) return;
  machine.pen.writer = {};
  machine.pen.writer.bytes[0] = static_cast<std::uint8_t>(node);
  machine.pen.writer.bytes[1] = static_cast<std::uint8_t>(machine.disk.durable.boots);
}

std::vector<sharding::Replica::Held> World::held(Node node) const {
  const Image& image = machines_[node].disk.durable;
  std::vector<sharding::Replica::Held> all;
  for (std::size_t shard = 0; shard < kShardCount; ++shard) {
    const ShardId id{static_cast<std::uint16_t>(shard)};
    const Slot slot = book_.slot_of(id);
    sharding::Replica::Held held{
        id, {}, image.recovering[shard] ? sharding::effect::kRecovering : image.filled[shard], false};
    if (slot != kNoSlot) held.coverage = book_.to_coverage(slot, image.cover);
    if (held.filled_ring != 0 || !held.coverage.writers().empty()) all.push_back(std::move(held));
  }
  return all;
}

void World::crash(Node node) {
  Machine& machine = machines_[node];
  if (machine.replica == nullptr) return;
  trace_.add(now_ns(), node, "crash");
  machine.replica.reset();
  ++machine.life;
  machine.paused = false;
  machine.waiting.clear();
  machine.disk.forget_volatile();
  machine.writes.clear();
  machine.reads.clear();
  machine.sent.clear();
  machine.commit_fails = false;
  news();
}

void World::pause(Node node, std::int64_t for_ns) {
  Machine& machine = machines_[node];
  if (machine.replica == nullptr || machine.paused) return;
  trace_.add(now_ns(), node, "pause", static_cast<std::uint64_t>(for_ns));
  machine.paused = true;
  machine.paused_ns = now_ns();
  news();
  at(now_ns() + for_ns, [this, node, life = machine.life] {
    Machine& sleeper = machines_[node];
    if (sleeper.life != life) return;
    sleeper.paused = false;
    trace_.add(now_ns(), node, "resume");
    news();
    if (now_ns() - sleeper.paused_ns > kPauseNoticed)
      step(node, [](sharding::Replica& replica, std::int64_t local, sharding::ReplicaEffects& out) {
        replica.own_pause(local, out);
      });
    for (const auto& action : std::exchange(sleeper.waiting, {})) action();
    if (sleeper.life == life) tick(node);
  });
}

void World::destroy(Node node) {
  crash(node);
  Machine& machine = machines_[node];
  machine.gone = true;
  trace_.add(now_ns(), node, "destroyed");
  machine.disk.durable = Image();
  disk_changed(node, Change::loss);
}

void World::set_back(Node node, const Image& image, bool known) {
  crash(node);
  Image& durable = machines_[node].disk.durable;
  const Image now = std::exchange(durable, image);
  // What is kept apart from the data: how far the chain of rings was known.
  durable.oldest_ring = now.oldest_ring;
  durable.newest_ring = now.newest_ring;
  if (known) {
    durable.generation = prng_.next();
    durable.filled.fill(0);
    durable.recovering.set();
  }
  trace_.add(now_ns(), node, "set back", known ? 1 : 0);
  disk_changed(node, Change::silent_loss);
}

void World::rot(Node node, EntryNo entry) {
  Image& image = machines_[node].disk.durable;
  if (!image.facts.test(entry)) return;
  image.facts.reset(entry);
  image.log.reset(entry);
  image.rotten.set(book_.at(entry).first);
  trace_.add(now_ns(), node, "rot", entry);
  disk_changed(node, Change::loss);
  if (running(node)) in_process(node, between(kMs, 3 * kSecond), [this, node] { notice_damage(node); });
}

void World::vanish(Node node, EntryNo entry) {
  machines_[node].disk.durable.silent.set(book_.at(entry).first);
  rot(node, entry);
}

void World::notice_damage(Node node) {
  Machine& machine = machines_[node];
  for (Slot slot = 0; slot < book_.shards().size(); ++slot) {
    const Image& image = machine.disk.durable;
    const Bits found = (image.rotten & book_.of_slot(slot)).without(machine.damaged | image.silent);
    if (!found.any()) continue;
    machine.damaged |= found;
    step(node, [&](sharding::Replica& replica, std::int64_t local, sharding::ReplicaEffects& out) {
      replica.damaged(local, book_.shards()[slot], book_.to_coverage(slot, found), out);
    });
  }
}

void World::truncate(Node node, Prng& prng) {
  Image& image = machines_[node].disk.durable;
  image.log.for_each([&](EntryNo entry) {
    if (prng.chance(0.6)) image.log.reset(entry);
  });
}

void World::fail_next_commit(Node node, bool durable) {
  machines_[node].commit_fails = true;
  machines_[node].failed_commit_is_durable = durable;
}

void World::mend_disk(Node node) {
  machines_[node].weather = DiskWeather();
  machines_[node].commit_fails = false;
}

std::int64_t World::local_ns(Node node) const {
  const Machine& machine = machines_[node];
  return machine.clock_offset_ns + now_ns() + now_ns() * machine.clock_ppm / kMillion;
}

std::int64_t World::true_ns(Node node, std::int64_t local_ns) const {
  const Machine& machine = machines_[node];
  return (local_ns - machine.clock_offset_ns) * kMillion / (kMillion + machine.clock_ppm);
}

// Links and what is known of them.

bool World::reaches(Node from, Node to) const {
  if (from == to) return true;
  return running(to) && !paused(to) && network_.open(from, to) && network_.open(to, from);
}

bool World::sees_all(Node observer) const {
  for (Node node = 0; node < size(); ++node)
    if (((machines_[observer].usable >> node & 1U) != 0) != (running(node) && reaches(observer, node))) return false;
  return true;
}

void World::news() {
  for (Node node = 0; node < size(); ++node) {
    if (!running(node)) continue;
    in_process(node, between(50 * kMs, options_.news_ns), [this, node] { review(node); });
  }
}

void World::slander(Node observer, Node subject, std::int64_t for_ns) {
  machines_[observer].slandered_until_ns[subject] = now_ns() + for_ns;
  review(observer);
  at(now_ns() + for_ns, [this, observer] {
    if (running(observer)) in_process(observer, kMs, [this, observer] { review(observer); });
  });
}

void World::end_slander() {
  for (Machine& machine : machines_) machine.slandered_until_ns.fill(0);
}

void World::review(Node observer) {
  Machine& machine = machines_[observer];
  if (!running(observer) || machine.paused) return;
  std::uint32_t usable = 0;
  for (Node node = 0; node < size(); ++node)
    if (node == observer || (reaches(observer, node) && machine.slandered_until_ns[node] <= now_ns()))
      usable |= 1U << node;
  if (usable == machine.usable) return;
  std::vector<sharding::UsableNode> nodes;
  for (Node node = 0; node < size(); ++node) {
    if ((usable >> node & 1U) == 0) continue;
    if ((machine.usable >> node & 1U) == 0) machine.usable_since_ns[node] = local_ns(observer);
    nodes.push_back({rings_.id(node), machine.usable_since_ns[node]});
  }
  machine.usable = usable;
  note_zones(observer);
  trace_.add(now_ns(), observer, "usable", usable);
  step(observer, [&](sharding::Replica& replica, std::int64_t local, sharding::ReplicaEffects& out) {
    replica.set_usable(local, nodes, out);
  });
}

void World::note_zones(Node node) {
  if (two_zones(node)) return;
  for (auto& [number, write] : machines_[node].writes) write.two_zones = false;
}

bool World::two_zones(Node node) const {
  const Machine& machine = machines_[node];
  if (machine.newest_ring == 0 || options_.zones < 2) return false;
  std::uint32_t zones = 0;
  for (Node other = 0; other < size(); ++other)
    if ((machine.usable >> other & 1U) != 0 && rings_.is_member(machine.newest_ring, other))
      zones |= 1U << rings_.zone(other);
  return std::popcount(zones) >= 2;
}

// Time.

void World::at(std::int64_t time_ns, std::function<void()> action) {
  std::uint32_t number = static_cast<std::uint32_t>(actions_.size());
  if (free_actions_.empty()) {
    actions_.push_back(std::move(action));
  } else {
    number = free_actions_.back();
    free_actions_.pop_back();
    actions_[number] = std::move(action);
  }
  scheduler_.at(time_ns, *this, kAction, number);
}

void World::in_process(Node node, std::int64_t delay_ns, std::function<void()> action) {
  at(now_ns() + delay_ns, [this, node, life = machines_[node].life, action = std::move(action)]() mutable {
    Machine& machine = machines_[node];
    if (machine.life != life) return;
    if (!machine.paused) return action();
    machine.waiting.push_back([this, node, life, action = std::move(action)] {
      if (machines_[node].life == life) action();
    });
  });
}

std::int64_t World::between(std::int64_t low, std::int64_t high) {
  return low +
         static_cast<std::int64_t>(prng_.below(static_cast<std::uint64_t>(std::max<std::int64_t>(1, high - low))));
}

void World::run_for(std::int64_t duration_ns) {
  (void)run_until(now_ns() + duration_ns);
}

bool World::run_until(std::int64_t time_ns) {
  while (checker_.violations().empty() && scheduler_.step(time_ns)) {
  }
  return checker_.violations().empty();
}

void World::on_event(std::uint32_t code, std::uint32_t a, std::uint64_t b) {
  checker_.set_now(now_ns());
  switch (code) {
    case kDeliver:
      return deliver(a);
    case kTick:
      if (machines_[a].tick_at_ns == now_ns() && machines_[a].life == b) tick(a);
      return;
    case kCommit:
      return commit(a, b);
    default: {
      const std::function<void()> action = std::exchange(actions_[a], nullptr);
      free_actions_.push_back(a);
      action();
    }
  }
}

}  // namespace wattring::replication
