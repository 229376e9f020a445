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
#include "node/http/body_budget.hpp"
#include "node/http/exchange.hpp"
#include "node/http/ingest_api.hpp"
#include "node/http/node_api.hpp"
#include "node/http/operator_api.hpp"
#include "node/http/query_api.hpp"
#include "node/http/router.hpp"

namespace wattring::http {

/// Request in, response out: everything of the HTTP API but the sockets. Any thread.
class Api {
 public:
  struct Options {
    IngestApi::Options ingest;
    std::string node_name;
    std::string version;
  };
  /// alerts: null for a node without them.
  Api(const Options& options, gateway::IngestDoor& ingest, QueryDoor& query, AlertDoor* alerts, const Clock& clock,
      BodyBudget& budget, Metrics& metrics, std::shared_ptr<Log> log);

  /// Before the first request.
  void set_addresses(NodeAddresses addresses) { node_.set_addresses(std::move(addresses)); }
  /// Consumes the body.
  [[nodiscard]] Response handle(Request& request);
  /// Ends waits for outcomes.
  void cancel() { ingest_.cancel(); }

 private:
  Response dispatch(Request& request, Match& match);
  Response call(Target target, Request& request, const std::string& id);
  Response call_node(Target target, const Request& request, const std::string& id);
  void count(std::size_t route, int status, std::int64_t duration_ns);

  static constexpr std::size_t kStatusClasses = 6;
  struct RouteMetrics {
    std::array<std::atomic<Counter*>, kStatusClasses> by_class{};  ///< registered when first counted
    DurationHistogram* duration = nullptr;
  };

  IngestApi ingest_;
  QueryApi query_;
  NodeApi node_;
  OperatorApi operator_;
  const Clock& clock_;
  Metrics& metrics_;
  const std::shared_ptr<Log> log_;
  std::vector<RouteMetrics> route_metrics_;  ///< one a route, the last for what is no path of ours
};

}  // namespace wattring::http
