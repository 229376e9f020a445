// SPDX-License-Identifier: Apache-2.0
#include "sharding/replica_drops.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace wattring::sharding {

bool ReplicaDrops::is_held(std::size_t index) const {
  const ShardState& shard = state_.shards[index];
  // Also without data: new owners may have to hear from somebody FILLED that there is none.
  const bool holds = !shard.durable.empty() || shard.filled != 0;
  return holds && !shard.dropping && state_.has_ring() && !state_.owns(state_.id_of(index));
}

std::size_t ReplicaDrops::held() const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < state_.shards.size(); ++i) count += is_held(i) ? 1U : 0U;
  return count;
}

/// Each owner, under this node's own ring, has durably what is here.
bool ReplicaDrops::all_confirmed(ShardId id) const {
  if (state_.mutated(Mutant::drop_when_not_mine)) return true;
  const ShardState& shard = state_.shard(id);
  const auto confirms = [&](const NodeId& owner) {
    return std::any_of(shard.told.begin(), shard.told.end(), [&](const Told& told) {
      const bool same_ring = told.ring == state_.ring_ref() || state_.mutated(Mutant::drop_ignores_ring);
      // FILLED, because the others of the new owners may still have to ask this node.
      return told.from == owner && same_ring && !told.suspect && told.filled >= state_.ring_ref().version &&
             state_.counts(owner, told.generation) && told.coverage.covers(shard.durable);
    });
  };
  const auto owners = state_.owners(id);
  if (state_.mutated(Mutant::drop_after_one)) return std::any_of(owners.begin(), owners.end(), confirms);
  return std::all_of(owners.begin(), owners.end(), confirms);
}

void ReplicaDrops::drop(ShardId id, ReplicaEffects& out) {
  ShardState& shard = state_.shard(id);
  // From now on nothing of it is claimed, whatever becomes of the ring.
  shard.dropping = std::exchange(shard.durable, {});
  out.emplace_back(effect::Drop{id, *shard.dropping});
  shard.filled = 0;
  shard.recovering = false;
  shard.hash.reset();
  shard.unreadable = {};
  shard.complete_as_of.reset();
}

void ReplicaDrops::tick(std::int64_t now_ns, ReplicaEffects& out) {
  if (now_ns < due_ns_) return;
  due_ns_ = now_ns + state_.settings.digest_ns;
  holds_ = false;
  std::map<NodeId, std::vector<ShardId>> questions;
  const bool calm = now_ns - state_.ring_since_ns >= state_.settings.drop_wait_ns;
  for (std::size_t i = 0; i < state_.shards.size(); ++i) {
    if (!is_held(i)) continue;
    holds_ = true;
    const ShardId id = state_.id_of(i);
    if (!calm || !state_.shards[i].arriving.empty()) continue;
    if (all_confirmed(id)) {
      drop(id, out);
      continue;
    }
    for (const NodeId& owner : state_.owners(id))
      if (state_.can_talk(owner)) questions[owner].push_back(id);
  }
  for (auto& [owner, shards] : questions)
    state_.send(owner, message::CoverageAsk{state_.next_number++, std::move(shards)}, out);
}

}  // namespace wattring::sharding
