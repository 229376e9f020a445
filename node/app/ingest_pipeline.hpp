// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/time.hpp"
#include "node/app/committed_batch.hpp"
#include "node/app/shard_workers.hpp"
#include "node/app/write_door.hpp"
#include "node/gateway/ingest_door.hpp"
#include "sharding/key.hpp"

namespace wattring::app {

/// The way of a batch from a gateway to the disks that keep it: admit, cut by shard, pack into one record, hand it to
/// replication, answer when enough copies are synced. Any thread; no call waits.
class IngestPipeline final : public gateway::IngestDoor {
 public:
  struct Options {
    std::int64_t accept_past_ms = 0;
    std::int64_t accept_future_ms = 0;
    std::uint64_t in_flight_bytes_max = 256ULL << 20U;
  };
  IngestPipeline(Options options, const sharding::ShardKey& key, WriterId writer, WriteDoor& door,
                 const ShardWorkers& workers, const Clock& clock, Metrics& metrics);

  void submit(gateway::Batch&& batch, ReplyFunction reply) override;
  [[nodiscard]] gateway::AcceptWindow accept_window() const override;

  /// From now on everything is turned away as busy.
  void close() { closed_ = true; }
  [[nodiscard]] const ByteBudget& in_flight() const { return budget_; }
  [[nodiscard]] std::uint64_t stored_total() const { return stored_.value(); }
  [[nodiscard]] std::uint64_t refused_total() const;
  [[nodiscard]] const DurationHistogram& ack_latency() const { return ack_latency_; }

 private:
  struct Stream {
    std::uint64_t sequence = 0;  ///< of the last entry
    std::uint64_t chain = 0;
  };
  void count_refusals(const gateway::Refusals& refusals);
  struct Waiting {
    gateway::Refusals refusals;
    std::int64_t started_ns = 0;
    ReplyFunction reply;
  };
  struct Refusing {
    gateway::Reason reason = gateway::Reason::busy;
    std::uint32_t retry_after_ms = 0;
    std::string why;  ///< a sentence, when there is more to say than the reason
  };
  [[nodiscard]] std::optional<Refusing> closed_now(const gateway::Batch& batch) const;
  void turn_away(std::uint64_t facts, gateway::Refusals&& refusals, Refusing refusing, const ReplyFunction& reply);
  /// False when there is no room for it.
  bool hand_on(const std::shared_ptr<CutBatch>& cut, std::int64_t received_at_ms, WriteDoor::OnDone done);
  void answer(const CutBatch& cut, const WriteOutcome& outcome, Waiting& waiting);

  const Options options_;
  const sharding::ShardKey& key_;
  WriteDoor& door_;
  const ShardWorkers& workers_;
  const Clock& clock_;
  ByteBudget budget_;
  std::atomic<bool> closed_{false};
  Counter& stored_;
  Counter& unknown_;
  Counter& batches_;
  std::array<Counter*, gateway::kReasonCount + 1> refused_{};
  DurationHistogram& ack_latency_;

  std::mutex streams_mutex_;
  // Guarded by streams_mutex_: packs must be handed on in the order in which their sequences are drawn.
  const WriterId writer_;
  std::vector<Stream> streams_;
};

}  // namespace wattring::app
