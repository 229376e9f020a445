// SPDX-License-Identifier: Apache-2.0
#include "node/http/node_api.hpp"

#include <algorithm>

#include "base/json_writer.hpp"
#include "base/time.hpp"
#include "node/http/answers.hpp"
#include "node/http/member_metrics.hpp"
#include "node/http/params.hpp"
#include "node/http/shard_api.hpp"

namespace wattring::http {
namespace {

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

void write_turned_away(JsonWriter& json, const TurnedAway& away) {
  json.object("turned_away").key("keys").count(away.keys).key("handshakes").count(away.handshakes);
  json.key("malformed").count(away.malformed).key("foreign").count(away.foreign);
  json.key("requests").count(away.requests).end_object();
}

/// Counts of shards, and what an acknowledgement is worth.
void write_shards(JsonWriter& json, const NodeSeen& seen) {
  const NodeStatus& status = seen.status;
  const ShardBoard alone;
  const ShardBoard& board = seen.board == nullptr ? alone : *seen.board;
  const bool known = board.ring_version != 0;
  const auto in_state = [&](ShardState state) { return std::ranges::count(board.shards, state, &ShardRow::state); };
  const std::uint64_t owned = known ? board.owned : status.shards;
  json.object("shards").key("owned").count(owned - std::min(owned, status.shards_recovering));
  json.key("recovering").count(status.shards_recovering).key("moving").count(board.filling);
  json.key("nobody").integer(in_state(ShardState::nobody));
  if (known) {
    json.key("total").count(board.shards.size()).key("homes").count(board.homes);
    json.key("degraded").integer(in_state(ShardState::degraded)).key("missing").count(board.missing);
    json.key("held").count(board.held);
  }
  json.end_object();
  if (known) write_ring(json, board);
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
  const NodeSeen seen = look(door_, cluster_, shards_, clock_);
  const NodeStatus& status = seen.status;
  std::string body;
  JsonWriter json(body);
  json.begin_object().field("schema", "wattring.status/1").field("cluster", status.cluster);
  json.field("node", status.node).field("node_id", status.node_id).field("version", status.version);
  json.field("at", format_rfc3339(status.now_ms)).field("started", format_rfc3339(status.started_ms));
  json.field("verdict", seen.verdict()).key("ready").boolean(status.ready);
  json.key("insecure").boolean(status.insecure);
  write_views(json, seen);
  write_problems(json, status);
  write_counts(json, seen.counts());
  write_shards(json, seen);
  json.object("meters").key("known").count(status.meters).end_object();
  write_ingest(json, status);
  write_journal(json, status);
  write_turned_away(json, status.turned_away);
  write_endpoints(json, addresses_);
  json.end_object();
  return line_of(std::move(body));
}

Response NodeApi::problems() const {
  const NodeStatus status = look(door_, cluster_, shards_, clock_).status;
  std::string body;
  JsonWriter json(body);
  json.begin_object().field("schema", "wattring.problems/1").field("node", status.node);
  json.field("at", format_rfc3339(status.now_ms));
  write_problems(json, status);
  json.end_object();
  return line_of(std::move(body));
}

Response NodeApi::facts(std::string_view tokens) const {
  const NodeStatus status = door_.status();
  const NodeFacts facts = door_.facts();
  std::string body;
  JsonWriter json(body);
  json.begin_object().field("schema", "wattring.facts/1").field("node", status.node);
  json.field("node_id", status.node_id).field("cluster", status.cluster).field("version", status.version);
  json.field("at", format_rfc3339(status.now_ms));
  if (!facts.cluster_id.empty()) {
    json.field("cluster_id", facts.cluster_id).field("data_dir", facts.data_dir).key("format").count(facts.format);
    json.field("keys", facts.keys).key("open_files").count(facts.open_files);
    json.key("open_files_max").count(facts.open_files_max).object("config");
    for (const auto& [key, value] : facts.config) json.field(key, value);
    json.end_object();
  }
  json.field("tokens", tokens).end_object();
  return line_of(std::move(body));
}

Response NodeApi::alive() const {
  return line_of(R"({"alive":true})");
}

Response NodeApi::ready() const {
  const NodeSeen seen = look(door_, cluster_, shards_, clock_);
  const NodeStatus& status = seen.status;
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("ready").boolean(status.ready);
  if (!status.ready) {
    const std::string waiting =
        std::to_string(status.shards_recovering) + " of " + std::to_string(status.shards) + " shards are recovering";
    const bool alone = seen.view != nullptr && !seen.view->joined;
    json.field("reason", seen.draining() ? "draining: wattringctl node resume NODE, or a restart, ends it"
                         : status.shards_recovering > 0 ? waiting
                         : alone                        ? "not joined: has met no other node yet"
                                                        : "starting or draining");
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
  // None before this node has said its first word to the others.
  if (const auto view = cluster_ == nullptr ? nullptr : cluster_->view()) response.body += member_metrics(*view);
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
  const bool ready = look(door_, cluster_, shards_, clock_).status.ready;
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
