// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/time.hpp"
#include "node/http/access.hpp"
#include "node/http/backup_api.hpp"
#include "node/http/body_budget.hpp"
#include "node/http/cluster_api.hpp"
#include "node/http/doors.hpp"
#include "node/http/erase_api.hpp"
#include "node/http/exchange.hpp"
#include "node/http/ingest_api.hpp"
#include "node/http/node_api.hpp"
#include "node/http/operator_api.hpp"
#include "node/http/query_api.hpp"
#include "node/http/router.hpp"
#include "node/http/shard_api.hpp"

namespace wattring::http {

/// Request in, response out: everything of the HTTP API but the sockets. Any thread.
class Api {
 public:
  struct Options {
    IngestApi::Options ingest;
    std::string node_name;
    std::string version;
    Access::Options access = {};
  };
  Api(const Options& options, gateway::IngestDoor& ingest, QueryDoor& query, const Doors& doors, const Clock& clock,
      BodyBudget& budget, Metrics& metrics, std::shared_ptr<Log> log);

  /// Before the first request.
  void set_addresses(const NodeAddresses& addresses) {
    node_.set_addresses(addresses);
    cluster_.set_addresses(addresses);
  }
  /// Before the first request; without it everybody may do everything. Must outlive it.
  void set_tokens(TokenStore& tokens) { access_.set_tokens(tokens); }
  /// Looks who asks, before the body is read: sets `rejected` for whom it is not.
  void admit(Request& request);
  /// Consumes the body. Admits first what was not yet.
  [[nodiscard]] Response handle(Request& request);
  /// A request that another node passes on; it asked its caller who he is. Reads, and what is done to
  /// an alert where it lives.
  [[nodiscard]] Response handle_relayed(Request request);
  /// Ends waits for events: whoever follows comes back to another node.
  void stop_waiting() { cluster_.cancel(); }
  /// Ends waits for outcomes.
  void cancel() { ingest_.cancel(); }

 private:
  Response dispatch(Request& request, const Match& match);
  Response call(Target target, Request& request, const std::string& id);
  Response call_cluster(Target target, const Request& request, const std::string& id);
  Response call_node(Target target, const Request& request, const std::string& id);
  void count(std::size_t route, int status, std::int64_t duration_ns);

  static constexpr std::size_t kStatusClasses = 6;
  struct RouteMetrics {
    std::array<std::atomic<Counter*>, kStatusClasses> by_class{};  ///< registered when first counted
    DurationHistogram* duration = nullptr;
  };

  IngestApi ingest_;
  QueryApi query_;
  EraseApi erase_;
  NodeApi node_;
  ClusterApi cluster_;
  ShardApi shards_;
  BackupApi backup_;
  OperatorApi operator_;
  Access access_;
  const Clock& clock_;
  Metrics& metrics_;
  const std::shared_ptr<Log> log_;
  std::vector<RouteMetrics> route_metrics_;  ///< one a route, the last for what is no path of ours
};

}  // namespace wattring::http
