// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "persistence/journal.hpp"

/// What goes into the next transaction (sans-IO). What queued while the last one synced forms the next group: records
/// first, up to a size, each with the next LSN; then at most one checkpoint slice; then a bounded step of truncation.
/// Each append and each slice is completed exactly once, in the order of its queue.

namespace wattring::persistence {

struct OwnedOp {
  WriteOp::Kind kind = WriteOp::Kind::put;
  Table table = Table::meta;
  std::string key;
  std::string value;
};

struct GroupCommitLimits {
  std::size_t queue_records_max = 256;
  std::size_t queue_slices_max = 16;
  /// Records after the first join a group up to this many bytes; one slice may not exceed it.
  std::size_t group_bytes_max = 4U << 20U;
  std::size_t truncate_step_records = 16;  ///< at least; twice the records of the group when that is more
};

class GroupCommit {
 public:
  /// first: the least LSN the journal holds or may hold; next: the LSN of the next record.
  GroupCommit(Lsn first, Lsn next, GroupCommitLimits limits);

  /// Queues a finished record. busy: the queue is full. no_space: the reserve is reached. unknown_outcome: a commit
  /// failed, only a restart helps. invalid_argument: not a record.
  [[nodiscard]] Result<void> append(std::string&& record);
  /// Queues a slice; not subject to the reserve. busy, unknown_outcome, invalid_argument as above.
  [[nodiscard]] Result<void> write(std::vector<OwnedOp>&& slice);
  /// Records below `upto` go away step by step; what is not committed yet never does.
  void truncate_before(Lsn upto);
  void set_reserve_reached(bool reached) { reserve_reached_ = reached; }

  [[nodiscard]] bool reserve_reached() const { return reserve_reached_; }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool has_work() const;
  [[nodiscard]] Lsn next_lsn() const { return next_; }

  /// Takes the next group out of the queues; false when there is nothing to do. complete() must follow.
  [[nodiscard]] bool begin();
  /// Seals the group's records and describes it. Touches only the group, so that the shell calls it outside its lock.
  /// Views live until complete().
  [[nodiscard]] std::span<const WriteOp> ops();

  struct Completed {
    CommitStatus status = CommitStatus::committed;
    Lsn first;                ///< of the group's records
    std::size_t records = 0;  ///< that many appends, oldest first
    std::size_t record_bytes = 0;
    std::size_t slices = 0;  ///< 0 or 1
    Error error;
  };
  /// How the transaction ended. After `unknown` everything that is still queued ends as unknown too, see fail_queued().
  [[nodiscard]] Completed complete(const CommitResult& result);
  /// After an unknown outcome or when stopping without the disk: empties the queues; that many appends and slices.
  [[nodiscard]] Completed fail_queued(CommitStatus status, Error error);

 private:
  void add_truncation();

  const GroupCommitLimits limits_;
  std::deque<std::string> records_;
  std::deque<std::vector<OwnedOp>> slices_;
  Lsn first_;
  Lsn next_;
  Lsn truncate_upto_;
  bool reserve_reached_ = false;
  bool failed_ = false;

  // The group in flight.
  bool in_flight_ = false;
  std::vector<std::string> group_records_;
  std::vector<OwnedOp> group_slice_;
  bool group_has_slice_ = false;
  Lsn group_truncate_to_;  ///< = first_ when the group truncates nothing
  std::vector<std::string> keys_;
  std::string truncated_before_;
  std::vector<WriteOp> ops_;
};

}  // namespace wattring::persistence
