// SPDX-License-Identifier: Apache-2.0
#include "sharding/replica_state.hpp"

#include <utility>

namespace wattring::sharding {

ReplicaState::ReplicaState(Replica::Self own, ReplicaSettings chosen, std::size_t shard_count,
                           std::vector<Replica::Held> held, Prng random)
    : self(own.id), generation(own.generation), settings(chosen), prng(random), shards(shard_count) {
  for (Replica::Held& found : held) {
    WATTRING_CHECK(found.shard.value < shard_count);
    ShardState& state = shards[found.shard.value];
    state.durable = std::move(found.coverage);
    state.recovering = found.filled_ring == effect::kRecovering;
    state.filled = state.recovering ? 0 : found.filled_ring;
  }
  // Answers to an earlier life of this node are not taken for answers to this one.
  first_number = next_number = (prng.next() >> 2U) + 1;
}

RingRef ReplicaState::ring_ref() const {
  return has_ring() ? RingRef{ring().ring().version, ring().ring_id()} : RingRef{};
}

const Placement* ReplicaState::ring_of(std::uint64_t version) const {
  for (const PlacementPtr& known : rings)
    if (known->ring().version == version) return known.get();
  return nullptr;
}

std::span<const NodeId> ReplicaState::owners(ShardId shard) const {
  return has_ring() ? ring().owners(shard) : std::span<const NodeId>{};
}

std::uint64_t ReplicaState::adopted(const NodeId& node) const {
  if (node == self) return has_ring() ? ring().ring().version : 0;
  const auto found = peers.find(node);
  return found == peers.end() ? 0 : found->second.ring.version;
}

bool ReplicaState::fenced(const Placement& older, ShardId shard) const {
  const std::uint64_t version = older.ring().version;
  if (version <= retired_through_) return true;
  const auto owners_then = older.owners(shard);
  const auto over = std::count_if(owners_then.begin(), owners_then.end(),
                                  [&](const NodeId& owner) { return adopted(owner) > version; });
  // Neither acknowledgements nor complete answers can come about among those who are left.
  return static_cast<std::size_t>(over) >= std::max(older.ring().read_quorum(), older.ring().effective_acks());
}

bool ReplicaState::retired(std::uint64_t version) const {
  if (version <= retired_through_) return true;
  const Placement* older = ring_of(version);
  if (older == nullptr || older == rings.back().get()) return false;
  const auto& members = older->ring().members;
  const auto behind = std::count_if(members.begin(), members.end(),
                                    [&](const RingMember& member) { return adopted(member.id) <= version; });
  return static_cast<std::size_t>(behind) < std::min(older->ring().effective_acks(), older->ring().read_quorum());
}

std::uint64_t ReplicaState::filled_ring() const {
  const std::uint64_t version = ring_ref().version;
  for (std::size_t i = 0; i < shards.size(); ++i)
    if (shards[i].filled < version && owns(id_of(i))) return 0;
  return version;
}

bool ReplicaState::all_filled() const {
  const std::uint64_t version = ring_ref().version;
  const auto& members = ring().ring().members;
  return std::all_of(members.begin(), members.end(), [&](const RingMember& member) {
    if (member.id == self) return filled_ring() == version;
    const auto found = peers.find(member.id);
    return found != peers.end() && found->second.filled == version;
  });
}

bool ReplicaState::retire_rings_through(std::uint64_t version) {
  if (version <= retired_through_) return false;
  retired_through_ = version;
  return true;
}

void ReplicaState::retire_rings() {
  // What this node has given up it had seen retire, in this life or in an earlier one.
  if (has_ring()) (void)retire_rings_through(rings.front()->ring().version - 1);
  // Each for itself: that few are behind a ring says nothing of who is behind the ring before it.
  for (const PlacementPtr& known : rings) {
    if (!retired(known->ring().version)) return;
    retired_through_ = std::max(retired_through_, known->ring().version);
  }
}

bool ReplicaState::counts(const NodeId& node, DiskGeneration of) const {
  if (mutated(Mutant::ignore_amnesia)) return true;
  const auto found = peers.find(node);
  return found == peers.end() || found->second.amnesiac != of;
}

void Arriving::end(const WriterId& writer, Sequence sequence, bool durable) {
  constexpr std::size_t kKept = 64;  // items' memory, with nothing in flight
  if (--in_flight_ == 0) {
    items_.clear();
    if (items_.capacity() > kKept) items_.shrink_to_fit();
  } else if (!durable) {
    const auto at = std::find_if(items_.rbegin(), items_.rend(),
                                 [&](const Item& item) { return item.sequence == sequence && item.writer == writer; });
    items_.erase(std::next(at).base());
  }
}

Coverage Arriving::coverage() const {
  Coverage all;
  for (const Item& item : items_) all.add(item.writer, item.sequence);
  return all;
}

void ReplicaState::add_durable(ShardId id, const WriterId& writer, Sequence sequence) {
  ShardState& state = shard(id);
  if (!state.unreadable.empty() || mutated(Mutant::claim_prefix)) {
    Coverage one;
    one.add(writer, sequence);
    return add_durable(id, one);
  }
  state.durable.add(writer, sequence);
  state.hash.reset();
}

void ReplicaState::add_durable(ShardId id, const Coverage& more) {
  ShardState& state = shard(id);
  state.durable.join(more);
  if (mutated(Mutant::claim_prefix))
    for (const auto& [writer, sequences] : more.writers())
      for (std::uint64_t before = 1; before < sequences.intervals().back().last; ++before)
        state.durable.add(writer, Sequence{before});
  if (!state.unreadable.empty()) state.unreadable = state.unreadable.minus(more);
  state.hash.reset();
}

Coverage ReplicaState::lacking(ShardId id, const Coverage& there) const {
  const ShardState& state = shard(id);
  Coverage rest = there.minus(state.durable);
  return rest.empty() || state.arriving.empty() ? rest : rest.minus(state.arriving.coverage());
}

std::uint64_t ReplicaState::hash_of(ShardId id) {
  ShardState& state = shard(id);
  if (!state.hash) state.hash = state.durable.hash();
  return *state.hash;
}

void ReplicaState::send(const NodeId& to, message::Body body, ReplicaEffects& out) const {
  out.emplace_back(effect::Send{to, PeerMessage{ring_ref(), generation, std::move(body)}});
}

}  // namespace wattring::sharding
