// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/time.hpp"
#include "persistence/group_commit.hpp"
#include "persistence/journal.hpp"

/// The journal's thread: the only writer of a node's disk. Callers hand over finished records and slices and hear once
/// what became of each.

namespace wattring::persistence {

struct Appended {
  CommitStatus status = CommitStatus::committed;
  Lsn lsn;      ///< meaningful when committed
  Error error;  ///< meaningful unless committed
};

/// The bytes kept free: 5 % of the volume, at least 256 MiB, at most 16 GiB.
[[nodiscard]] std::uint64_t default_reserve_bytes(std::uint64_t disk_bytes);

/// Whether appends must be refused. Room is what the journal may still grow by, plus the free pages inside its file:
/// the file never shrinks, so after a truncation the volume looks as full as before. `reached`: the state until now;
/// it ends only when there is an eighth more room than the reserve.
[[nodiscard]] bool reserve_is_reached(const JournalUsage& usage, std::uint64_t reserve_bytes, bool reached);

class JournalWriter {
 public:
  struct Options {
    std::size_t queue_records_max = 256;
    std::size_t group_bytes_max = 4U << 20U;
    std::int64_t usage_check_interval_ms = 1000;
    /// Room below which appends are refused; default_reserve_bytes() of the volume when not given.
    std::optional<std::uint64_t> reserve_bytes;
    /// Runs on the writer's thread after each look at the disk; DataDirectory::mind_ballast belongs here.
    std::function<void(const JournalUsage&, std::uint64_t reserve_bytes)> on_usage;
  };
  using OwnedOp = persistence::OwnedOp;

  /// next: recovery's next_lsn(). Everything handed in must outlive the writer.
  JournalWriter(Journal& journal, Lsn next, Options options, Clock& clock, Metrics& metrics, std::shared_ptr<Log> log);
  ~JournalWriter();
  JournalWriter(const JournalWriter&) = delete;
  JournalWriter& operator=(const JournalWriter&) = delete;

  /// Looks at the disk and starts the thread. Before it appends are queued.
  void start();
  /// Commits what is queued, then ends the thread; later calls are refused as busy. Idempotent.
  void stop();

  /// Any thread. `record` comes from RecordBuilder::finish(). Queued: `done` runs on the writer's thread exactly once;
  /// it may only hand on. An error: `done` never runs. busy: the queue is full or the writer stopped; no_space: the
  /// reserve is reached; unknown_outcome: a commit failed before.
  [[nodiscard]] Result<void> append(std::string record, std::function<void(const Appended&)> done);

  /// Any thread. One slice of a checkpoint (about 1 MiB; more than group_bytes_max is refused), all of it in one
  /// transaction, after the records that wait. Goes on at the reserve.
  [[nodiscard]] Result<void> write(std::vector<OwnedOp> slice, std::function<void(const CommitResult&)> done);

  /// Any thread. Drops records with lsn < upto in steps that ride along with later transactions.
  void truncate_before(Lsn upto);

  /// Any thread.
  [[nodiscard]] bool reserve_reached() const { return reserve_reached_.load(std::memory_order_relaxed); }
  /// Any thread. Of the record that is committed next.
  [[nodiscard]] Lsn next_lsn() const;
  /// Any thread. A commit ended as unknown: the process must end (exit 74) and start anew.
  [[nodiscard]] bool failed() const { return failed_.load(std::memory_order_relaxed); }

 private:
  struct Instruments;
  void run();
  void turn(std::unique_lock<std::mutex>& lock);
  void look_at_disk(std::unique_lock<std::mutex>& lock);
  void show(const JournalUsage& usage);
  void set_reserve_reached(bool reached);
  void finish(const GroupCommit::Completed& completed, std::unique_lock<std::mutex>& lock);
  [[nodiscard]] bool look_is_due() const;

  Journal& journal_;
  const Options options_;
  Clock& clock_;
  const std::unique_ptr<Instruments> instruments_;
  const std::shared_ptr<Log> log_;
  std::atomic<bool> reserve_reached_{false};
  std::atomic<bool> failed_{false};

  mutable std::mutex mutex_;
  std::condition_variable work_;
  // Guarded by mutex_.
  GroupCommit group_;
  std::deque<std::function<void(const Appended&)>> append_done_;
  std::deque<std::function<void(const CommitResult&)>> slice_done_;
  bool stopping_ = false;

  bool started_ = false;
  bool ended_ = false;

  // The writer's thread only.
  std::uint64_t reserve_bytes_ = 0;
  std::uint64_t bytes_since_look_ = 0;
  std::int64_t next_look_ns_ = 0;
  std::thread thread_;
};

}  // namespace wattring::persistence
