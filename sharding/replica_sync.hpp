// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "sharding/replica_intake.hpp"
#include "sharding/replica_state.hpp"

namespace wattring::sharding {

/// Anti-entropy (R6): what others hold and this node lacks, and how it gets here: by pulls while somebody has the log
/// form, by a transfer of the whole shard after that (R7).
class ReplicaSync {
 public:
  ReplicaSync(ReplicaState& state, ReplicaIntake& intake) : state_(state), intake_(intake) {}

  void digest(std::int64_t now_ns, const NodeId& from, const message::Digest& digest, ReplicaEffects& out);
  void answer(const NodeId& from, const message::CoverageAsk& ask, ReplicaEffects& out);
  void pull_asked(const NodeId& from, const message::Pull& pull, ReplicaEffects& out);
  void entries(std::int64_t now_ns, const NodeId& from, const message::Entries& entries, ReplicaEffects& out);
  /// A peer has told its coverage: `urgent`: somebody waits for what is missing.
  void told(std::int64_t now_ns, const Told& told, ShardId shard, bool urgent);
  /// After all that a peer told at once.
  void pull_wanted(std::int64_t now_ns, const NodeId& from, ReplicaEffects& out);
  /// Pulled entries are on the disk, or not.
  void pulled(std::int64_t now_ns, const NodeId& from, bool durable, ReplicaEffects& out);
  /// All of the shard, whatever is here of it.
  void fetch_all(ShardId shard, const NodeId& from, ReplicaEffects& out);
  void fetched(std::int64_t now_ns, ShardId shard, bool whole, ReplicaEffects& out);
  /// Shards changed hands or peers came: compare soon.
  void hurry(std::int64_t now_ns);
  void forget(const NodeId& peer);

  void ask(const NodeId& peer, std::vector<ShardId> shards, ReplicaEffects& out) const;
  void tick(std::int64_t now_ns, ReplicaEffects& out);
  [[nodiscard]] std::int64_t next_deadline() const;
  /// Shards of which something is missing, or may be: not yet compared with all that can be talked to.
  [[nodiscard]] std::size_t missing() const;

 private:
  struct PullState {
    std::map<ShardId, Coverage> goals;  ///< what is to come from this peer
    std::uint64_t number = 0;           ///< of the pull that runs; 0: none
    bool appending = false;             ///< its answer is on the way to the disk
    std::vector<ShardId> asked;
    std::int64_t deadline_ns = kNever;
  };
  struct Compare {
    std::int64_t due_ns = 0;
    std::int64_t asked_ns = INT64_MIN / 2;
    bool heard = false;        ///< its digest, since it can be talked to
    std::set<ShardId> open{};  ///< that differed, and of which it has not told
  };
  struct Fetch {
    NodeId from;
    Coverage goal;
    bool all = false;  ///< also without anything known to be missing
  };
  /// Missing at the last look: what is missing twice is not just on its way.
  struct Missed {
    Coverage coverage;
    std::int64_t since_ns = 0;
  };

  void send_digest(const NodeId& peer, ReplicaEffects& out);
  void want(const NodeId& peer, ShardId shard, Coverage missing);
  void next_pull(std::int64_t now_ns, const NodeId& peer, ReplicaEffects& out);
  void start_fetches(ReplicaEffects& out);
  void note_not_compared(const NodeId& peer, std::set<ShardId>& shards) const;
  [[nodiscard]] Coverage overdue(std::int64_t now_ns, const NodeId& peer, ShardId shard, const Coverage& missing);

  ReplicaState& state_;
  ReplicaIntake& intake_;
  std::map<NodeId, PullState> pulls_;
  std::map<NodeId, Compare> compares_;
  std::map<ShardId, NodeId> fetches_;                    ///< that run
  std::map<ShardId, Fetch> fetch_queue_;                 ///< that wait for their turn
  std::map<std::pair<NodeId, ShardId>, Missed> missed_;  ///< by who has it: each has other things
  std::map<ShardId, Coverage> asked_once_;               ///< of Mutant::remember_claims
};

}  // namespace wattring::sharding
