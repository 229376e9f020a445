// SPDX-License-Identifier: Apache-2.0
#include "node/http/erase_api.hpp"

#include <algorithm>
#include <array>

#include "base/json_writer.hpp"
#include "base/utf8.hpp"
#include "node/gateway/batch.hpp"
#include "node/http/alert_door.hpp"
#include "node/http/answers.hpp"
#include "node/http/erase_door.hpp"
#include "node/http/params.hpp"
#include "node/http/query_api.hpp"

namespace wattring::http {
namespace {

constexpr std::array<std::string_view, 2> kCountParams{"before", "level"};
constexpr std::array<std::string_view, 2> kEraseParams{"before", "reason"};
constexpr std::string_view kFound = R"({"schema":"wattring.meter-erasure/1","found":)";
constexpr std::size_t kAlertsCounted = 10'000;

Response not_possible() {
  return retry_response({"UNAVAILABLE", "this node erases nothing", "ask another node"}, 1'000);
}

Result<void> check_reason(std::string_view reason) {
  if (reason.size() <= EraseApi::kReasonBytesMax && (reason.empty() || is_plain_text(reason))) return {};
  return invalid("the reason is no short text", "at most 200 bytes of UTF-8 without control characters");
}

Result<void> check_meter(std::string_view meter) {
  if (gateway::valid_meter_id(meter)) return {};
  return invalid("\"" + std::string(meter.substr(0, 80)) + "\" is no meter id",
                 "1 to 64 bytes of UTF-8, no control characters");
}

}  // namespace

Result<std::int64_t> EraseApi::read_before(std::string_view text) const {
  if (text.empty()) return invalid("\"before\" is missing", "before=2026-01-01T00:00:00Z: what starts earlier goes");
  auto before = read_time("before", text);
  if (!before) return before;
  const std::int64_t now_ms = clock_.wall_ms();
  // What is yet to be read would be left out unseen.
  if (*before > now_ms)
    return invalid("before " + format_rfc3339(*before) + " is in the future", "at most now, " + format_rfc3339(now_ms));
  return before;
}

std::optional<std::uint64_t> EraseApi::alerts_before(std::string_view meter, std::int64_t before_ms) const {
  if (alerts_ == nullptr) return std::nullopt;
  AlertQuery query;
  query.meter = meter;
  query.to_ms = before_ms;
  query.history = true;
  query.limit = kAlertsCounted;
  const auto list = alerts_->alerts(query);
  if (!list) return std::nullopt;
  // An id may look like a pattern.
  return static_cast<std::uint64_t>(std::count_if(list->alerts.begin(), list->alerts.end(),
                                                  [&](const alert::Alert& alert) { return alert.meter == meter; }));
}

Response EraseApi::count_here(std::string_view meter, std::int64_t before_ms, std::string_view level) const {
  const Consistency wanted{level == "any" ? Level::any : Level::home, {}};
  const auto standing = reads_.stand(meter, wanted, clock_.wall_ms());
  if (!standing) return respond_to(standing.error());
  const auto found = door_->count(meter, before_ms);
  if (!found) return respond_to(found.error());
  Response response;
  response.body = kFound;
  JsonWriter json(response.body);
  json.begin_object().field("meter", meter).field("before", format_rfc3339(before_ms)).key("erased_before");
  if (found->erased_before_ms) {
    json.string(format_rfc3339(*found->erased_before_ms));
  } else {
    json.null();
  }
  json.key("readings").count(found->readings).key("chunks").count(found->chunks);
  json.key("interval_days").count(found->interval_days).key("quarantined").count(found->quarantined);
  const auto alerts = alerts_before(meter, before_ms);
  json.key("alerts");
  if (alerts) {
    json.count(*alerts);
  } else {
    json.null();
  }
  json.key("complete").boolean(standing->complete).end_object();
  response.body += "}\n";
  return response;
}

Response EraseApi::count(const Request& request, std::string_view meter) const {
  if (door_ == nullptr) return not_possible();
  const auto params = Params::parse(request.query, kCountParams);
  if (!params) return respond_to(params.error());
  if (const auto known = check_meter(meter); !known) return respond_to(known.error());
  const auto before = read_before(params->get("before").value_or(""));
  if (!before) return respond_to(before.error());
  const std::string_view level = params->get("level").value_or("home");
  if (level != "any" && level != "home")
    return respond_to({ErrorCode::invalid_argument, "level=" + std::string(level.substr(0, 40)) + " is not accepted",
                       "accepted: any, home"});
  if (auto elsewhere = reads_.ask_owner(request, meter, level == "any" ? Level::any : Level::home))
    return std::move(*elsewhere);
  return count_here(meter, *before, level);
}

Response EraseApi::erase(const Request& request, std::string_view meter) const {
  if (door_ == nullptr) return not_possible();
  const auto params = Params::parse(request.query, kEraseParams);
  if (!params) return respond_to(params.error());
  if (const auto known = check_meter(meter); !known) return respond_to(known.error());
  const auto before = read_before(params->get("before").value_or(""));
  if (!before) return respond_to(before.error());
  if (const auto sound = check_reason(params->get("reason").value_or("")); !sound) return respond_to(sound.error());
  Request counting;
  counting.method = "GET";
  counting.path = request.path;
  counting.query = "before=" + std::to_string(*before);
  const Response found = count(counting, meter);
  const auto kept = door_->erase(meter, *before);
  if (!kept) return respond_to(kept.error());
  Response response;
  JsonWriter json(response.body);
  json.begin_object().field("schema", "wattring.meter-erase/1").field("meter", meter);
  json.field("before", format_rfc3339(*before)).field("class", kept->promise).key("copies").count(kept->copies);
  json.field("token", kept->token).end_object();
  response.body.pop_back();
  response.body += R"(,"found":)";
  // Who cannot be counted is erased all the same.
  const bool counted = found.status == 200 && found.body.starts_with(kFound) && found.body.ends_with("}\n");
  response.body += counted ? found.body.substr(kFound.size(), found.body.size() - kFound.size() - 2) : "null";
  response.body += "}\n";
  return response;
}

}  // namespace wattring::http
