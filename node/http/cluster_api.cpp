// SPDX-License-Identifier: Apache-2.0
#include "node/http/cluster_api.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>

#include "base/json_writer.hpp"
#include "node/http/answers.hpp"
#include "node/http/params.hpp"

namespace wattring::http {
namespace {

using cluster::Accusation;
using cluster::MemberView;
using cluster::View;

constexpr std::array<std::string_view, 3> kEventsParams{"after", "limit", "wait"};
constexpr std::array<std::string_view, 1> kClusterzParams{"verbose"};
constexpr std::int64_t kLookEveryMs = 100;

Response refused(const Error& error) {
  return error_response(400, {"BAD_REQUEST", error.message, error.hint});
}

void write_accusers(JsonWriter& json, const View& view, const std::vector<Accusation>& accusations) {
  json.array("accusers");
  for (const Accusation& accusation : accusations) {
    json.begin_object().field("node", name_of(view, accusation.accuser));
    json.field("evidence", cluster::to_string(accusation.evidence)).end_object();
  }
  json.end_array();
}

NodeAddresses addresses_of(const cluster::Record& record) {
  const cluster::Endpoints& at = record.endpoints;
  return {at.membership, at.peers, at.ingest, at.http, at.data};
}

/// What only the node itself can say.
void write_self(JsonWriter& json, const NodeStatus& status, const ShardBoard* board) {
  json.field("version", status.version).key("ready").boolean(status.ready);
  json.key("shards").count(board == nullptr ? status.shards : board->owned).key("meters").count(status.meters);
  if (board != nullptr) json.key("homes").count(board->homes);
}

void write_member(JsonWriter& json, const NodeSeen& seen, const MemberView& member) {
  const View& view = *seen.view;
  const cluster::Record& record = *member.record;
  const std::string_view state = state_word(view, member);
  json.begin_object().field("node", record.name).field("id", to_hex(record.id.bytes));
  json.field("address", record.endpoints.membership).field("state", state);
  json.key("for_s").integer(state_age_s(member, seen.monotonic_ns)).key("seen_up_by").integer(state == "up" ? 1 : 0);
  json.key("self").boolean(member.self).key("flapping").boolean(member.flapping);
  json.key("epoch").count(record.life.epoch).key("incarnation").count(record.incarnation);
  json.field("why", view.why(record.id));
  write_accusers(json, view, member.accusations);
  json.key("round_trip_s");
  if (member.round_trip_ns > 0) {
    json.number(static_cast<double>(member.round_trip_ns) * 1e-9);
  } else {
    json.null();
  }
  json.field("zone", record.zone).key("weight").count(record.weight);
  if (member.self) write_self(json, seen.status, seen.board.get());
  write_endpoints(json, addresses_of(record));
  json.end_object();
}

void write_alone(JsonWriter& json, const NodeStatus& status, const NodeAddresses& addresses) {
  json.begin_object().field("node", status.node).field("id", status.node_id);
  json.field("address", addresses.membership.empty() ? addresses.http : addresses.membership);
  json.field("state", status.ready ? "up" : "joining");
  json.key("for_s").integer(std::max<std::int64_t>(0, status.now_ms - status.started_ms) / kMsPerSecond);
  json.key("seen_up_by").integer(1).key("self").boolean(true);
  write_self(json, status, nullptr);
  write_endpoints(json, addresses);
  json.end_object();
}

void write_event(JsonWriter& json, const View& view, const ClusterEvent& event) {
  json.begin_object().key("sequence").count(event.sequence).field("time", format_rfc3339(event.wall_ms));
  json.field("event", cluster::to_string(event.event.kind));
  if (event.event.record != nullptr) {
    const cluster::Record& record = *event.event.record;
    json.field("node", record.name).field("id", to_hex(record.id.bytes));
    json.field("address", record.endpoints.membership);
    json.key("epoch").count(record.life.epoch).key("incarnation").count(record.incarnation);
  }
  write_accusers(json, view, event.event.accusations);
  json.field("detail", event.event.detail).end_object();
}

/// Decimal digits alone; nothing for anything else.
std::optional<std::uint64_t> digits(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct EventsQuery {
  std::uint64_t after = 0;
  std::size_t limit = ClusterApi::kEventsDefault;
  std::int64_t wait_ms = 0;
};

Result<EventsQuery> read_events_query(const std::string& text) {
  const auto params = Params::parse(text, kEventsParams);
  if (!params) return Failure(params.error());
  EventsQuery query;
  if (const auto after = params->get("after")) {
    const auto value = digits(*after);
    if (!value)
      return fail(ErrorCode::invalid_argument, fmt::format("after={} is not accepted", after->substr(0, 40)),
                  "the \"sequence\" of the last event that is known, or 0");
    query.after = *value;
  }
  const auto limit = read_limit(*params, ClusterApi::kEventsDefault, ClusterApi::kEventsMax);
  if (!limit) return Failure(limit.error());
  query.limit = *limit;
  if (const auto wait = params->get("wait")) {
    const auto ms = parse_duration_ms(*wait);
    if (!ms || *ms < 0 || *ms > ClusterApi::kWaitMsMax)
      return fail(ErrorCode::invalid_argument, fmt::format("wait={} is not accepted", wait->substr(0, 40)),
                  "a duration up to 25s, for example wait=20s");
    query.wait_ms = *ms;
  }
  return query;
}

void write_check(JsonWriter& json, std::string_view name, bool ok, std::string_view reason) {
  json.begin_object().field("check", name).key("ok").boolean(ok).field("reason", ok ? "" : reason).end_object();
}

void write_checks(JsonWriter& json, const NodeSeen& seen) {
  json.array("checks");
  write_check(json, "ready", seen.status.ready, "this node is starting, draining or has not joined");
  if (seen.view != nullptr) write_check(json, "joined", seen.view->joined, "this node has met no other node yet");
  for (const Problem& problem : seen.status.problems)
    write_check(json, problem.code + " " + problem.subject, false, problem.text);
  json.end_array();
}

}  // namespace

Response ClusterApi::members() const {
  const NodeSeen seen = look(query_, cluster_, shards_, clock_);
  std::string body;
  JsonWriter json(body);
  json.begin_object().field("schema", "wattring.members/1").field("cluster", seen.status.cluster);
  json.field("node", seen.status.node).field("at", format_rfc3339(seen.status.now_ms));
  write_views(json, seen);
  json.key("keys").boolean(cluster_ != nullptr && cluster_->has_keys());
  if (seen.view != nullptr) json.key("local_health").count(seen.view->local_health);
  json.array("members");
  if (seen.view == nullptr) {
    write_alone(json, seen.status, addresses_);
  } else {
    for (const MemberView& member : seen.view->members) write_member(json, seen, member);
  }
  json.end_array().end_object();
  return line_of(std::move(body));
}

std::vector<ClusterEvent> ClusterApi::wait_for_events(std::uint64_t after, std::size_t limit, std::int64_t wait_ms) {
  auto found = cluster_->events(after, limit);
  std::unique_lock lock(mutex_);
  if (!found.empty() || wait_ms == 0 || waiters_ >= kWaitersMax) return found;
  ++waiters_;
  // The door has no way to wake anybody: a look every tenth of a second costs less than it would.
  for (std::int64_t waited_ms = 0; found.empty() && waited_ms < wait_ms; waited_ms += kLookEveryMs) {
    if (cancelled_changed_.wait_for(lock, std::chrono::milliseconds(kLookEveryMs), [this] { return cancelled_; }))
      break;
    lock.unlock();
    found = cluster_->events(after, limit);
    lock.lock();
  }
  --waiters_;
  return found;
}

Response ClusterApi::events(const Request& request) {
  const auto query = read_events_query(request.query);
  if (!query) return refused(query.error());
  std::vector<ClusterEvent> found;
  if (cluster_ != nullptr) found = wait_for_events(query->after, query->limit, query->wait_ms);
  const NodeSeen seen = look(query_, cluster_, shards_, clock_);
  const View nobody;
  const View& view = seen.view == nullptr ? nobody : *seen.view;
  std::string body;
  JsonWriter json(body);
  json.begin_object().field("schema", "wattring.events/1").field("node", seen.status.node);
  json.field("at", format_rfc3339(seen.status.now_ms));
  // Sequences begin anew with each start: whoever follows compares this.
  json.field("started", format_rfc3339(seen.status.started_ms));
  json.key("lost").count(found.empty() ? 0 : found.front().sequence - query->after - 1);
  json.array("events");
  for (const ClusterEvent& event : found) write_event(json, view, event);
  json.end_array().key("next").count(found.empty() ? query->after : found.back().sequence).end_object();
  return line_of(std::move(body));
}

Response ClusterApi::clusterz(const Request& request) const {
  const auto params = Params::parse(request.query, kClusterzParams);
  if (!params) return refused(params.error());
  const NodeSeen seen = look(query_, cluster_, shards_, clock_);
  std::string body;
  JsonWriter json(body);
  json.begin_object().field("schema", "wattring.clusterz/1").field("cluster", seen.status.cluster);
  json.field("seen_by", seen.status.node).field("at", format_rfc3339(seen.status.now_ms));
  json.field("verdict", seen.verdict());
  write_views(json, seen);
  write_counts(json, seen.counts());
  write_problems(json, seen.status);
  // "?verbose" alone is asked for with an empty value.
  if (!request.query.empty() && params->get("verbose").value_or("true") != "false") write_checks(json, seen);
  json.end_object();
  return line_of(std::move(body));
}

Response ClusterApi::leave() {
  if (cluster_ == nullptr)
    return error_response(503, {"UNAVAILABLE", "membership is not running on this node",
                                "stop the node with SIGTERM: systemctl stop wattringd"});
  cluster_->leave();
  Response response = line_of(R"({"schema":"wattring.leave/1","leaving":true})");
  response.status = 202;
  return response;
}

void ClusterApi::cancel() {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  cancelled_changed_.notify_all();
}

}  // namespace wattring::http
