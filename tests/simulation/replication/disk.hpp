// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "tests/simulation/replication/entries.hpp"

namespace wattring::replication {

/// What is on the platters of one node.
struct Image {
  Bits facts;   ///< there, in whichever form
  Bits log;     ///< those that are in the journal; the others only as sealed facts
  Bits cover;   ///< claimed
  Bits rotten;  ///< claimed, and cannot be read back
  Bits silent;  ///< of those, what no reader notices
  std::array<std::uint64_t, kShardCount> filled{};
  std::bitset<kShardCount> recovering;
  std::uint64_t oldest_ring = 0;  ///< versions; 0: knows none
  std::uint64_t newest_ring = 0;
  sharding::DiskGeneration generation = 0;
  std::uint64_t boots = 0;
};

/// One thing that is written.
struct DiskOp {
  enum class Kind : std::uint8_t {
    append,       ///< entries of a pack
    merge,        ///< facts of a transfer, with the claim that goes with them
    drop,         ///< all of a shard
    keep_filled,  ///< a shard is FILLED for a ring
    rings,        ///< the rings this node knows
    generation
  };
  Kind kind = Kind::append;
  std::uint64_t token = 0;
  std::vector<EntryNo> entries;
  Bits facts;
  Bits claim;
  ShardId shard;
  std::uint64_t value = 0;
  std::uint64_t value_2 = 0;
};

/// Group commit: what is queued goes down together. What becomes of it, and when, the World decides.
class Disk {
 public:
  Image durable;
  std::optional<Image> backup;

  void push(DiskOp op) { queue_.push_back(std::move(op)); }
  [[nodiscard]] bool idle() const { return group_.empty(); }
  [[nodiscard]] bool wants_commit() const { return group_.empty() && !queue_.empty(); }
  /// Everything queued becomes the group that is being committed.
  void begin_commit() { group_.swap(queue_); }
  [[nodiscard]] const std::vector<DiskOp>& group() const { return group_; }
  [[nodiscard]] std::vector<DiskOp> take_group() { return std::exchange(group_, {}); }
  /// The group is on the platters now. `replaces`: a merge throws away what was there (a deliberate defect).
  void apply(const EntryBook& book, const std::vector<DiskOp>& group, bool replaces);
  /// Power or process lost.
  void forget_volatile();
  /// The image so many commits ago; fewer when there were fewer.
  [[nodiscard]] Image before(std::size_t commits) const;

 private:
  static constexpr std::size_t kHistory = 4;
  void apply_append(const EntryBook& book, const DiskOp& op);
  void apply_merge(const EntryBook& book, const DiskOp& op, bool replaces);

  std::vector<DiskOp> queue_;
  std::vector<DiskOp> group_;
  std::deque<Image> history_;  ///< before the last commits, newest first
};

}  // namespace wattring::replication
