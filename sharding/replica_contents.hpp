// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "sharding/replica_state.hpp"
#include "sharding/replica_sync.hpp"

namespace wattring::sharding {

/// What equal coverage cannot show (R6): a disk that lost or changed facts and does not know it. Now and then the
/// first owner of a shard has the facts hashed and tells the others; who comes to another hash over the same coverage
/// fetches all of the shard from the other one, and so does the other. A transfer adds, so that both have everything.
/// What does not even verify cannot be hashed: whoever comes upon it says so by suspect().
class ReplicaContents {
 public:
  ReplicaContents(ReplicaState& state, ReplicaSync& sync) : state_(state), sync_(sync) {}

  void heard(const NodeId& from, const message::Content& content, ReplicaEffects& out);
  /// What became of effect::DigestContent; nothing: it cannot be told now.
  void digested(ShardId shard, const std::optional<ContentDigest>& digest, ReplicaEffects& out);

  /// Something of the shard was read here and does not verify: all of it is fetched from another owner. True: that was
  /// begun. A shard's first time at once, the next after a minute, and later each time as it goes on: from another
  /// owner.
  bool suspect(std::int64_t now_ns, ShardId shard, ReplicaEffects& out);

  void tick(std::int64_t now_ns, ReplicaEffects& out);
  [[nodiscard]] std::int64_t next_deadline() const { return due_ns_; }
  /// Comparisons that showed a difference.
  [[nodiscard]] std::uint64_t differed() const { return differed_; }

 private:
  struct Running {
    bool own = false;  ///< the others are to be told
    std::vector<std::pair<NodeId, ContentDigest>> questions;
  };
  struct Suspicion {
    std::int64_t pause_ns = 0;
    std::int64_t again_ns = 0;
    std::size_t times = 0;
  };
  [[nodiscard]] bool can_compare(ShardId shard) const;
  [[nodiscard]] std::optional<NodeId> other_owner(ShardId shard, std::size_t nth) const;
  [[nodiscard]] bool is_first(ShardId shard) const;
  void repair(ShardId shard, const NodeId& from, ReplicaEffects& out);

  ReplicaState& state_;
  ReplicaSync& sync_;
  std::map<ShardId, Running> running_;
  std::map<ShardId, Suspicion> suspicions_;
  std::optional<std::pair<ShardId, ContentDigest>> told_;  ///< last
  std::size_t next_ = 0;                                   ///< shard
  std::int64_t due_ns_ = 0;
  std::uint64_t differed_ = 0;
};

}  // namespace wattring::sharding
