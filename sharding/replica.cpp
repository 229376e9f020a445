// SPDX-License-Identifier: Apache-2.0
#include "sharding/replica.hpp"

#include <algorithm>
#include <utility>

#include "sharding/pack.hpp"
#include "sharding/replica_contents.hpp"
#include "sharding/replica_drops.hpp"
#include "sharding/replica_exchanges.hpp"
#include "sharding/replica_homes.hpp"
#include "sharding/replica_intake.hpp"
#include "sharding/replica_state.hpp"
#include "sharding/replica_sync.hpp"
#include "sharding/replica_windows.hpp"
#include "sharding/replica_writes.hpp"

namespace wattring::sharding {
namespace {

constexpr std::int64_t kRingAskedEveryNs = 200 * kNsPerMs;

}  // namespace

struct Replica::Impl {
  Impl(Self self, ReplicaSettings settings, std::size_t shard_count, std::vector<Held> held, Prng prng)
      : state(self, settings, shard_count, std::move(held), prng),
        windows(state.settings),
        writes(state, windows),
        intake(state),
        sync(state, intake),
        exchanges(state),
        contents(state, sync),
        drops(state),
        homes(state) {
    publish();
  }

  ReplicaState state;
  ReplicaWindows windows;
  ReplicaWrites writes;
  ReplicaIntake intake;
  ReplicaSync sync;
  ReplicaExchanges exchanges;
  ReplicaContents contents;
  ReplicaDrops drops;
  ReplicaHomes homes;
  std::shared_ptr<const Routes> routes;
  bool renewing = false;

  void publish() {
    auto next = std::make_shared<Routes>();
    if (state.has_ring()) {
      next->ring = state.rings.back();
      next->home = homes.homes();
      const auto reachable = std::count_if(state.usable.begin(), state.usable.end(), [&](const auto& member) {
        return state.ring().ring().is_member(member.first);
      });
      next->can_write = static_cast<std::size_t>(reachable) >= state.ring().ring().effective_acks();
    }
    routes = std::move(next);
  }

  void rehome(std::int64_t now_ns, bool always, ReplicaEffects& out) {
    if (!homes.update(now_ns) && !always) return;
    publish();
    out.emplace_back(effect::RoutesChanged{});
  }

  /// An own append is also an arrival: what the effects say is on its way to this disk.
  void note_own_appends(const ReplicaEffects& out, std::size_t from) {
    for (std::size_t i = from; i < out.size(); ++i)
      if (const auto* append = std::get_if<effect::Append>(&out[i]);
          append != nullptr && writes.owns_token(append->token))
        intake.note_own(append->token, append->pack);
  }

  void learn(std::int64_t now_ns, const NodeId& from, const PeerMessage& message, ReplicaEffects& out) {
    KnownPeer& peer = state.peers[from];
    if (peer.generation != message.generation) {
      peer.generation = message.generation;
      // What another disk of that node said counts for nothing (H13).
      for (ShardState& shard : state.shards)
        std::erase_if(shard.told, [&](const Told& told) { return told.from == from; });
    }
    if (message.ring.version > peer.ring.version) {
      peer.ring = message.ring;
      if (state.rings.size() > 1) {
        state.retire_rings();
        writes.changed(now_ns, out);
      }
    }
    if (message.ring.version > state.ring_ref().version && now_ns - peer.ring_asked_ns >= kRingAskedEveryNs) {
      peer.ring_asked_ns = now_ns;
      out.emplace_back(effect::RingWanted{from, message.ring});
    }
  }

  /// H14: under one generation a disk never holds less than it told before.
  void note_amnesia(const Told& now, ShardId id) {
    const ShardState& shard = state.shard(id);
    const auto before =
        std::find_if(shard.told.begin(), shard.told.end(), [&](const Told& told) { return told.from == now.from; });
    // Two answers may have overtaken each other, unless one was asked for after the other had come.
    if (before == shard.told.end() || now.number < before->next_number) return;
    if (now.suspect || before->ring != now.ring || now.ring != state.ring_ref()) return;
    if (!state.owns(now.from, id) || now.coverage.covers(before->coverage)) return;
    state.peers[now.from].amnesiac = now.generation;
  }

