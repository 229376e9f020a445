// SPDX-License-Identifier: Apache-2.0
#include "tests/sharding/ring_world.hpp"

#include <algorithm>
#include <limits>

#include "base/check.hpp"
#include "tests/sharding/sample_ring.hpp"

namespace wattring::sharding {

RingWorld::RingWorld(std::uint64_t seed, std::size_t nodes, std::size_t members, RingKeeperSettings settings)
    : settings_(settings), prng_(seed), nodes_(nodes), groups_(nodes, 0) {
  Ring founding;
  for (std::size_t i = 0; i < nodes; ++i) {
    nodes_[i].id = sample_node(i + 1);
    if (i < members) add_member(founding, {nodes_[i].id, 100, ""});
  }
  saw(founding);
  for (std::size_t i = 0; i < nodes; ++i) {
    if (i < members) nodes_[i].disk = encode(RingState{{founding}, {}, {}});
    start(i);
  }
}

void RingWorld::start(std::size_t node) {
  Result<RingState> state = decode_ring_state(nodes_[node].disk);
  WATTRING_CHECK(state.has_value());
  nodes_[node].keeper = std::make_unique<RingKeeper>(settings_, nodes_[node].id, std::move(*state), prng_.fork());
  for (const RingPtr& ring : nodes_[node].keeper->rings()) saw(*ring);
}

void RingWorld::crash(std::size_t node) {
  Node& it = nodes_[node];
  const std::size_t reached = prng_.below(it.writes.size() + 1);
  if (reached > 0) it.disk = it.writes[reached - 1].state;
  it.writes.clear();
  it.keeper.reset();
}

bool RingWorld::propose(std::size_t node, const Ring& next) {
  RingEffects effects;
  const bool taken = nodes_[node].keeper->propose(now_ns_, next, effects).has_value();
  carry_out(node, effects);
  return taken;
}

void RingWorld::ask(std::size_t node, std::size_t peer) {
  RingEffects effects;
  nodes_[node].keeper->ask(nodes_[peer].id, effects);
  carry_out(node, effects);
}

void RingWorld::run_to(std::int64_t time_ns) {
  while (violation_.empty()) {
    const std::int64_t next = next_time();
    if (next > time_ns) break;
    now_ns_ = std::max(now_ns_, next);
    for (std::size_t i = 0; i < nodes_.size(); ++i) finish_writes(i);
    while (!network_.empty() && network_.begin()->first <= now_ns_) {
      const Packet packet = std::move(network_.begin()->second);
      network_.erase(network_.begin());
      deliver(packet);
    }
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (!is_up(i) || keeper(i).next_deadline_ns() > now_ns_) continue;
      RingEffects effects;
      nodes_[i].keeper->tick(now_ns_, effects);
      carry_out(i, effects);
    }
  }
  now_ns_ = std::max(now_ns_, time_ns);
}

std::int64_t RingWorld::next_time() const {
  std::int64_t next = std::numeric_limits<std::int64_t>::max();
  if (!network_.empty()) next = network_.begin()->first;
  for (const Node& node : nodes_) {
    if (node.keeper != nullptr) next = std::min(next, node.keeper->next_deadline_ns());
    if (!node.writes.empty()) next = std::min(next, node.writes.front().done_ns);
  }
  return next;
}

void RingWorld::finish_writes(std::size_t node) {
  Node& it = nodes_[node];
  while (!it.writes.empty() && it.writes.front().done_ns <= now_ns_) {
    const Write write = std::move(it.writes.front());
    it.writes.erase(it.writes.begin());
    it.disk = write.state;
    RingEffects effects;
    it.keeper->persisted(write.token, effects);
    carry_out(node, effects);
  }
}

void RingWorld::deliver(const Packet& packet) {
  if (!is_up(packet.to) || groups_[packet.from] != groups_[packet.to]) return;
  const Result<RingMessage> message = decode_ring_message(packet.bytes);
  if (!message) {
    violation_ = "a message was sent that nobody can read: " + message.error().message;
    return;
  }
  RingEffects effects;
  nodes_[packet.to].keeper->handle(now_ns_, nodes_[packet.from].id, *message, effects);
  carry_out(packet.to, effects);
  if (!prng_.chance(faults_.restart)) return;
  crash(packet.to);
  start(packet.to);
}

void RingWorld::carry_out(std::size_t node, RingEffects& effects) {
  Node& it = nodes_[node];
  for (RingEffect& effect : effects) {
    if (auto* persist = std::get_if<ring_effect::Persist>(&effect)) {
      const auto takes = static_cast<std::int64_t>(prng_.below(static_cast<std::uint64_t>(faults_.persist_ns) + 1));
      const std::int64_t after = it.writes.empty() ? now_ns_ : it.writes.back().done_ns;
      it.writes.push_back({std::max(now_ns_ + takes, after), persist->token, std::move(persist->state)});
    } else if (const auto* out = std::get_if<ring_effect::Send>(&effect)) {
      send(node, *out);
    } else if (const auto* changed = std::get_if<ring_effect::RingChanged>(&effect)) {
      for (const RingPtr& ring : it.keeper->rings()) saw(*ring);
      const Result<RingState> durable = decode_ring_state(it.disk);
      if (durable->rings.empty() || durable->rings.back().version < changed->ring->version)
        violation_ = "a ring holds that is not durable";
    } else if (const auto* done = std::get_if<ring_effect::ProposalDone>(&effect)) {
      it.outcomes.push_back(done->outcome);
    }
  }
}

