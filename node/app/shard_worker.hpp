// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "base/bounded_queue.hpp"
#include "node/app/committed_batch.hpp"
#include "node/app/extension_turns.hpp"
#include "node/app/foreign_pack.hpp"
#include "node/app/journal_only.hpp"
#include "node/app/meter_supervision.hpp"
#include "node/app/shard_arrivals.hpp"
#include "node/app/shard_drops.hpp"
#include "node/app/shard_erasing.hpp"
#include "node/app/shard_quarantine.hpp"
#include "node/app/shard_residency.hpp"
#include "node/app/shard_sealing.hpp"
#include "node/app/shard_shared.hpp"
#include "persistence/record.hpp"

namespace wattring::app {

/// One thread and its shards. What is not marked is the thread's own.
class ShardWorker {
 public:
  using Visit = std::function<void(ShardWorker&)>;

  /// published: called when records below safe_lsn() may be given up.
  ShardWorker(ShardShared& shared, std::size_t index, std::function<void()> published);

  // Any thread.
  void start();
  void close(bool checkpoint);
  void join();
  /// False when closed: it never runs.
  [[nodiscard]] bool push(std::shared_ptr<const CutBatch> batch) { return queue_.try_push(Task(std::move(batch))); }
  [[nodiscard]] bool push(std::shared_ptr<const ForeignPack> pack) { return queue_.try_push(Task(std::move(pack))); }
  [[nodiscard]] bool push(Visit visit) { return queue_.try_push(Task(std::move(visit))); }
  void request_checkpoint();
  /// Records below it hold nothing unsealed of this worker.
  [[nodiscard]] std::uint64_t safe_lsn() const { return safe_lsn_.load(); }
  [[nodiscard]] bool is_recovering() const { return recovering_.load(); }

  struct Waiting {
    std::uint64_t slices = 0;
    std::int64_t oldest_ns = 0;  ///< when the oldest was committed, monotonic
  };
  /// What waits to be folded, by slot.
  [[nodiscard]] std::vector<Waiting> waiting() const;

  // For visits.
  [[nodiscard]] WorkerShards& shards() { return shards_; }
  [[nodiscard]] std::size_t slot_of(ShardId shard) const { return shard.value / shared_.options.workers; }
  void visit_extension(std::size_t slot, const std::function<void(meter::ShardFold&, ShardExtension&)>& visit);
  [[nodiscard]] ShardId shard_of(std::string_view meter) const { return shared_.key.shard_of(meter); }
  /// The meter is in memory.
  [[nodiscard]] bool holds(ShardId shard, std::string_view meter) const;
  /// The meter is in memory or on the disk.
  [[nodiscard]] bool knows(ShardId shard, std::string_view meter) const;
  [[nodiscard]] ShardSealing& sealing() { return sealing_; }
  [[nodiscard]] ShardResidency& residency() { return residency_; }
  [[nodiscard]] JournalOnly& journal_only() { return journal_only_; }
  [[nodiscard]] ShardArrivals& arrivals() { return arrivals_; }
  [[nodiscard]] ShardDrops& drops() { return drops_; }
  [[nodiscard]] const MeterSupervision& supervision() const { return supervision_; }
  using Done = ShardQuarantine::Done;
  /// Folds the quarantined readings again; `done` on this thread, when the row is erased and they are in chunks.
  void release(const persistence::QuarantineKey& key, const Done& done);
  /// Forgets them.
  void drop(const persistence::QuarantineKey& key, const Done& done);
  /// The meter, brought back when it is on the disk; nothing when it is unknown.
  [[nodiscard]] Result<std::optional<meter::MeterTable::MeterIndex>> meter(ShardId shard, std::string_view id,
                                                                           std::uint64_t hash);

 private:
  using Task = std::variant<std::shared_ptr<const CutBatch>, std::shared_ptr<const ForeignPack>, Visit>;
  /// Facts of one meter on their way into a fold.
  struct Run {
    std::string_view id;
    std::uint64_t hash;
    std::span<const Fact> facts;
    Lsn lsn;
    std::uint32_t number;  ///< in its entry
  };

  void wake() { (void)queue_.try_push(Task(Visit{})); }
  void run();
  void serve();
  void give_up(const Error& error);
  void handle(Task& task);
  [[nodiscard]] std::int64_t patience_ms(bool idle) const;
  void fold(const CutBatch& batch);
  void fold_slice(const CutBatch& batch, const CutBatch::Slice& slice);
  void fold(const ForeignPack& pack);
  void fold_run(meter::ShardFold& fold, const Run& run);
  void apply(meter::ShardFold& fold, const Run& run);
  /// False when the meter fails on it again and again; `failure` then says how.
  bool apply_supervised(meter::ShardFold& fold, const Run& run, std::string& failure);
  void fold_transferred(std::size_t slot, Lsn lsn, std::uint32_t number, const meter::TransferFacts& facts);
  void restart(meter::ShardFold& fold, const Run& run);
  [[nodiscard]] Result<void> release_row(std::size_t slot, const persistence::QuarantineKey& key);
  void enter(ShardId shard);
  void leave();
  void publish();
  /// An error: the disk's, and the shards are not whole.
  [[nodiscard]] Result<void> recover();
  [[nodiscard]] Result<void> read_back(std::vector<std::string>& damaged);
  [[nodiscard]] Result<void> recover_shards(const persistence::ReadTransaction& disk,
                                            std::vector<std::string>& damaged);
  [[nodiscard]] Result<void> recover_shard(std::size_t slot, const persistence::ReadTransaction& disk,
                                           std::vector<std::string>& damaged);
  void renew_shard(std::size_t slot);
  [[nodiscard]] Result<void> replay(const persistence::ReadTransaction& disk, std::vector<std::string>& damaged);
  void tell_unreadable(Lsn lsn, const persistence::EntryView& entry);
  void take_entry(Lsn lsn, const persistence::EntryView& entry);
  void see_entry(Lsn lsn, const persistence::EntryView& entry);
  void fold_entry(Lsn lsn, const persistence::EntryView& entry);
  void take_limits(Lsn lsn, const persistence::EntryView& entry);
  void take_limit(std::size_t slot, Lsn lsn, const meter::Limit& limit);
  /// Rows of a backup that are no readings (shard_restored.cpp).
  void take_restored(Lsn lsn, const persistence::EntryView& entry);
  void give_to_extension(Lsn lsn, const persistence::EntryView& entry);
  void step(bool idle);
  [[nodiscard]] bool owns(ShardId shard) const {
    return shard.value % shared_.options.workers == index_ && shard.value < shared_.key.shard_count();
  }
  [[nodiscard]] meter::ShardFold& fold_of(ShardId shard) { return *shards_.folds[slot_of(shard)]; }

  ShardShared& shared_;
  const std::size_t index_;
  const std::function<void()> published_;       // any thread
  BoundedQueue<Task> queue_;                    // any thread
  std::atomic<bool> checkpoint_at_end_{false};  // any thread
  std::atomic<bool> recovering_{false};         // any thread
  std::atomic<std::uint64_t> safe_lsn_{0};      // any thread
  WorkerShards shards_;
  ExtensionTurns turns_;
  ShardSealing sealing_;
  ShardErasing erasing_;
  ShardResidency residency_;
  ShardQuarantine quarantine_;
  JournalOnly journal_only_;
  ShardArrivals arrivals_;
  ShardDrops drops_;
  MeterSupervision supervision_;
  meter::ShardFold::Applied folded_;  ///< of the batch or entry under way
  std::thread thread_;
};

}  // namespace wattring::app
