// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/time.hpp"
#include "node/app/ingest_pipeline.hpp"
#include "node/app/query_service.hpp"
#include "node/app/shard_workers.hpp"
#include "persistence/journal_writer.hpp"
#include "persistence/recovery.hpp"
#include "tests/node/lone_replication.hpp"

namespace wattring::app {

/// A node without sockets over any journal: the real writer thread, workers, pipeline and queries.
class CoreHarness {
 public:
  explicit CoreHarness(persistence::Journal& disk, ShardWorkers::Options options = {2, 256U << 20U, 1U << 30U},
                       std::uint64_t in_flight_max = 64U << 20U)
      : disk_(disk), options_(options), in_flight_max_(in_flight_max) {
    start();
  }
  ~CoreHarness() { stop(false); }
  CoreHarness(const CoreHarness&) = delete;
  CoreHarness& operator=(const CoreHarness&) = delete;

  void start() {
    auto snapshot = disk_.read();
    const auto next = persistence::next_lsn(**snapshot);
    snapshot->reset();
    persistence::JournalWriter::Options writer_options;
    writer_options.reserve_bytes = 0;
    // Metrics outlive the parts that hold on to them.
    parts_ = std::make_unique<Parts>();
    parts_->writer = std::make_unique<persistence::JournalWriter>(disk_, *next, writer_options, clock_, parts_->metrics,
                                                                  Log::silent());
    parts_->workers =
        std::make_unique<ShardWorkers>(options_, key_, disk_, *parts_->writer, clock_, parts_->metrics, Log::silent());
    parts_->replication = std::make_unique<LoneReplication>(LoneReplication::Parts{
        disk_, *parts_->writer, *parts_->workers, key_, parts_->metrics, [this] { ++unknown_commits_; }});
    ++boot_;
    WriterId writer;
    writer.bytes[0] = boot_;
    parts_->pipeline =
        std::make_unique<IngestPipeline>(IngestPipeline::Options{1LL << 50, 1LL << 50, in_flight_max_}, key_, writer,
                                         parts_->replication->door(), *parts_->workers, clock_, parts_->metrics);
    parts_->query = std::make_unique<QueryService>(key_, *parts_->workers, disk_, clock_,
                                                   [this](ShardId shard) { damaged_.push_back(shard); });
    parts_->writer->start();
    parts_->workers->start();
  }

  /// checkpoint = false is a crash: what was pending in memory is gone.
  void stop(bool checkpoint) {
    if (!parts_) return;
    parts_->pipeline->close();
    parts_->workers->stop(checkpoint);
    parts_->writer->stop();
    parts_->replication->stop();
    parts_.reset();
  }

  gateway::IngestReply submit(gateway::Batch&& batch) {
    const auto done = std::make_shared<std::promise<gateway::IngestReply>>();
    auto future = done->get_future();
    pipeline().submit(std::move(batch), [done](gateway::IngestReply&& reply) { done->set_value(std::move(reply)); });
    return future.get();
  }

  IngestPipeline& pipeline() { return *parts_->pipeline; }
  ShardWorkers& workers() { return *parts_->workers; }
  QueryService& query() { return *parts_->query; }
  persistence::JournalWriter& writer() { return *parts_->writer; }
  WriteDoor& writes() { return parts_->replication->door(); }
  [[nodiscard]] const sharding::ShardKey& key() const { return key_; }
  /// Shards of which a question came upon something damaged.
  [[nodiscard]] const std::vector<ShardId>& damaged() const { return damaged_; }
  [[nodiscard]] int unknown_commits() const { return unknown_commits_.load(); }

 private:
  struct Parts {
    Metrics metrics;
    std::unique_ptr<persistence::JournalWriter> writer;
    std::unique_ptr<ShardWorkers> workers;
    std::unique_ptr<LoneReplication> replication;
    std::unique_ptr<IngestPipeline> pipeline;
    std::unique_ptr<QueryService> query;
  };
  persistence::Journal& disk_;
  const ShardWorkers::Options options_;
  const std::uint64_t in_flight_max_;
  SystemClock clock_;
  const sharding::ShardKey key_{{}, 64};
  std::uint8_t boot_ = 0;
  std::vector<ShardId> damaged_;
  std::atomic<int> unknown_commits_{0};
  std::unique_ptr<Parts> parts_;
};

}  // namespace wattring::app
