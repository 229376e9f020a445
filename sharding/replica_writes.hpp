// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sharding/replica_state.hpp"
#include "sharding/replica_windows.hpp"

namespace wattring::sharding {

/// Batches that this node coordinates: where their entries go (R2), whose receipts they have, what those amount to
/// (R4), and what is done when receipts do not come (R1).
class ReplicaWrites {
 public:
  ReplicaWrites(ReplicaState& state, ReplicaWindows& windows) : state_(state), windows_(windows) {}

  void write(std::int64_t now_ns, std::uint64_t number, PackPtr pack, ReplicaEffects& out);
  /// A receipt of a peer; `ring`: the peer's.
  void receipt(std::int64_t now_ns, const NodeId& from, const PeerMessage& message, ReplicaEffects& out);
  /// Of this node itself: an own append is through.
  void appended(std::int64_t now_ns, std::uint64_t token, bool durable, ReplicaEffects& out);
  [[nodiscard]] bool owns_token(std::uint64_t token) const { return sent_.contains(token); }
  /// Rings, usable nodes or windows have changed: targets are chosen anew, writes are looked at again.
  void changed(std::int64_t now_ns, ReplicaEffects& out);

  void tick(std::int64_t now_ns, ReplicaEffects& out);
  [[nodiscard]] std::int64_t next_deadline() const { return due_.empty() ? kNever : due_.begin()->first; }
  [[nodiscard]] std::size_t open() const { return writes_.size(); }

 private:
  struct Target {
    NodeId node;
    bool receipted = false;
    bool refused = false;  ///< has no room
    std::uint64_t receipt_ring = 0;
    DiskGeneration generation = 0;  ///< of the disk that gave the receipt
    std::int64_t sent_ns = kNever;  ///< last time
    std::int64_t pause_ns = 0;      ///< until it is sent again
  };
  /// Shards of one write with the same owners and the same targets.
  struct Group {
    std::vector<ShardId> shards;
    std::vector<Target> targets;
    std::int64_t widen_ns = kNever;  ///< when one more node is asked
    std::int64_t hold_ns = kNever;   ///< until then HELD waits for owners that may make it DURABLE
    bool holds = false;              ///< it does
    bool done = false;
    bool refused = false;
    bool forked = false;  ///< what has its copies may be taken for something else
    AckClass ack = AckClass::unknown;
    std::uint32_t copies = 0;
  };
  struct Write {
    PackPtr pack;
    std::vector<Group> groups;
    std::size_t open = 0;  ///< groups that are not done
    std::int64_t timeout_ns = 0;
    std::int64_t due_ns = kNever;
  };
  struct Sent {
    NodeId node;
    std::uint64_t write = 0;
    std::vector<std::size_t> groups;
    std::uint64_t checksum = 0;
  };
  using Parcel = std::map<NodeId, std::vector<std::size_t>>;  ///< node -> groups to send it

  /// Shards with the same owners that go to the same nodes are of one kind.
  [[nodiscard]] std::size_t kind_of(ShardId shard);
  void forget_kinds();
  [[nodiscard]] std::vector<NodeId> choose_targets(ShardId shard) const;
  [[nodiscard]] std::vector<NodeId> candidates(ShardId shard, const Group& group) const;
  [[nodiscard]] std::size_t wanted_copies() const { return state_.ring().ring().effective_copies(); }
  [[nodiscard]] std::size_t wanted_acks() const;
  void group_shards(Write& write);
  void dispatch(std::int64_t now_ns, std::uint64_t number, Write& write, const Parcel& parcel, bool first,
                ReplicaEffects& out);
  void look(std::int64_t now_ns, std::uint64_t number, Write& write, ReplicaEffects& out);
  void widen(std::int64_t now_ns, Group& group) const;
  void settle(std::int64_t now_ns, std::uint64_t number, ReplicaEffects& out);
  struct Word {
    NodeId from;
    std::uint64_t ring = 0;
    DiskGeneration generation = 0;
    message::Stored stored = message::Stored::durable;
  };
  static bool note(const Word& word, Group& group);
  void credit(std::int64_t now_ns, std::uint64_t token, const Word& word, ReplicaEffects& out);
  [[nodiscard]] bool has_copy(const Target& target) const;
  [[nodiscard]] bool judge(std::int64_t now_ns, Group& group) const;
  [[nodiscard]] bool spans_zones(const Group& group) const;
  /// `hoping`: with the receipts that owners may still send.
  [[nodiscard]] bool is_durable(const Group& group, ShardId shard, bool hoping = false) const;
  [[nodiscard]] bool may_answer(const Target& target) const;
  void finish(std::uint64_t number, const Write& write, ReplicaEffects& out);
  void schedule(std::uint64_t number, Write& write);

  ReplicaState& state_;
  ReplicaWindows& windows_;
  std::map<std::uint64_t, Write> writes_;
  std::set<std::pair<std::int64_t, std::uint64_t>> due_;
  std::unordered_map<std::uint64_t, Sent> sent_;  ///< by message number or token, while its receipt may come
  static constexpr std::size_t kNoKind = SIZE_MAX;
  std::vector<std::size_t> kinds_;  ///< by shard; empty: to be found anew
  std::vector<std::vector<NodeId>> kind_targets_;
  std::map<std::vector<NodeId>, std::size_t> kind_numbers_;  ///< owners, then targets -> kind
};

}  // namespace wattring::sharding
