// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/time.hpp"
#include "node/app/committed_batch.hpp"
#include "node/app/shard_workers.hpp"
#include "node/gateway/ingest_door.hpp"
#include "persistence/journal_writer.hpp"
#include "sharding/key.hpp"

namespace wattring::app {

/// The way of a batch from a gateway to the disk and on to the shard workers: admit, cut by shard, pack into one
/// journal record, wait for the sync, hand on, answer. Any thread; no call waits for the disk.
class IngestPipeline final : public gateway::IngestDoor {
 public:
  struct Options {
    std::int64_t accept_past_ms = 0;
    std::int64_t accept_future_ms = 0;
    std::uint64_t in_flight_bytes_max = 256ULL << 20U;
    Lsn last_lsn;  ///< of the journal as it was found
  };
  /// `on_unknown` runs once, on the journal writer's thread, when a commit's outcome is unknown: the node must restart.
  IngestPipeline(Options options, const sharding::ShardKey& key, WriterId writer, persistence::JournalWriter& journal,
                 ShardWorkers& workers, const Clock& clock, Metrics& metrics, std::function<void()> on_unknown);

  void submit(gateway::Batch&& batch, ReplyFunction reply) override;
  [[nodiscard]] gateway::AcceptWindow accept_window() const override;

  /// From now on everything is turned away as busy.
  void close() { closed_ = true; }
  [[nodiscard]] const ByteBudget& in_flight() const { return budget_; }
  [[nodiscard]] std::uint64_t stored_total() const { return stored_.value(); }
  [[nodiscard]] std::uint64_t refused_total() const;
  [[nodiscard]] std::uint64_t last_lsn() const { return last_lsn_.load(std::memory_order_relaxed); }
  [[nodiscard]] const DurationHistogram& ack_latency() const { return ack_latency_; }

 private:
  struct Stream {
    std::uint64_t sequence = 0;  ///< of the last entry
    std::uint64_t chain = 0;
  };
  void count_refusals(const gateway::Refusals& refusals);
  void turn_away(gateway::Batch&& batch, gateway::Reason reason, std::uint32_t retry_after_ms, ReplyFunction& reply);
  Result<void> append(const std::shared_ptr<CutBatch>& cut, std::int64_t received_at_ms,
                      std::function<void(const persistence::Appended&)> done);
  void answer(const std::shared_ptr<CutBatch>& cut, const persistence::Appended& appended, std::int64_t started_ns,
              ReplyFunction& reply);

  const Options options_;
  const sharding::ShardKey& key_;
  persistence::JournalWriter& journal_;
  ShardWorkers& workers_;
  const Clock& clock_;
  const std::function<void()> on_unknown_;
  ByteBudget budget_;
  std::atomic<bool> closed_{false};
  std::atomic<std::uint64_t> last_lsn_{0};
  Counter& stored_;
  Counter& unknown_;
  Counter& batches_;
  std::array<Counter*, gateway::kReasonCount + 1> refused_{};
  DurationHistogram& ack_latency_;

  std::mutex streams_mutex_;
  // Guarded by streams_mutex_: sequences must enter the journal in the order in which they are drawn.
  const WriterId writer_;
  std::vector<Stream> streams_;
};

}  // namespace wattring::app