void RingWorld::send(std::size_t from, const ring_effect::Send& what) {
  const std::size_t to = index_of(what.to);
  if (groups_[from] != groups_[to]) return;
  const std::string bytes = encode(what.message);
  for (int copies = prng_.chance(faults_.duplicate) ? 2 : 1; copies > 0; --copies) {
    const auto delay = static_cast<std::int64_t>(prng_.below(static_cast<std::uint64_t>(faults_.delay_ns) + 1));
    if (!prng_.chance(faults_.loss)) network_.emplace(now_ns_ + delay, Packet{from, to, bytes});
  }
}

void RingWorld::saw(const Ring& ring) {
  const auto [at, fresh] = decided_.emplace(ring.version, ring);
  if (!fresh) {
    if (at->second != ring) violation_ = "two rings of version " + std::to_string(ring.version);
    return;
  }
  if (ring.version == 1) return;
  const auto parent = decided_.find(ring.version - 1);
  if (parent == decided_.end())
    violation_ = "a ring was decided before its parent";
  else if (const Result<void> follows = check_successor(parent->second, ring); !follows)
    violation_ = follows.error().message;
}

std::size_t RingWorld::index_of(const NodeId& id) const {
  const auto at = std::find_if(nodes_.begin(), nodes_.end(), [&](const Node& node) { return node.id == id; });
  WATTRING_CHECK(at != nodes_.end());
  return static_cast<std::size_t>(at - nodes_.begin());
}

Ring random_change(Prng& prng, const Ring& current, const RingWorld& world) {
  Ring next = successor_of(current);
  const NodeId id = world.id(prng.below(world.size()));
  if (!current.is_member(id) && !current.is_removed(id))
    add_member(next, {id, 100, ""});
  else if (current.is_member(id) && current.members.size() > 2 && prng.chance(0.3))
    remove_member(next, id);
  else
    next.members[prng.below(next.members.size())].weight = static_cast<std::uint16_t>(1 + prng.below(1000));
  return next;
}

namespace {

/// One thing that happens to the world.
void disturb(RingWorld& world) {
  Prng& prng = world.prng();
  const std::size_t node = prng.below(world.size());
  const std::uint64_t what = prng.below(20);
  if (what < 10) {
    if (world.is_up(node) && world.ring_of(node) != nullptr)
      world.propose(node, random_change(prng, *world.ring_of(node), world));
  } else if (what < 14) {
    if (world.is_up(node)) world.crash(node);
    if (what < 12) world.start(node);
  } else if (what < 16) {
    if (!world.is_up(node)) world.start(node);
  } else if (what < 18) {
    const std::uint64_t groups = 1 + prng.below(3);
    std::vector<std::size_t> of(world.size());
    for (std::size_t& group : of) group = prng.below(groups);
    world.partition(of);
  } else if (world.is_up(node)) {
    world.ask(node, prng.below(world.size()));
  }
}

/// Everybody up and heard, nothing lost: soon all know the same ring, and another one can be agreed.
std::string end_quietly(RingWorld& world) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  world.set_faults({});
  world.partition(std::vector<std::size_t>(world.size(), 0));
  for (std::size_t i = 0; i < world.size(); ++i)
    if (!world.is_up(i)) world.start(i);
  // Proposals that run are ended, and the news has got round.
  world.run_to(world.now_ns() + 20 * kSecond);
  // As gossip has them do.
  for (std::size_t i = 0; i < world.size(); ++i)
    for (std::size_t k = 0; k < world.size(); ++k) world.ask(i, k);
  world.run_to(world.now_ns() + 60 * kSecond);
  if (!world.violation().empty()) return world.violation();
  const Ring last = world.decided().rbegin()->second;
  for (std::size_t i = 0; i < world.size(); ++i)
    if (last.is_member(world.id(i)) && (!world.ring_of(i) || *world.ring_of(i) != last))
      return "a member does not learn of the newest ring";
  for (std::size_t i = 0; i < world.size(); ++i) {
    if (!last.is_member(world.id(i))) continue;
    Ring next = successor_of(last);
    next.members[0].weight = static_cast<std::uint16_t>(next.members[0].weight % 1000 + 1);
    if (!world.propose(i, next)) return "a proposal is refused in quiet times";
    break;
  }
  world.run_to(world.now_ns() + 20 * kSecond);
  if (!world.violation().empty()) return world.violation();
  return world.decided().size() > last.version ? "" : "nothing is decided although everybody is there";
}

}  // namespace

std::string run_random_schedule(std::uint64_t seed, RingMutant mutant, std::uint64_t* decided) {
  RingKeeperSettings settings;
  settings.mutant = mutant;
  settings.give_up_ns = 5'000'000'000;
  Prng choice(seed);
  RingWorld world(seed, 3 + choice.below(6), 1 + choice.below(5), settings);
  RingWorld::Faults faults;
  faults.loss = 0.6 * choice.unit() * choice.unit();
  faults.duplicate = 0.3 * choice.unit();
  faults.delay_ns = static_cast<std::int64_t>(1 + choice.below(1'000)) * 1'000'000;
  faults.restart = 0.2 * choice.unit() * choice.unit();
  faults.persist_ns = static_cast<std::int64_t>(1 + choice.below(1'000)) * 1'000'000;
  world.set_faults(faults);
  for (int step = 0; step < 60 && world.violation().empty(); ++step) {
    disturb(world);
    world.run_to(world.now_ns() + static_cast<std::int64_t>(world.prng().below(400)) * 1'000'000);
  }
  std::string wrong = world.violation().empty() ? end_quietly(world) : world.violation();
  if (decided != nullptr) *decided += world.decided().size() - 1;
  return wrong;
}

}  // namespace wattring::sharding
