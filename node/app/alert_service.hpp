// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/prng.hpp"
#include "base/time.hpp"
#include "node/app/alert_catalog.hpp"
#include "node/app/alert_hub.hpp"
#include "node/app/catalog_port.hpp"
#include "node/app/decision_writer.hpp"
#include "node/app/shard_workers.hpp"
#include "node/gateway/ingest_door.hpp"
#include "node/http/alert_door.hpp"
#include "persistence/journal.hpp"

namespace wattring::app {

/// Alerts, rules, silences, actors and quarantine as people see them. Any thread; what needs a shard is asked of its
/// worker.
class AlertService final : public http::AlertDoor, public CatalogPort {
 public:
  /// Everything must outlive it. routes: the sinks that the node has.
  AlertService(AlertHub& hub, ShardWorkers& workers, const persistence::Journal& disk, gateway::IngestDoor& ingest,
               const Clock& clock, Prng prng, std::vector<alert::Route> routes);

  /// Reads the catalog and makes the first policy; before the workers start.
  [[nodiscard]] Result<void> open();
  /// Acknowledgements go to all owners of a shard; before anybody asks. Without: they stay on this node.
  void decide_by(DecisionWriter& writer) { decisions_ = &writer; }
  /// Makes versions count whose time has come, and takes in and hands on what waits; a few times a second.
  void tick();

  [[nodiscard]] cluster::Catalog initial() override;
  void on_grew(std::vector<cluster::Document> documents) override;
  void spread_by(Spread spread) override;

  [[nodiscard]] Result<http::AlertList> alerts(const http::AlertQuery& query) override;
  [[nodiscard]] Result<alert::Alert> acknowledge(std::string_view id, std::string_view user,
                                                 std::string_view note) override;
  [[nodiscard]] Result<std::vector<alert::Silence>> silences() override;
  [[nodiscard]] Result<alert::Silence> silence(alert::Silence wanted) override;
  [[nodiscard]] Result<void> unsilence(std::string_view id) override;
  [[nodiscard]] Result<std::vector<http::RuleVersion>> rules() override;
  [[nodiscard]] Result<std::vector<alert::Profile>> profiles() override;
  [[nodiscard]] Result<http::Applied> apply(const alert::Documents& documents) override;
  [[nodiscard]] Result<http::RuleTrial> try_rule(const alert::Rule& rule, std::string_view meter, std::int64_t from_ms,
                                                 std::int64_t to_ms) override;
  [[nodiscard]] Result<std::vector<http::ActorRow>> actors(std::string_view path, std::size_t depth) override;
  [[nodiscard]] Result<void> resume_actor(std::string_view path) override;
  [[nodiscard]] Result<std::vector<http::QuarantineRow>> quarantine() override;
  [[nodiscard]] Result<void> release(std::string_view id) override;
  [[nodiscard]] Result<void> drop(std::string_view id) override;
  [[nodiscard]] Result<void> announce(std::string_view meter) override;

  /// Rows of the actors at and below "/alerts"; empty when there is none.
  using SinkActors = std::function<std::vector<http::ActorRow>(std::string_view path, std::size_t depth)>;
  void show_sinks(SinkActors sinks);

  /// For sinks that must be reminded: alerts that fire and were told. Empty when the workers do not answer.
  [[nodiscard]] std::vector<alert::Alert> open_alerts();

 private:
  /// Alerts of all shards for which `wanted` holds.
  [[nodiscard]] Result<std::vector<alert::Alert>> gather(std::function<bool(const alert::Alert&)> wanted);
  /// Writes the operations and makes the catalog the node's.
  [[nodiscard]] Result<void> install(Catalog catalog, const std::vector<persistence::OwnedOp>& operations);
  void publish();
  void take_in();
  void hand_on();

  AlertHub& hub_;
  ShardWorkers& workers_;
  const persistence::Journal& disk_;
  gateway::IngestDoor& ingest_;
  const Clock& clock_;
  const std::vector<alert::Route> routes_;
  DecisionWriter* decisions_ = nullptr;

  std::mutex mutex_;
  // Guarded by mutex_, which is held while the disk syncs.
  cluster::Catalog documents_;          ///< on the disk
  Catalog catalog_;                     ///< what they mean, and the silences
  bool disk_refuses_ = false;           ///< documents that arrived; told once
  std::int64_t next_effective_ms_ = 0;  ///< of the versions that do not count yet; the greatest when there is none
  Prng prng_;
  SinkActors sink_actors_;

  // Order: mutex_ or spread_mutex_ first, then port_mutex_, which nobody holds while he waits for something.
  std::mutex port_mutex_;
  // Guarded by port_mutex_.
  std::vector<cluster::Document> arrived_;    ///< not on the disk yet; bounded as the cluster's set is
  std::vector<cluster::Document> published_;  ///< not handed on yet
  std::mutex spread_mutex_;                   ///< held while spread_ is called
  Spread spread_;                             // guarded by spread_mutex_
};

}  // namespace wattring::app
