// SPDX-License-Identifier: Apache-2.0
#include "node/http/actor_api.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/utf8.hpp"
#include "node/alert/payload.hpp"
#include "node/gateway/batch.hpp"
#include "node/http/answers.hpp"
#include "node/http/json_body.hpp"
#include "node/http/params.hpp"
#include "node/http/query_api.hpp"

namespace wattring::http {
namespace {

constexpr std::array<std::string_view, 2> kActorsParams{"path", "depth"};
constexpr std::array<std::string_view, 1> kResumeParams{"path"};
constexpr std::array<std::string_view, 1> kMeterMembers{"meter"};
constexpr std::size_t kPathBytesMax = 256;

Result<std::string> read_path(const Params& params, std::string_view otherwise) {
  const std::string_view path = params.get("path").value_or(otherwise);
  if (path.empty()) return invalid("the query parameter \"path\" is missing", "for example /shards/12");
  if (path.front() != '/' || path.size() > kPathBytesMax || !is_plain_text(path))
    return invalid("path=" + std::string(path.substr(0, 40)) + " is no path of an actor",
                   "it begins with a slash, as GET /api/v1/actors lists them");
  return std::string(path);
}

Result<std::size_t> read_depth(const Params& params) {
  const auto text = params.get("depth");
  if (!text) return ActorApi::kDepthDefault;
  std::size_t depth = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), depth);
  if (error != std::errc{} || end != text->data() + text->size() || depth > ActorApi::kDepthMax)
    return invalid("depth=" + std::string(text->substr(0, 40)) + " is not accepted",
                   "an integer from 0 to " + std::to_string(ActorApi::kDepthMax));
  return depth;
}

void write_actor(JsonWriter& json, const ActorRow& row) {
  json.begin_object().field("path", row.path).field("state", row.state).key("mailbox").count(row.mailbox);
  json.key("oldest_ms").integer(row.oldest_ms).key("restarts").count(row.restarts).key("last_failure");
  if (row.last_failure.empty()) {
    json.null();
  } else {
    json.string(row.last_failure);
  }
  json.key("children").count(row.children).end_object();
}

Response said(std::string_view schema, std::string_view name, std::string_view text) {
  Response response;
  JsonWriter json(response.body);
  json.begin_object().field("schema", schema).field(name, text).end_object();
  response.body.push_back('\n');
  return response;
}

}  // namespace

Response ActorApi::actors(const Request& request) const {
  const auto params = Params::parse(request.query, kActorsParams);
  if (!params) return respond_to(params.error());
  const auto path = read_path(*params, "/");
  if (!path) return respond_to(path.error());
  const auto depth = read_depth(*params);
  if (!depth) return respond_to(depth.error());
  const auto rows = door_.actors(*path, *depth);
  if (!rows) return respond_to(rows.error());
  const std::size_t shown = std::min(rows->size(), kActorRowsMax);
  Response response;
  JsonWriter json(response.body);
  json.begin_object().field("schema", "wattring.actors/1").field("at", format_rfc3339(clock_.wall_ms()));
  json.field("path", *path).key("complete").boolean(rows->size() < kActorRowsMax).array("actors");
  for (std::size_t i = 0; i < shown; ++i) write_actor(json, (*rows)[i]);
  json.end_array().end_object();
  response.body.push_back('\n');
  return response;
}

Response ActorApi::resume(const Request& request) const {
  const auto params = Params::parse(request.query, kResumeParams);
  if (!params) return respond_to(params.error());
  const auto path = read_path(*params, "");
  if (!path) return respond_to(path.error());
  if (const auto done = door_.resume_actor(*path); !done) return respond_to(done.error());
  return said("wattring.actors-resume/1", "resumed", *path);
}

Response ActorApi::quarantine(const Request& request) const {
  if (const auto params = Params::parse(request.query, {}); !params) return respond_to(params.error());
  const auto rows = door_.quarantine();
  if (!rows) return respond_to(rows.error());
  Response response;
  JsonWriter json(response.body);
  json.begin_object().field("schema", "wattring.quarantine/1").field("at", format_rfc3339(clock_.wall_ms()));
  json.array("quarantine");
  for (const QuarantineRow& row : *rows) {
    json.begin_object().field("id", row.id).field("meter", row.meter);
    alert::write_time(json, "time", row.time_ms);
    json.key("readings").count(row.readings).key("bytes").count(row.bytes).field("failure", row.failure);
    alert::write_time(json, "since", row.since_ms);
    json.end_object();
  }
  json.end_array().end_object();
  response.body.push_back('\n');
  return response;
}

Response ActorApi::release(const Request& request, std::string_view id) const {
  if (const auto params = Params::parse(request.query, {}); !params) return respond_to(params.error());
  if (const auto done = door_.release(id); !done) return respond_to(done.error());
  return said("wattring.quarantine-release/1", "released", id);
}

Response ActorApi::drop(const Request& request, std::string_view id) const {
  if (const auto params = Params::parse(request.query, {}); !params) return respond_to(params.error());
  if (const auto done = door_.drop(id); !done) return respond_to(done.error());
  return said("wattring.quarantine-drop/1", "dropped", id);
}

Response ActorApi::announce(const Request& request) const {
  if (const auto params = Params::parse(request.query, {}); !params) return respond_to(params.error());
  const auto body = JsonBody::parse(request.body, kMeterMembers);
  if (!body) return respond_to(body.error());
  const auto meter = body->require("meter", "the id of the meter that is expected to send");
  if (!meter) return respond_to(meter.error());
  if (!gateway::valid_meter_id(*meter))
    return respond_to({ErrorCode::invalid_argument, "the meter id is not accepted",
                       "1 to 64 bytes of UTF-8 without control characters"});
  if (const auto done = door_.announce(*meter); !done) return respond_to(done.error());
  return said("wattring.meter-add/1", "meter", *meter);
}

}  // namespace wattring::http
