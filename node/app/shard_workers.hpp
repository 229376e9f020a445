// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "node/app/committed_batch.hpp"
#include "node/app/shard_extension.hpp"
#include "node/meter/retention.hpp"
#include "node/meter/shard_fold.hpp"
#include "persistence/journal.hpp"
#include "persistence/journal_writer.hpp"
#include "sharding/key.hpp"

namespace wattring::app {

/// The threads that own the shards: worker w owns every shard with shard % workers == w. Committed batches come in LSN
/// order; each worker folds its slices, seals its shards when too much is unsealed, and answers questions about them.
/// All work for a shard goes through its worker's one queue, so whoever asks after an acknowledgement sees what it
/// acknowledged.
class ShardWorkers {
 public:
  struct Options {
    std::uint32_t workers = 2;
    std::uint64_t unsealed_bytes_max = 256ULL << 20U;  ///< sealing starts at half of it; ingest is turned away above it
    std::uint64_t journal_bytes_max = 1ULL << 30U;     ///< record bytes after which everything is sealed
    /// Makes what else lives with a shard (shard_extension.hpp); empty: nothing does.
    std::function<std::unique_ptr<ShardExtension>(ShardId)> extension = nullptr;
  };
  ShardWorkers(Options options, const sharding::ShardKey& key, const persistence::Journal& disk,
               persistence::JournalWriter& writer, const Clock& clock, Metrics& metrics, std::shared_ptr<Log> log);
  ~ShardWorkers();
  ShardWorkers(const ShardWorkers&) = delete;
  ShardWorkers& operator=(const ShardWorkers&) = delete;

  /// Starts the threads; each first recovers its shards from the disk (snapshots, then the journal), while new work
  /// queues up behind.
  void start();
  /// Folds what is queued, seals everything if `checkpoint`, ends the threads. Idempotent.
  void stop(bool checkpoint);

  /// From the journal writer's thread, in LSN order. Never blocks: the byte budget of admission bounds the queues.
  void dispatch(std::shared_ptr<const CutBatch> batch);

  /// Runs `visit` on the worker that owns the shard, behind everything dispatched so far. Any thread. False when
  /// stopped: `visit` never runs.
  [[nodiscard]] bool post(ShardId shard, std::function<void(const meter::ShardFold&)> visit);
  /// Runs `visit` once on each worker with all of its shards.
  using Shards = std::vector<std::unique_ptr<meter::ShardFold>>;
  [[nodiscard]] bool post_all(const std::function<void(const Shards&)>& visit);
  /// The same with the extensions; only when there is a factory. Any thread.
  [[nodiscard]] bool post_extension(ShardId shard, std::function<void(meter::ShardFold&, ShardExtension&)> visit);
  [[nodiscard]] bool post_extensions(const std::function<void(meter::ShardFold&, ShardExtension&)>& visit);
  /// Drops what is older than the days say, in the background; once a day is enough.
  void request_retention(const meter::RetentionDays& days);
  /// Seals everything that is pending, in the background.
  void request_checkpoint();

  [[nodiscard]] std::size_t worker_count() const { return workers_.size(); }
  [[nodiscard]] std::size_t recovering_workers() const { return recovering_.load(); }
  [[nodiscard]] std::uint64_t unsealed_bytes() const { return unsealed_bytes_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t unsealed_facts() const;
  [[nodiscard]] std::uint64_t meters() const;
  [[nodiscard]] std::uint64_t duplicates() const { return duplicates_.value(); }
  [[nodiscard]] std::uint64_t resident_bytes() const;
  /// Values that did not verify and were left out.
  [[nodiscard]] std::uint64_t damaged() const { return damaged_.value(); }
  /// Records below this were given up to truncation.
  [[nodiscard]] Lsn truncated_before() const { return Lsn{truncated_before_.load(std::memory_order_relaxed)}; }
  [[nodiscard]] bool unsealed_full() const { return unsealed_bytes() > options_.unsealed_bytes_max; }

 private:
  class Worker;
  friend class Worker;
  void publish_sealed();

  const Options options_;
  const sharding::ShardKey& key_;
  const persistence::Journal& disk_;
  persistence::JournalWriter& writer_;
  const Clock& clock_;
  const std::shared_ptr<Log> log_;
  Counter& facts_;
  Counter& duplicates_;
  Counter& sealed_facts_;
  Counter& conflicts_;
  Counter& chunks_;
  Counter& damaged_;
  Counter& replayed_;
  Counter& dropped_;
  std::atomic<std::uint64_t> unsealed_bytes_{0};
  std::atomic<std::size_t> recovering_{0};
  std::atomic<std::uint64_t> truncated_before_{0};
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace wattring::app
