// SPDX-License-Identifier: Apache-2.0
#include "sharding/replica_homes.hpp"

#include <algorithm>

namespace wattring::sharding {

NodeId ReplicaHomes::choose(std::int64_t now_ns, ShardId shard) {
  const NodeId& present = homes_[shard.value];
  const auto owners = state_.owners(shard);
  const bool stays = state_.can_talk(present) && std::find(owners.begin(), owners.end(), present) != owners.end();
  for (const NodeId& owner : owners) {
    if (owner == present && stays) return present;
    const auto member = state_.usable.find(owner);
    if (member == state_.usable.end()) continue;
    if (!stays) return owner;
    const std::int64_t patience = std::min(state_.settings.home_steady_max_ns,
                                           state_.settings.home_steady_ns << std::min(member->second.returns, 10U));
    const std::int64_t steady_ns = member->second.since_ns + patience;
    if (now_ns >= steady_ns) return owner;
    due_ns_ = std::min(due_ns_, steady_ns);
  }
  return {};
}

bool ReplicaHomes::update(std::int64_t now_ns) {
  due_ns_ = kNever;
  bool changed = false;
  for (std::size_t i = 0; i < homes_.size(); ++i) {
    const NodeId home = choose(now_ns, state_.id_of(i));
    changed = changed || home != homes_[i];
    homes_[i] = home;
  }
  return changed;
}

}  // namespace wattring::sharding
