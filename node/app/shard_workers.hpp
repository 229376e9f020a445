// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "node/app/committed_batch.hpp"
#include "node/app/foreign_pack.hpp"
#include "node/app/shard_shared.hpp"
#include "node/app/shard_worker.hpp"
#include "node/http/alert_door.hpp"
#include "node/meter/retention.hpp"
#include "node/meter/shard_digest.hpp"
#include "node/meter/shard_fold.hpp"
#include "persistence/journal.hpp"
#include "persistence/journal_writer.hpp"
#include "sharding/key.hpp"
#include "sharding/peer_message.hpp"

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

  /// Before the first append of this run. Starts the threads; each first recovers its shards from the disk (snapshots,
  /// then the journal), while new work queues up behind.
  void start();
  /// Folds what is queued, seals everything if `checkpoint`, ends the threads. Idempotent.
  void stop(bool checkpoint);

  /// From the journal writer's thread, in LSN order. Never blocks: the byte budget of admission bounds the queues.
  void dispatch(const std::shared_ptr<const CutBatch>& batch);
  void dispatch(const std::shared_ptr<const ForeignPack>& pack);

  // Records that are not batches of this node. Any thread.

  /// Whether there is room for another one; a pack that is turned away gets no receipt, and its sender tries again.
  [[nodiscard]] bool can_take() const { return foreign_.used() < foreign_.max() && !unsealed_full(); }
  /// Makes room for the record until it is folded, or null when there is none. Put it into the journal, then set `lsn`
  /// and `committed_ns` and dispatch it; letting go of it instead gives the room back. The record is already verified
  /// (sharding::verifies), or made here.
  [[nodiscard]] std::shared_ptr<ForeignPack> try_take(sharding::PackPtr record);

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

  // Whole shards on their way in and out. Any thread; answers come on the shard's worker, which they must not keep.
  // False: stopped, and nobody answers.

  /// A snapshot for meter::ShardExport; everything of the shard that was acknowledged before is sealed first.
  [[nodiscard]] bool post_export(ShardId shard, ShardSealing::HandedOver done);
  /// Deletes the shard, unless it holds more than `confirmed`: then, or when it cannot be dropped now, busy, and
  /// nothing is deleted. The answer comes when its last row is gone. What comes for it meanwhile stays.
  [[nodiscard]] bool post_drop(ShardId shard, sharding::Coverage confirmed, ShardDrops::Done done);
  /// No claim will follow the parts that were staged for the shard (ShardImport): their records may go.
  void abandon_transfer(ShardId shard);
  /// What the shard holds, sealed or not, everything dispatched so far included.
  [[nodiscard]] bool post_digest(ShardId shard, std::function<void(Result<meter::ShardDigest>)> done);
  /// The same with the coverage it is of, for a comparison with other nodes; nothing while it would mislead: something
  /// is being merged, is not folded, or is in quarantine here.
  using Content = std::optional<sharding::ContentDigest>;
  [[nodiscard]] bool post_content(ShardId shard, std::function<void(const Content&)> done);

  /// Drops what is below the shards' watermarks, in the background: once a day is enough, and each time one rises.
  void request_retention();
  [[nodiscard]] const WatermarkBoard& watermarks() const { return shared_.watermarks; }
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
  ByteBudget foreign_;
  std::atomic<std::uint64_t> truncated_before_{0};
  std::vector<std::unique_ptr<ShardWorker>> workers_;
};

}  // namespace wattring::app
