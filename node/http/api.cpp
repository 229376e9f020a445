// SPDX-License-Identifier: Apache-2.0
#include "node/http/api.hpp"

#include <algorithm>
#include <exception>

namespace wattring::http {
namespace {

std::string path_label(std::size_t route) {
  const std::string path = route < routes().size() ? std::string(routes()[route].path) : "other";
  return "path=\"" + path + "\"";
}

}  // namespace

Api::Api(const Options& options, gateway::IngestDoor& ingest, QueryDoor& query, const Doors& doors, const Clock& clock,
         BodyBudget& budget, Metrics& metrics, std::shared_ptr<Log> log)
    : ingest_(options.ingest, ingest, clock, budget),
      query_(query, doors, clock, options.node_name),
      erase_(doors, clock),
      node_(query, doors, clock, metrics, options.version),
      cluster_(query, doors, clock),
      shards_(doors, clock),
      backup_(doors.backup),
      operator_(doors.alerts, doors.peers, clock),
      access_(options.access, doors.audit, clock, metrics, log),
      clock_(clock),
      metrics_(metrics),
      log_(std::move(log)),
      route_metrics_(routes().size() + 1) {
  for (std::size_t i = 0; i < route_metrics_.size(); ++i)
    route_metrics_[i].duration = &metrics.histogram("wattring_http_request_seconds",
                                                    "From the whole request to the whole answer", path_label(i));
}

void Api::admit(Request& request) {
  const Match match = find_route(request.method, request.path);
  request.admitted = true;
  // A path that is none of ours is told so by handle().
  if (match.route != Match::kNone) request.rejected = access_.admit(routes()[match.route], request);
}

Response Api::handle(Request& request) {
  const std::int64_t start_ns = clock_.monotonic_ns();
  if (!request.admitted && !request.rejected) admit(request);
  const Match match = find_route(request.method, request.path);
  const std::size_t route = std::min(match.route, routes().size());
  Response response = dispatch(request, match);
  if (match.route != Match::kNone) access_.settle(routes()[match.route], request, response);
  count(route, response.status, clock_.monotonic_ns() - start_ns);
  return response;
}

Response Api::handle_relayed(Request request) {
  const Match match = find_route(request.method, request.path);
  if (match.route == Match::kNone) return match.refusal;
  const Route& route = routes()[match.route];
  if (route.role != Role::read && route.target != Target::alert_ack)
    return error_response(403, {"FORBIDDEN", "nodes pass on questions only", "ask the node itself"});
  return dispatch(request, match);
}

Response Api::dispatch(Request& request, const Match& match) {
  if (request.rejected) return std::move(*request.rejected);
  if (match.route == Match::kNone) return match.refusal;
  try {
    return call(routes()[match.route].target, request, match.id);
  } catch (const std::exception& error) {
    log_->error("http_handler", request.method + " " + request.path.substr(0, 200) + ": " + error.what());
    return error_response(500,
                          {"INTERNAL", "the request could not be answered", "please report it with the node's log"});
  }
}

Response Api::call(Target target, Request& request, const std::string& id) {
  switch (target) {
    case Target::readings_in:
      return ingest_.json(request);
    case Target::line_v1:
    case Target::line_v2:
      return ingest_.lines(request);
    case Target::telegrams_in:
      return ingest_.telegrams(request);
    case Target::restore_readings:
      return ingest_.restored(request);
    case Target::meters:
      return query_.meters(request);
    case Target::meter:
      return query_.meter(request, id);
    case Target::readings:
      return query_.readings(request, id);
    case Target::intervals:
      return query_.intervals(request, id);
    case Target::erasure:
      return erase_.count(request, id);
    case Target::erase:
      return erase_.erase(request, id);
    default:
      return call_cluster(target, request, id);
  }
}

Response Api::call_cluster(Target target, const Request& request, const std::string& id) {
  switch (target) {
    case Target::facts:
      return node_.facts(access_.summary());
    case Target::members:
      return cluster_.members();
    case Target::events:
      return cluster_.events(request);
    case Target::clusterz:
      return cluster_.clusterz(request);
    case Target::leave:
      return cluster_.leave();
    case Target::shards:
    case Target::shard:
    case Target::promises:
    case Target::ring:
    case Target::ring_plan:
    case Target::ring_commit:
    case Target::drain:
    case Target::resume:
      return shards_.handle(target, request, id);
    case Target::backup_part:
      return backup_.part(request, id);
    case Target::restore_rows:
      return backup_.rows(request);
    default:
      return call_node(target, request, id);
  }
}

Response Api::call_node(Target target, const Request& request, const std::string& id) {
  switch (target) {
    case Target::root:
      return node_.root();
    case Target::status:
      return node_.status();
    case Target::problems:
      return node_.problems();
    case Target::livez:
    case Target::healthz:
      return node_.alive();
    case Target::readyz:
      return node_.ready();
    case Target::metrics:
      return node_.metrics();
    case Target::version:
      return node_.version();
    case Target::influx_ping:
      return node_.influx_ping(request);
    case Target::influx_health:
      return node_.influx_health();
    case Target::influx_query:
      return node_.influx_query(request);
    default:
      return operator_.handle(target, request, id);
  }
}

void Api::count(std::size_t route, int status, std::int64_t duration_ns) {
  const auto status_class = static_cast<std::size_t>(std::clamp(status / 100, 0, 5));
  std::atomic<Counter*>& slot = route_metrics_[route].by_class[status_class];
  Counter* counter = slot.load(std::memory_order_acquire);
  if (counter == nullptr) {
    // Registering twice gives the same counter, so that two threads here do no harm.
    counter = &metrics_.counter("wattring_http_requests_total", "Requests by path and class of status",
                                path_label(route) + ",code=\"" + std::to_string(status_class) + "xx\"");
    slot.store(counter, std::memory_order_release);
  }
  counter->add();
  route_metrics_[route].duration->record_ns(static_cast<std::uint64_t>(std::max<std::int64_t>(0, duration_ns)));
}

}  // namespace wattring::http
