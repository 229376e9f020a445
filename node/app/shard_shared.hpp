// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <semaphore>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/time.hpp"
#include "node/app/shard_extension.hpp"
#include "node/app/watermark_board.hpp"
#include "node/meter/shard_fold.hpp"
#include "persistence/journal_writer.hpp"
#include "sharding/key.hpp"

/// What the shard workers of a node have in common.

namespace wattring::app {

class FoldGuard;

struct ShardOptions {
  std::uint32_t workers = 2;
  std::uint64_t unsealed_bytes_max = 256ULL << 20U;  ///< sealing starts at half of it; ingest is turned away above it
  std::uint64_t journal_bytes_max = 1ULL << 30U;     ///< record bytes after which everything is sealed
  /// Makes what else lives with a shard (shard_extension.hpp); empty: nothing does.
  std::function<std::unique_ptr<ShardExtension>(ShardId)> extension = nullptr;
  std::int64_t passivate_after_ms = 10 * kMsPerMinute;  ///< a meter without readings for so long leaves memory
  std::uint64_t resident_bytes_max = 1ULL << 30U;       ///< above it the longest idle leave before their time
  FoldGuard* guard = nullptr;                           ///< what the last runs ended in (fold_guard.hpp); may be null
  meter::FoldFault* fault = nullptr;                    ///< for tests
  std::uint64_t foreign_bytes_max = 64ULL << 20U;       ///< packs of others between their arrival and their fold
  /// Entries of the shard that are claimed were read back and do not verify. Any worker's thread; may be empty.
  std::function<void(ShardId, const sharding::Coverage&)> on_unreadable = nullptr;
  /// A sealed value of the shard was read, and does not verify. Any worker's thread; may be empty.
  std::function<void(ShardId)> on_damaged = nullptr;
  /// The disk does not give some shards back: nothing of them is changed, and the process must end (exit 74). Any
  /// worker's thread; may be empty.
  std::function<void()> on_unrecovered = nullptr;
};

struct ShardCounters {
  explicit ShardCounters(Metrics& metrics);
  Counter& facts;
  Counter& duplicates;
  Counter& sealed_facts;
  Counter& conflicts;
  Counter& chunks;
  Counter& damaged;
  Counter& replayed;
  Counter& transferred;
  Counter& dropped;
  Counter& passivations;
  Counter& returns;
  Counter& restarts;
  Counter& quarantined;
  Counter& erasures;
  Counter& erased_readings;
  Counter& erased_again;
};

/// What a fold holds in memory.
struct Holdings {
  std::uint64_t unsealed_bytes = 0;
  std::uint64_t unsealed_facts = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t active = 0;  ///< meters
  std::uint64_t passivated = 0;

  [[nodiscard]] static Holdings of(const meter::ShardFold& fold);
  /// Both wrap around: a difference may be negative.
  Holdings& operator+=(const Holdings& more);
  friend Holdings operator-(const Holdings& a, const Holdings& b);
};

/// The sum over all shards. Any thread.
class HoldingTotals {
 public:
  void add(const Holdings& difference);
  [[nodiscard]] Holdings now() const;
  [[nodiscard]] std::uint64_t unsealed_bytes() const { return unsealed_bytes_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t resident_bytes() const { return resident_bytes_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> unsealed_bytes_{0};
  std::atomic<std::uint64_t> unsealed_facts_{0};
  std::atomic<std::uint64_t> resident_bytes_{0};
  std::atomic<std::uint64_t> active_{0};
  std::atomic<std::uint64_t> passivated_{0};
};

/// Any thread, except that each worker alone touches its shards.
struct ShardShared {
  const ShardOptions options;
  const sharding::ShardKey& key;
  const persistence::Journal& disk;
  persistence::JournalWriter& writer;
  const Clock& clock;
  const std::shared_ptr<Log> log;
  ShardCounters count;
  HoldingTotals totals{};
  WatermarkBoard watermarks{key.shard_count()};
  std::function<void()> checkpoint_all{};  ///< all workers seal everything, soon; set before the threads start
  Lsn first_of_run{};  ///< records from here on were written by this run; set before the threads start
  std::atomic<std::uint64_t> stopped_shards{0};  ///< whose facts stay in the journal
  /// Workers that may read meters back from the disk at once, so that a crowd that returns does not starve the rest.
  std::counting_semaphore<> bring_back_budget{2};

  /// Values that did not verify and were left out.
  void report(const std::vector<std::string>& damaged);
};

/// The shards of one worker, by slot: shard = slot * workers + worker. Extensions outlive the folds that use their
/// gates; there are none without a factory.
struct WorkerShards {
  using Folds = std::vector<std::unique_ptr<meter::ShardFold>>;
  using Extensions = std::vector<std::unique_ptr<ShardExtension>>;
  Extensions extensions;
  Folds folds;
};

}  // namespace wattring::app
