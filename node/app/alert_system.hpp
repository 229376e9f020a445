// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/prng.hpp"
#include "base/time.hpp"
#include "node/alert/delivery_service.hpp"
#include "node/app/alert_hub.hpp"
#include "node/app/alert_service.hpp"
#include "node/app/config.hpp"
#include "node/app/outbox_store.hpp"
#include "node/app/shard_workers.hpp"
#include "node/app/told_marks.hpp"

namespace wattring::app {

/// Everything of a node that has to do with alerts, put together. Outlives the workers; they outlive its stop().
class AlertSystem {
 public:
  /// All must outlive it.
  struct Doors {
    const sharding::ShardKey& key;
    const persistence::Journal& disk;
    persistence::JournalWriter& writer;
    const Clock& clock;
    Metrics& metrics;
    std::shared_ptr<Log> log;
  };
  [[nodiscard]] static Result<std::unique_ptr<AlertSystem>> open(const Doors& doors, const Config& config, Prng prng);

  /// For ShardWorkers::Options.
  [[nodiscard]] std::function<std::unique_ptr<ShardExtension>(ShardId)> extension();
  /// Reads rules and silences; before the workers start.
  [[nodiscard]] Result<void> attach(ShardWorkers& workers, gateway::IngestDoor& ingest);
  // The node among others; before the workers start. Without, it is alone.

  /// What is decided about alerts goes to all owners. The door must outlive it.
  void decide_by(WriteDoor& door, const WriterId& writer);
  /// Asks whether nothing of the shard is missing here; the answer may come on any thread. False: nobody answers.
  using AskCompleteness = std::function<bool(ShardId, std::function<void(bool complete)>)>;
  void confirm_by(AskCompleteness ask);
  /// At first nobody knows who tells.
  void await_homes() { hub_.homes.set_all(HomeRole::unknown); }
  /// Any thread.
  [[nodiscard]] ShardHomes& homes() { return hub_.homes; }

  /// Begins to tell the sinks. http_address: where people find the alerts.
  void start(const std::string& version, const std::string& http_address);
  /// A few times a second.
  void tick();
  /// Ends telling; what is not told stays in the outbox. Idempotent.
  void stop();

  [[nodiscard]] AlertService& service() { return *service_; }
  /// Sinks that fail for more than a minute.
  [[nodiscard]] std::vector<alert::SinkState> failing_sinks() const;

 private:
  AlertSystem(const Doors& doors, const Config& config, Prng prng, std::uint64_t next_outbox_sequence);
  [[nodiscard]] std::vector<http::ActorRow> sink_actors(std::string_view path, std::size_t depth) const;
  [[nodiscard]] std::string summary_of(const alert::Alert& alert) const;

  const Doors doors_;
  const std::vector<alert::SinkOptions> sinks_;
  Prng prng_;
  AlertHub hub_;
  ShardWorkers* workers_ = nullptr;
  std::unique_ptr<DecisionWriter> decisions_;
  std::unique_ptr<ToldMarks> marks_;
  std::unique_ptr<AlertService> service_;
  std::unique_ptr<OutboxStore> outbox_;
  std::unique_ptr<alert::DeliveryService> delivery_;
};

}  // namespace wattring::app