  void hear_coverage(std::int64_t now_ns, const NodeId& from, const PeerMessage& message, ReplicaEffects& out) {
    const auto& tell = std::get<message::CoverageTell>(message.body);
    // An answer to an earlier life says nothing of the order in which things were said.
    if (tell.number < state.first_number || tell.number >= state.next_number) return;
    for (const message::ShardTell& line : tell.shards) {
      if (line.shard.value >= state.shards.size()) continue;
      const Told told{from,         tell.number,   state.next_number, message.generation,
                      message.ring, line.coverage, line.filled_ring,  line.suspect};
      note_amnesia(told, line.shard);
      auto& all = state.shard(line.shard).told;
      const auto at = std::find_if(all.begin(), all.end(), [&](const Told& old) { return old.from == from; });
      if (at == all.end()) {
        all.push_back(told);
      } else {
        *at = told;
      }
      sync.told(now_ns, told, line.shard, exchanges.waits(line.shard));
      exchanges.told(now_ns, told, line.shard, out);
    }
    // Each time: it may not have heard, or stopped before the new generation was on its disk.
    if (state.peers[from].amnesiac == message.generation) state.send(from, message::Amnesia{message.generation}, out);
    sync.pull_wanted(now_ns, from, out);
  }

  void hear_amnesia(const message::Amnesia& amnesia, ReplicaEffects& out) {
    if (amnesia.generation != state.generation || std::exchange(renewing, true)) return;
    // On the disk before the new generation, under which this node would count again.
    for (std::size_t i = 0; i < state.shards.size(); ++i) {
      out.emplace_back(effect::KeepFilled{state.id_of(i), effect::kRecovering});
      state.shards[i].filled = 0;
      state.shards[i].recovering = true;
    }
    out.emplace_back(effect::RenewGeneration{});
  }

