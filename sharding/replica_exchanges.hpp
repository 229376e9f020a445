// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <vector>

#include "sharding/replica_state.hpp"

namespace wattring::sharding {

/// Asking so many owners what they hold, and getting it, that nothing acknowledged can be missing (R11): before an
/// answer calls itself complete, and before a new owner counts as FILLED.
class ReplicaExchanges {
 public:
  explicit ReplicaExchanges(ReplicaState& state) : state_(state) {}

  void begin(std::int64_t now_ns, std::uint64_t number, std::span<const ShardId> shards, ReplicaEffects& out);
  /// Somebody waits for this shard.
  [[nodiscard]] bool waits(ShardId shard) const { return reads_.contains(shard) || fills_.contains(shard); }
  void told(std::int64_t now_ns, const Told& told, ShardId shard, ReplicaEffects& out);
  /// More is durable here.
  void grown(std::int64_t now_ns, ShardId shard, ReplicaEffects& out);
  /// The ring changed, or time stood still: what was heard so far counts for nothing.
  void restart(std::int64_t now_ns, ReplicaEffects& out);

  void tick(std::int64_t now_ns, ReplicaEffects& out);
  [[nodiscard]] std::int64_t next_deadline() const;
  [[nodiscard]] std::size_t filling() const { return fills_.size(); }

 private:
  struct Answer {
    NodeId from;
    DiskGeneration generation = 0;
    std::uint64_t filled = 0;
    Coverage coverage;
  };
  /// So many of these must answer, under such a ring, one of them FILLED so far; and what they have must be here.
  struct Tally {
    std::vector<NodeId> owners;  ///< this node is not among them
    std::size_t answers_needed = 0;
    std::uint64_t filled_needed = 0;
    std::uint64_t ring_min = 0;
    std::uint64_t ring_max = 0;
    bool self_filled = false;
    std::vector<Answer> answers;  ///< the last of each
  };
  struct Met {
    bool quorum = false;
    bool filled = false;
  };
  struct Round {
    std::int64_t began_ns = 0;
    std::int64_t ask_ns = 0;           ///< when those who have not answered are asked again
    std::int64_t timeout_ns = 0;       ///< of a read
    std::vector<std::uint64_t> asked;  ///< numbers of its questions: older answers say nothing of it
    std::uint64_t fills_ring = 0;
    std::vector<Tally> tallies;  ///< one of them suffices
    std::vector<Tally> chain;    ///< or these: of a fill, the owners of each ring before, the last ring first
    std::vector<std::uint64_t> waiting;
    std::vector<std::uint64_t> waiting_for_next;  ///< asked after it began
  };
  using Rounds = std::map<ShardId, Round>;

  [[nodiscard]] Tally read_tally(ShardId shard) const;
  [[nodiscard]] Tally fill_tally(ShardId shard, const Placement& of) const;
  void start_read(std::int64_t now_ns, ShardId shard, Round& round) const;
  bool start_fill(std::int64_t now_ns, ShardId shard);
  void hear(Round& round, const Told& told) const;
  [[nodiscard]] Met met(const Tally& tally, const Coverage& durable) const;
  [[nodiscard]] bool is_complete(const Round& round, ShardId shard) const;
  [[nodiscard]] bool is_chain_complete(const Round& round, const Coverage& durable) const;
  void finish_read(std::int64_t now_ns, Rounds::iterator at, bool complete, ReplicaEffects& out);
  void finish_fill(Rounds::iterator at, ReplicaEffects& out);
  void look(std::int64_t now_ns, ShardId shard, ReplicaEffects& out);
  void ask_due(std::int64_t now_ns, Rounds& rounds, std::int64_t pause_ns, ReplicaEffects& out);

  ReplicaState& state_;
  Rounds reads_;
  Rounds fills_;
};

}  // namespace wattring::sharding
