// SPDX-License-Identifier: Apache-2.0
#include "node/http/node_api.hpp"

#include <algorithm>

#include "base/json_writer.hpp"
#include "base/time.hpp"
#include "node/http/params.hpp"

namespace wattring::http {
namespace {

std::string_view verdict(const NodeStatus& status) {
  const auto is_critical = [](const Problem& problem) { return problem.severity == "critical"; };
  if (std::any_of(status.problems.begin(), status.problems.end(), is_critical)) return "critical";
  return status.problems.empty() && status.ready ? "healthy" : "degraded";
}

void write_views(JsonWriter& json) {
  json.object("views").key("asked").integer(1).key("answered").integer(1).key("agree").boolean(true).end_object();
}

void write_problems(JsonWriter& json, const NodeStatus& status) {
  json.array("problems");
  for (const Problem& problem : status.problems) {
    json.begin_object().field("code", problem.code).field("severity", problem.severity);
    json.field("subject", problem.subject).field("text", problem.text).field("do", problem.remedy);
    json.field("since", format_rfc3339(problem.since_ms)).end_object();
  }
  json.end_array();
}

void write_ingest(JsonWriter& json, const NodeStatus& status) {
  json.object("ingest").key("acked_per_s").number(status.stored_per_s);
  json.key("p50_s").number(status.ack_p50_s).key("p99_s").number(status.ack_p99_s);
  json.key("stored_total").count(status.stored_total).key("refused_total").count(status.refused_total);
  json.key("duplicate_total").count(status.duplicate_total);
  json.key("in_flight_bytes").count(status.in_flight_bytes);
  json.key("in_flight_bytes_max").count(status.in_flight_bytes_max).end_object();
}

void write_journal(JsonWriter& json, const NodeStatus& status) {
  json.object("journal").key("used_bytes").count(status.used_bytes).key("map_bytes").count(status.map_bytes);
  json.key("reusable_bytes").count(status.reusable_bytes).key("file_bytes").count(status.file_bytes);
  json.key("disk_free_bytes").count(status.disk_free_bytes).key("disk_reserve").boolean(status.disk_reserve);
  json.key("records").count(status.journal_records).key("last_lsn").count(status.last_lsn);
  json.key("unsealed_facts").count(status.unsealed_facts);
  json.key("commit_p99_s").number(status.commit_p99_s).end_object();
}

void write_endpoints(JsonWriter& json, const NodeAddresses& addresses) {
  json.object("endpoints");
  const auto address = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) json.field(name, value);
  };
  address("membership", addresses.membership);
  address("peers", addresses.peers);
  address("ingest", addresses.ingest);
  address("http", addresses.http);
  json.end_object();
}

Response line_of(std::string body) {
  Response response;
  response.body = std::move(body) + "\n";
  return response;
}

void add_influx_version(Response& response, const std::string& version) {
  response.headers.emplace_back("X-Influxdb-Version", "1.8-wattring-" + version);
  response.headers.emplace_back("X-Influxdb-Build", "OSS");
}

}  // namespace

Response NodeApi::root() const {
  std::string body;
  JsonWriter json(body);
  json.begin_object().field("name", "wattring").field("version", version_);
  json.field("about", "readings of electricity meters; the HTTP API is in docs/protocols/http-api.md").object("see");
  json.field("status", "/api/v1/status").field("meters", "/api/v1/meters").field("alerts", "/api/v1/alerts");
  json.field("ready", "/readyz").field("metrics", "/metrics").end_object();
  json.field("command_line", "wattringctl status").end_object();
  return line_of(std::move(body));
}

