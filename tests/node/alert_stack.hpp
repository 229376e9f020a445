// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "base/metrics.hpp"
#include "base/time.hpp"
#include "node/app/alert_system.hpp"
#include "node/app/ingest_pipeline.hpp"
#include "persistence/journal_writer.hpp"
#include "persistence/memory_journal.hpp"
#include "tests/node/lone_replication.hpp"

namespace wattring::app {

/// The wall clock stands where it was put.
class WallClock final : public Clock {
 public:
  explicit WallClock(std::int64_t wall_ms) : wall_ms_(wall_ms) {}
  [[nodiscard]] std::int64_t monotonic_ns() const override { return system_.monotonic_ns(); }
  [[nodiscard]] std::int64_t wall_ms() const override { return wall_ms_; }
  void advance_ms(std::int64_t by_ms) { wall_ms_ += by_ms; }

 private:
  SystemClock system_;
  std::atomic<std::int64_t> wall_ms_;
};

/// The alerts of a node over a journal in memory, without sinks and without sockets.
class AlertStack {
 public:
  explicit AlertStack(std::uint64_t seed) : seed_(seed) { start(); }
  ~AlertStack() { stop(); }
  AlertStack(const AlertStack&) = delete;
  AlertStack& operator=(const AlertStack&) = delete;

  /// As after the process was killed: the disk is what is left.
  void restart() {
    stop();
    start();
  }

  [[nodiscard]] AlertService& service() { return parts_->alerts->service(); }
  [[nodiscard]] Result<http::Applied> apply(std::string_view toml) {
    alert::ParsedDocuments parsed = alert::parse_documents(toml, clock.wall_ms());
    if (!parsed.errors.empty()) return fail(ErrorCode::invalid_argument, parsed.errors.front().message);
    return service().apply(parsed.documents);
  }
  /// TOML of the version of a rule that counts; empty when there is none.
  [[nodiscard]] std::string counting(std::string_view rule) {
    const auto versions = service().rules();
    WATTRING_CHECK(versions.has_value());
    for (const http::RuleVersion& version : *versions)
      if (version.rule.name == rule && version.current) return version.toml;
    return {};
  }
  [[nodiscard]] std::uint64_t hash() { return service().initial().hash(); }

  WallClock clock{1'767'614'400'000};

 private:
  struct Parts {
    Metrics metrics;
    std::unique_ptr<persistence::JournalWriter> writer;
    std::unique_ptr<AlertSystem> alerts;
    std::unique_ptr<ShardWorkers> workers;
    std::unique_ptr<LoneReplication> replication;
    std::unique_ptr<IngestPipeline> pipeline;
  };

  void start() {
    parts_ = std::make_unique<Parts>();
    persistence::JournalWriter::Options writer;
    writer.reserve_bytes = 0;
    parts_->writer =
        std::make_unique<persistence::JournalWriter>(disk_, Lsn{1}, writer, clock, parts_->metrics, Log::silent());
    const AlertSystem::Doors doors{key_, disk_, *parts_->writer, clock, parts_->metrics, Log::silent()};
    parts_->alerts = AlertSystem::open(doors, Config{}, Prng(seed_)).value();
    ShardWorkers::Options workers{1, 256U << 20U, 1U << 30U};
    workers.extension = parts_->alerts->extension();
    parts_->workers =
        std::make_unique<ShardWorkers>(workers, key_, disk_, *parts_->writer, clock, parts_->metrics, Log::silent());
    parts_->replication = std::make_unique<LoneReplication>(
        LoneReplication::Parts{disk_, *parts_->writer, *parts_->workers, key_, parts_->metrics});
    parts_->pipeline =
        std::make_unique<IngestPipeline>(IngestPipeline::Options{1LL << 50, 1LL << 50, 1U << 20U}, key_, WriterId{},
                                         parts_->replication->door(), *parts_->workers, clock, parts_->metrics);
    const auto attached = parts_->alerts->attach(*parts_->workers, *parts_->pipeline);
    WATTRING_CHECK(attached.has_value());
    parts_->writer->start();
    parts_->workers->start();
  }
  void stop() {
    parts_->pipeline->close();
    parts_->workers->stop(false);
    parts_->writer->stop();
    parts_->replication->stop();
    parts_.reset();
  }

  const std::uint64_t seed_;
  persistence::MemoryJournal disk_;
  sharding::ShardKey key_{{}, 64};
  std::unique_ptr<Parts> parts_;
};

}  // namespace wattring::app
