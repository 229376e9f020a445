// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "sharding/replica_state.hpp"

namespace wattring::sharding {

/// Which owner serves a shard (R10): the first that can be used, and it stays so while it can be used until a
/// preferred one has been steady for a while. A hint that nodes may see differently for a moment: nothing is safe or
/// complete because of it.
class ReplicaHomes {
 public:
  explicit ReplicaHomes(const ReplicaState& state) : state_(state), homes_(state.shards.size()) {}

  /// True when some home changed.
  bool update(std::int64_t now_ns);
  [[nodiscard]] const std::vector<NodeId>& homes() const { return homes_; }
  /// When a preferred owner will have been steady for long enough.
  [[nodiscard]] std::int64_t next_deadline() const { return due_ns_; }

 private:
  [[nodiscard]] NodeId choose(std::int64_t now_ns, ShardId shard);

  const ReplicaState& state_;
  std::vector<NodeId> homes_;
  std::int64_t due_ns_ = kNever;
};

}  // namespace wattring::sharding