Response NodeApi::status() const {
  const NodeStatus status = door_.status();
  std::string body;
  JsonWriter json(body);
  json.begin_object().field("schema", "wattring.status/1").field("cluster", status.cluster);
  json.field("node", status.node).field("node_id", status.node_id).field("version", status.version);
  json.field("at", format_rfc3339(status.now_ms)).field("started", format_rfc3339(status.started_ms));
  json.field("verdict", verdict(status)).key("ready").boolean(status.ready);
  json.key("insecure").boolean(status.insecure);
  write_views(json);
  write_problems(json, status);
  json.object("nodes").key("up").integer(1).key("suspect").integer(0).key("down").integer(0);
  json.key("draining").integer(0).end_object();
  json.object("shards").key("owned").count(status.shards - std::min(status.shards, status.shards_recovering));
  json.key("recovering").count(status.shards_recovering).key("moving").integer(0).key("nobody").integer(0).end_object();
  json.object("meters").key("known").count(status.meters).end_object();
  write_ingest(json, status);
  write_journal(json, status);
  write_endpoints(json, addresses_);
  json.end_object();
  return line_of(std::move(body));
}

Response NodeApi::members() const {
  const NodeStatus status = door_.status();
  std::string body;
  JsonWriter json(body);
  json.begin_object().field("schema", "wattring.members/1");
  write_views(json);
  json.array("members").begin_object().field("node", status.node).field("id", status.node_id);
  json.field("address", addresses_.membership.empty() ? addresses_.http : addresses_.membership);
  json.field("state", status.ready ? "up" : "joining");
  json.key("for_s").integer(std::max<std::int64_t>(0, status.now_ms - status.started_ms) / kMsPerSecond);
  json.key("seen_up_by").integer(1).field("version", status.version);
  json.key("shards").count(status.shards).key("meters").count(status.meters);
  write_endpoints(json, addresses_);
  json.end_object().end_array().end_object();
  return line_of(std::move(body));
}

Response NodeApi::problems() const {
  const NodeStatus status = door_.status();
  std::string body;
  JsonWriter json(body);
  json.begin_object().field("schema", "wattring.problems/1").field("node", status.node);
  json.field("at", format_rfc3339(status.now_ms));
  write_problems(json, status);
  json.end_object();
  return line_of(std::move(body));
}

Response NodeApi::alive() const {
  return line_of(R"({"alive":true})");
}

Response NodeApi::ready() const {
  const NodeStatus status = door_.status();
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("ready").boolean(status.ready);
  if (!status.ready) {
    const std::string waiting =
        std::to_string(status.shards_recovering) + " of " + std::to_string(status.shards) + " shards are recovering";
    json.field("reason", status.shards_recovering > 0 ? waiting : "starting or draining");
  }
  json.end_object();
  Response response = line_of(std::move(body));
  if (!status.ready) {
    response.status = 503;
    response.headers.emplace_back("Retry-After", "1");
  }
  return response;
}

Response NodeApi::version() const {
  std::string body;
  JsonWriter json(body);
  json.begin_object().field("name", "wattring").field("version", version_).end_object();
  return line_of(std::move(body));
}

Response NodeApi::metrics() const {
  Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = metrics_.prometheus_text();
  return response;
}

Response NodeApi::influx_ping(const Request& request) const {
  Response response;
  if (request.query.find("verbose=true") != std::string::npos) {
    response = version();
  } else {
    response.status = 204;
  }
  add_influx_version(response, version_);
  return response;
}

Response NodeApi::influx_health() const {
  const bool ready = door_.status().ready;
  std::string body;
  JsonWriter json(body);
  json.begin_object().field("name", "wattring").field("status", ready ? "pass" : "fail");
  json.field("message", ready ? "ready for writes and queries" : "starting or draining");
  json.array("checks").end_array().field("version", version_).end_object();
  Response response = line_of(std::move(body));
  if (!ready) response.status = 503;
  add_influx_version(response, version_);
  return response;
}

Response NodeApi::influx_query(const Request& request) const {
  const std::string decoded = percent_decode(request.query + "&" + request.body, true).value_or("");
  const bool creates = decoded.find("CREATE DATABASE") != std::string::npos;
  if (!creates)
    return error_response(400, {"BAD_REQUEST", "InfluxQL is not spoken here",
                                "read with GET /api/v1/meters/{id}/readings or /intervals"});
  Response response = line_of(R"({"results":[{"statement_id":0}]})");
  add_influx_version(response, version_);
  return response;
}

}  // namespace wattring::http
