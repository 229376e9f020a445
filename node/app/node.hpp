// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/prng.hpp"
#include "base/time.hpp"
#include "node/app/alert_system.hpp"
#include "node/app/audit_log.hpp"
#include "node/app/backup_desk.hpp"
#include "node/app/cluster_system.hpp"
#include "node/app/config.hpp"
#include "node/app/fold_guard.hpp"
#include "node/app/ingest_pipeline.hpp"
#include "node/app/limit_desk.hpp"
#include "node/app/peer_reads.hpp"
#include "node/app/query_service.hpp"
#include "node/app/remote_system.hpp"
#include "node/app/replication_service.hpp"
#include "node/app/shard_desk.hpp"
#include "node/app/shard_workers.hpp"
#include "node/gateway/p1_source_service.hpp"
#include "node/gateway/zmq_gateway.hpp"
#include "node/http/http_server.hpp"
#include "persistence/data_directory.hpp"
#include "persistence/journal_writer.hpp"

namespace wattring::app {

/// The composition root: the one place that knows everybody. Everything is handed to its user by constructor, in the
/// order of the members; stop() takes them down in the opposite order.
class Node final : public http::QueryDoor {
 public:
  struct Options {
    std::string data_dir;
    Config config;
    std::string version;
  };
  /// Opens the data directory, recovers in the background and listens. The clock and log must outlive the node.
  [[nodiscard]] static Result<std::unique_ptr<Node>> start(Options options, Clock& clock, WriterId writer, Prng prng,
                                                           std::shared_ptr<Log> log);
  ~Node() override;

  [[nodiscard]] const cluster::Endpoints& endpoints() const { return endpoints_; }
  /// A commit's outcome is unknown, or shards could not be read back: the process must end with exit code 74 and start
  /// anew.
  [[nodiscard]] bool failed() const { return failed_.load(); }
  /// Somebody asked for a graceful stop over HTTP.
  [[nodiscard]] bool leave_asked() const { return cluster_->leave_asked(); }
  /// Reads the key file anew; what is wrong with it goes to the log, and the old keys stay.
  void reload_keys() { cluster_->reload_keys(); }
  /// The cluster does not let this node go on: stop, and say why.
  [[nodiscard]] std::optional<Error> expelled() const { return cluster_->expelled(); }
  /// Called a few times a second by one thread, for rates and retention.
  void tick();
  /// Doors first, then what is in flight, then a checkpoint, then goodbye to the other nodes. Idempotent.
  void stop();

  Result<http::MeterPage> meters(std::string_view prefix, std::string_view after, std::size_t limit) override;
  Result<http::MeterSummary> meter(std::string_view id) override;
  Result<http::ReadingsAnswer> readings(const http::ReadingsQuery& query) override;
  Result<http::IntervalsAnswer> intervals(const http::IntervalsQuery& query) override;
  http::NodeStatus status() override;
  http::NodeFacts facts() override;

 private:
  Node(Options options, Clock& clock, std::shared_ptr<Log> log);
  Result<void> open(WriterId writer, Prng& prng);
  Result<void> open_cluster(Prng& prng);
  [[nodiscard]] std::string answer_node(std::string_view question);
  /// What the disk holds about rings.
  struct FoundRings {
    std::string state;
    std::uint64_t needed_from = 0;
  };
  Result<void> open_workers();
  Result<void> open_replication(RecoveredHoldings holdings, FoundRings found, Prng& prng);
  Result<void> listen(Prng& prng);
  Result<void> listen_to_nodes(Prng& prng);
  Result<void> listen_to_clients();
  void open_backups();
  void register_metrics();
  void show_meters();
  void retain(std::int64_t now_ms);
  void share_alerts();
  void follow_homes();
  void add_problems(http::NodeStatus& status);
  [[nodiscard]] http::TurnedAway turned_away() const;

  const Options options_;
  Clock& clock_;
  const std::shared_ptr<Log> log_;
  Metrics metrics_;
  std::atomic<bool> failed_{false};
  std::int64_t started_ms_ = 0;
  Lsn first_lsn_found_;           ///< least LSN in the journal at start
  cluster::Endpoints endpoints_;  ///< where it listens, as endpoints.json shows it

  std::unique_ptr<persistence::DataDirectory> directory_;
  std::unique_ptr<sharding::ShardKey> key_;
  std::unique_ptr<persistence::JournalWriter> writer_;
  std::unique_ptr<AlertSystem> alerts_;
  std::unique_ptr<FoldGuard> guard_;
  std::unique_ptr<ShardWorkers> workers_;
  std::unique_ptr<ReplicationService> replication_;
  std::unique_ptr<IngestPipeline> pipeline_;
  std::unique_ptr<QueryService> query_;
  std::unique_ptr<RemoteSystem> remote_;
  std::unique_ptr<ClusterSystem> cluster_;
  std::unique_ptr<gateway::ZmqGateway> zmq_;
  std::unique_ptr<AuditLog> audit_;
  std::unique_ptr<PeerReads> reads_;
  std::unique_ptr<LimitDesk> limits_;
  std::unique_ptr<ShardDesk> shards_;
  std::unique_ptr<BackupDesk> backups_;
  std::unique_ptr<http::HttpServer> http_;
  std::atomic<http::HttpServer*> answering_{nullptr};  ///< questions of other nodes, from when it listens
  std::unique_ptr<gateway::P1SourceService> p1_;
  bool stopped_ = false;
  std::int64_t next_retention_ms_ = 0;   ///< tick()'s thread only
  std::int64_t next_watermarks_ms_ = 0;  ///< likewise

  struct RateSample {
    std::int64_t at_ns;
    std::uint64_t stored;
  };
  std::mutex rate_mutex_;
  std::deque<RateSample> rate_samples_;           // guarded by rate_mutex_; the last 10 s
  std::optional<std::int64_t> reserve_since_ms_;  // guarded by rate_mutex_
};

}  // namespace wattring::app