  void grown(std::int64_t now_ns, ShardId shard, ReplicaEffects& out) {
    exchanges.grown(now_ns, shard, out);
    if (!state.owns(shard)) drops.hurry(now_ns);
  }
};

Replica::Replica(Self self, ReplicaSettings settings, std::size_t shard_count, std::vector<Held> held, Prng prng)
    : impl_(std::make_unique<Impl>(self, settings, shard_count, std::move(held), prng)) {}
Replica::~Replica() = default;

void Replica::set_rings(std::int64_t now_ns, std::vector<PlacementPtr> rings, ReplicaEffects& out) {
  ReplicaState& state = impl_->state;
  WATTRING_CHECK(!rings.empty());
  const RingRef before = state.ring_ref();
  state.rings = std::move(rings);
  if (state.ring_ref() == before) return;
  state.ring_since_ns = now_ns;
  // The founder of a cluster has all that there is.
  if (state.rings.size() == 1 && state.ring().ring().version == 1 && state.ring().ring().members.size() == 1) {
    for (std::size_t i = 0; i < state.shards.size(); ++i) {
      if (state.shards[i].filled != 0 || !state.owns(state.id_of(i))) continue;
      state.shards[i].filled = 1;
      state.shards[i].recovering = false;
      out.emplace_back(effect::KeepFilled{state.id_of(i), 1});
    }
  }
  for (std::size_t i = 0; i < state.shards.size(); ++i)
    std::erase_if(state.shards[i].told, [&](const Told& told) { return !state.owns(told.from, state.id_of(i)); });
  state.retire_rings();
  impl_->rehome(now_ns, true, out);
  const std::size_t from = out.size();
  impl_->writes.changed(now_ns, out);
  impl_->note_own_appends(out, from);
  impl_->exchanges.restart(now_ns, out);
  impl_->sync.hurry(now_ns);
  impl_->drops.hurry(now_ns);
}

void Replica::set_usable(std::int64_t now_ns, const std::vector<UsableNode>& nodes, ReplicaEffects& out) {
  ReplicaState& state = impl_->state;
  std::map<NodeId, Member> usable;
  bool came = false;
  for (const UsableNode& node : nodes) {
    const auto before = state.usable.find(node.id);
    Member& member = usable[node.id];
    member.since_ns = node.since_ns;
    if (before != state.usable.end()) {
      member = before->second;
    } else {
      member.returns = state.peers[node.id].returns++;
      came = true;
    }
  }
  for (const auto& [id, member] : state.usable) {
    if (usable.contains(id)) continue;
    impl_->windows.forget(id);
    impl_->sync.forget(id);
  }
  state.usable = std::move(usable);
  impl_->rehome(now_ns, true, out);
  const std::size_t from = out.size();
  impl_->writes.changed(now_ns, out);
  impl_->note_own_appends(out, from);
  if (came) impl_->sync.hurry(now_ns);
}

void Replica::own_pause(std::int64_t now_ns, ReplicaEffects& out) {
  ReplicaState& state = impl_->state;
  state.ring_since_ns = now_ns;  // the ring may have changed meanwhile: nothing is dropped on old words
  if (state.has_ring()) impl_->exchanges.restart(now_ns, out);
  impl_->sync.hurry(now_ns);
}

void Replica::write(std::int64_t now_ns, std::uint64_t number, PackPtr pack, ReplicaEffects& out) {
  if (impl_->intake.is_fork(pack)) {
    effect::WriteDone done{number, AckClass::unknown, 0, {}, {}};
    for_each_entry(pack, [&](const persistence::EntryView& entry) { done.unknown.push_back(entry.shard); });
    out.emplace_back(std::move(done));
    return;
  }
  const std::size_t from = out.size();
  impl_->writes.write(now_ns, number, std::move(pack), out);
  impl_->note_own_appends(out, from);
}

void Replica::appended(std::int64_t now_ns, std::uint64_t token, Committed outcome, ReplicaEffects& out) {
  const bool durable = outcome == Committed::durable;
  const ReplicaIntake::Outcome arrival = impl_->intake.appended(token, durable, out);
  const std::size_t from = out.size();
  if (arrival.own) impl_->writes.appended(now_ns, token, durable, out);
  impl_->note_own_appends(out, from);
  for (const ShardId shard : arrival.grown) impl_->grown(now_ns, shard, out);
  if (arrival.pulled) impl_->sync.pulled(now_ns, arrival.from, durable, out);
}

void Replica::fetched(std::int64_t now_ns, ShardId shard, const std::optional<Coverage>& coverage,
                      ReplicaEffects& out) {
  if (coverage) impl_->state.add_durable(shard, *coverage);
  impl_->sync.fetched(now_ns, shard, coverage.has_value(), out);
  if (coverage) impl_->grown(now_ns, shard, out);
}

void Replica::dropped(std::int64_t now_ns, ShardId shard, bool done, ReplicaEffects& out) {
  const Coverage dropped = *std::exchange(impl_->state.shard(shard).dropping, std::nullopt);
  if (!done) impl_->state.add_durable(shard, dropped);
  // It may have become an owner meanwhile.
  if (impl_->state.owns(shard)) impl_->exchanges.restart(now_ns, out);
}

void Replica::damaged(std::int64_t now_ns, ShardId shard, const Coverage& unreadable, ReplicaEffects& out) {
  ShardState& state = impl_->state.shard(shard);
  state.unreadable.join(unreadable.common(state.durable));
  state.durable = state.durable.minus(unreadable);
  state.hash.reset();
  state.complete_as_of.reset();
  impl_->sync.hurry(now_ns);
  impl_->sync.tick(now_ns, out);
}

bool Replica::suspect(std::int64_t now_ns, ShardId shard, ReplicaEffects& out) {
  return impl_->state.has_ring() && impl_->contents.suspect(now_ns, shard, out);
}

void Replica::renewed(std::int64_t now_ns, DiskGeneration generation, ReplicaEffects& out) {
  ReplicaState& state = impl_->state;
  state.generation = generation;
  impl_->renewing = false;
  if (state.has_ring()) impl_->exchanges.restart(now_ns, out);
}

void Replica::digested(ShardId shard, const std::optional<ContentDigest>& digest, ReplicaEffects& out) {
  impl_->contents.digested(shard, digest, out);
}

void Replica::handle(std::int64_t now_ns, const NodeId& from, const PeerMessage& message, ReplicaEffects& out) {
  const std::size_t begin = out.size();
  impl_->learn(now_ns, from, message, out);
  if (const auto* append = std::get_if<message::Append>(&message.body)) {
    impl_->intake.receive(from, *append, out);
  } else if (std::holds_alternative<message::Receipt>(message.body)) {
    impl_->writes.receipt(now_ns, from, message, out);
  } else if (const auto* digest = std::get_if<message::Digest>(&message.body)) {
    impl_->state.peers[from].filled = digest->filled;
    if (impl_->state.retire_rings_through(digest->retired)) impl_->writes.changed(now_ns, out);
    impl_->sync.digest(now_ns, from, *digest, out);
  } else if (const auto* ask = std::get_if<message::CoverageAsk>(&message.body)) {
    impl_->sync.answer(from, *ask, out);
  } else if (std::holds_alternative<message::CoverageTell>(message.body)) {
    impl_->hear_coverage(now_ns, from, message, out);
  } else if (const auto* pull = std::get_if<message::Pull>(&message.body)) {
    impl_->sync.pull_asked(from, *pull, out);
  } else if (const auto* entries = std::get_if<message::Entries>(&message.body)) {
    impl_->sync.entries(now_ns, from, *entries, out);
  } else if (const auto* content = std::get_if<message::Content>(&message.body)) {
    impl_->contents.heard(from, *content, out);
  } else {
    impl_->hear_amnesia(std::get<message::Amnesia>(message.body), out);
  }
  impl_->note_own_appends(out, begin);
}

void Replica::tick(std::int64_t now_ns, ReplicaEffects& out) {
  const std::size_t from = out.size();
  if (impl_->state.has_ring()) {
    if (impl_->windows.tick(now_ns)) impl_->writes.changed(now_ns, out);
    impl_->writes.tick(now_ns, out);
    impl_->note_own_appends(out, from);
    impl_->sync.tick(now_ns, out);
    impl_->exchanges.tick(now_ns, out);
    impl_->contents.tick(now_ns, out);
    impl_->drops.tick(now_ns, out);
    if (now_ns >= impl_->homes.next_deadline()) impl_->rehome(now_ns, false, out);
  }
}

std::int64_t Replica::next_deadline() const {
  if (!impl_->state.has_ring()) return kNever;
  return std::min({impl_->windows.next_deadline(), impl_->writes.next_deadline(), impl_->sync.next_deadline(),
                   impl_->exchanges.next_deadline(), impl_->contents.next_deadline(), impl_->drops.next_deadline(),
                   impl_->homes.next_deadline()});
}

void Replica::exchange(std::int64_t now_ns, std::uint64_t number, std::span<const ShardId> shards,
                       ReplicaEffects& out) {
  impl_->exchanges.begin(now_ns, number, shards, out);
}

std::optional<std::int64_t> Replica::complete_as_of(ShardId shard) const {
  return impl_->state.shard(shard).complete_as_of;
}

std::shared_ptr<const Routes> Replica::routes() const {
  return impl_->routes;
}

PeerMessage Replica::header() const {
  return {impl_->state.ring_ref(), impl_->state.generation, message::Digest{}};
}

Replica::Role Replica::role(ShardId shard) const {
  const ReplicaState& state = impl_->state;
  if (state.owns(shard)) return state.shard(shard).filled >= state.ring_ref().version ? Role::owner : Role::filling;
  return state.shard(shard).durable.empty() ? Role::none : Role::holder;
}

const Coverage& Replica::durable(ShardId shard) const {
  return impl_->state.shard(shard).durable;
}

std::uint64_t Replica::filled_ring(ShardId shard) const {
  return impl_->state.shard(shard).filled;
}

bool Replica::retired(std::uint64_t ring_version) const {
  return impl_->state.retired(ring_version) && impl_->state.all_filled();
}

std::vector<Replica::PeerState> Replica::peers() const {
  std::vector<PeerState> all;
  for (const auto& [id, peer] : impl_->state.peers)
    all.push_back({id, impl_->windows.in_flight(id), impl_->windows.lags(id), peer.ring});
  return all;
}

Replica::Counts Replica::counts() const {
  return {impl_->writes.open(), impl_->sync.missing(),      impl_->exchanges.filling(),
          impl_->drops.held(),  impl_->contents.differed(), impl_->intake.forks()};
}

}  // namespace wattring::sharding
