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
#include "node/app/shard_shared.hpp"
#include "node/app/shard_worker.hpp"
#include "node/http/alert_door.hpp"
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
  using Options = ShardOptions;
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
  void dispatch(const std::shared_ptr<const CutBatch>& batch);

  /// Runs `visit` on the worker that owns the shard, behind everything dispatched so far. Any thread. False when
  /// stopped: `visit` never runs.
  [[nodiscard]] bool post(ShardId shard, std::function<void(const meter::ShardFold&)> visit);
  /// Runs `visit` once on each worker with all of its shards.
  using Shards = WorkerShards::Folds;
  [[nodiscard]] bool post_all(const std::function<void(const Shards&)>& visit);
  /// A message to a meter: brings it back into memory when it is on the disk. Nothing: unknown; an error: the disk's.
  using MeterVisit = std::function<void(const meter::ShardFold&, Result<std::optional<meter::MeterTable::MeterIndex>>)>;
  [[nodiscard]] bool post_meter(std::string id, std::uint64_t hash, MeterVisit visit);
  /// The same with the extensions; only when there is a factory. Any thread.
  [[nodiscard]] bool post_extension(ShardId shard, std::function<void(meter::ShardFold&, ShardExtension&)> visit);
  [[nodiscard]] bool post_extensions(const std::function<void(meter::ShardFold&, ShardExtension&)>& visit);
  /// Drops what is older than the days say, in the background; once a day is enough.
  void request_retention(const meter::RetentionDays& days);
  /// Seals everything that is pending, in the background.
  void request_checkpoint();
  /// Lets the meters that are idle leave memory now, in the background, instead of in the course of a minute.
  void request_passivation();

  // What people ask of actors (shard_verbs.cpp). Any thread; each waits for the workers, 10 s at most, then busy.

  /// The path and its descendants, parents first: /shards, /shards/<n>, /shards/<n>/<meter>. depth 0 = the path itself.
  /// At most 10 000 rows; a last one says how many are not shown.
  [[nodiscard]] Result<std::vector<http::ActorRow>> actors(std::string_view path, std::size_t depth);
  /// Ends journal-only; returns when everything that was acknowledged before is folded.
  [[nodiscard]] Result<void> resume(ShardId shard);
  [[nodiscard]] Result<std::vector<http::QuarantineRow>> quarantine_list();
  /// Return when what they did is on the disk. After busy it may still happen; asking again is harmless.
  [[nodiscard]] Result<void> release(std::string_view quarantine_id);
  [[nodiscard]] Result<void> drop(std::string_view quarantine_id);
  /// Shards that are journal-only.
  [[nodiscard]] std::uint64_t stopped_shards() const { return shared_.stopped_shards.load(); }

  [[nodiscard]] std::size_t worker_count() const { return workers_.size(); }
  [[nodiscard]] std::size_t recovering_workers() const;
  [[nodiscard]] std::uint64_t unsealed_bytes() const { return shared_.totals.unsealed_bytes(); }
  [[nodiscard]] std::uint64_t unsealed_facts() const { return shared_.totals.now().unsealed_facts; }
  /// Known meters, resident or not.
  [[nodiscard]] std::uint64_t meters() const;
  [[nodiscard]] std::uint64_t passivated_meters() const { return shared_.totals.now().passivated; }
  [[nodiscard]] std::uint64_t duplicates() const { return shared_.count.duplicates.value(); }
  [[nodiscard]] std::uint64_t resident_bytes() const { return shared_.totals.resident_bytes(); }
  /// Values that did not verify and were left out.
  [[nodiscard]] std::uint64_t damaged() const { return shared_.count.damaged.value(); }
  /// Records below this were given up to truncation.
  [[nodiscard]] Lsn truncated_before() const { return Lsn{truncated_before_.load(std::memory_order_relaxed)}; }
  [[nodiscard]] bool unsealed_full() const { return unsealed_bytes() > shared_.options.unsealed_bytes_max; }

 private:
  void publish_sealed();
  using OnWorker = std::function<void(ShardWorker&, const ShardWorker::Done&)>;
  [[nodiscard]] Result<void> ask(ShardId shard, const OnWorker& verb);
  [[nodiscard]] ShardWorker& worker_of(ShardId shard) { return *workers_[shard.value % workers_.size()]; }

  ShardShared shared_;
  std::atomic<std::uint64_t> truncated_before_{0};
  std::vector<std::unique_ptr<ShardWorker>> workers_;
};

}  // namespace wattring::app
