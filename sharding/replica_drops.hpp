// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "sharding/replica_state.hpp"

namespace wattring::sharding {

/// The one rule for deleting a copy (R9): of stand-ins, of former owners, of nodes that were removed.
class ReplicaDrops {
 public:
  explicit ReplicaDrops(ReplicaState& state) : state_(state) {}

  void tick(std::int64_t now_ns, ReplicaEffects& out);
  [[nodiscard]] std::int64_t next_deadline() const { return holds_ ? due_ns_ : kNever; }
  void hurry(std::int64_t now_ns) {
    due_ns_ = now_ns;
    holds_ = true;
  }
  [[nodiscard]] std::size_t held() const;

 private:
  [[nodiscard]] bool is_held(std::size_t index) const;
  [[nodiscard]] bool all_confirmed(ShardId shard) const;
  void drop(ShardId shard, ReplicaEffects& out);

  ReplicaState& state_;
  std::int64_t due_ns_ = 0;
  bool holds_ = true;
};

}  // namespace wattring::sharding
