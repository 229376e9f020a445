// SPDX-License-Identifier: Apache-2.0
#include "node/http/alert_api.hpp"

#include <algorithm>
#include <array>

#include "base/utf8.hpp"
#include "node/alert/payload.hpp"
#include "node/http/answers.hpp"
#include "node/http/json_body.hpp"
#include "node/http/params.hpp"
#include "node/http/query_api.hpp"

namespace wattring::http {
namespace {

constexpr std::array<std::string_view, 7> kAlertsParams{"state", "rule", "meter", "from", "to", "history", "limit"};
constexpr std::array<std::string_view, 4> kStates{"firing", "acked", "resolved", "retracted"};
constexpr std::array<std::string_view, 2> kAckMembers{"user", "note"};
constexpr std::array<std::string_view, 7> kSilenceMembers{"rule", "meter", "from", "until", "for", "by", "why"};
constexpr std::size_t kPatternBytesMax = 64;

Result<void> check_pattern(std::string_view name, std::string_view pattern) {
  if (pattern.size() <= kPatternBytesMax && is_plain_text(pattern)) return {};
  return invalid(std::string(name) + " is no pattern",
                 "1 to 64 bytes of UTF-8 without control characters; * is any text, "
                 "? one character");
}

/// Parameters "from" and "to" of an onset: each may be absent.
Result<void> read_onset(const Params& params, AlertQuery& query) {
  for (const auto& [name, into] : {std::pair{"from", &query.from_ms}, std::pair{"to", &query.to_ms}}) {
    const auto text = params.get(name);
    if (!text) continue;
    const auto time = read_time(name, *text);
    if (!time) return Failure(time.error());
    *into = *time;
  }
  if (query.to_ms != 0 && query.from_ms >= query.to_ms)
    return invalid("from " + format_rfc3339(query.from_ms) + " is not before to " + format_rfc3339(query.to_ms),
                   "from is inclusive, to is exclusive; without \"to\" there is no end");
  return {};
}

Result<AlertQuery> alert_query(const Params& params) {
  AlertQuery query;
  const auto limit =
      read_limit(params, AlertApi::kAlertsDefault, AlertApi::kAlertsMax, "narrow it with rule, meter, from and to");
  if (!limit) return Failure(limit.error());
  query.limit = *limit;
  if (const auto text = params.get("history")) {
    if (*text != "true" && *text != "false")
      return invalid("history=" + std::string(text->substr(0, 40)) + " is not accepted", "accepted: true, false");
    query.history = *text == "true";
  }
  if (const auto state = params.get("state")) {
    if (std::find(kStates.begin(), kStates.end(), *state) == kStates.end())
      return invalid("state=" + std::string(state->substr(0, 40)) + " is not accepted",
                     "accepted: firing, acked, resolved, retracted");
    query.state = *state;
    // They are nowhere but in the history.
    query.history = query.history || *state == "resolved" || *state == "retracted";
  }
  for (const auto& [name, into] : {std::pair{"rule", &query.rule}, std::pair{"meter", &query.meter}}) {
    const auto pattern = params.get(name);
    if (!pattern) continue;
    if (const auto ok = check_pattern(name, *pattern); !ok) return Failure(ok.error());
    *into = *pattern;
  }
  if (const auto ok = read_onset(params, query); !ok) return Failure(ok.error());
  return query;
}

/// At least 4 of the 16 digits, in lower case.
Result<std::string> alert_id_of(std::string_view text) {
  std::string id(text.substr(0, 40));
  for (char& c : id) c = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  const bool hex = id.find_first_not_of("0123456789abcdef") == id.npos;
  if (!hex || id.size() < 4 || id.size() > 16)
    return invalid("\"" + id + "\" is no id of an alert", "4 to 16 hex digits, as GET /api/v1/alerts lists them");
  return id;
}

Result<std::int64_t> silence_from(const JsonBody& body, std::int64_t now_ms) {
  const auto from = body.get("from");
  if (!from) return now_ms;
  return read_time("from", *from);
}

/// The end of a silence: "until", or "for" counted from its start. An end that nobody set is how alerts get lost.
Result<std::int64_t> silence_until(const JsonBody& body, std::int64_t from_ms, std::int64_t now_ms) {
  const auto until = body.get("until");
  const auto length = body.get("for");
  if (until.has_value() == length.has_value())
    return invalid(until ? "both \"until\" and \"for\" are given" : "the silence has no end",
                   "either \"until\":\"2026-02-11T18:00:00Z\" or \"for\":\"2h\"");
  std::int64_t until_ms = 0;
  if (until) {
    const auto time = read_time("until", *until);
    if (!time) return Failure(time.error());
    until_ms = *time;
  } else {
    const auto duration = parse_duration_ms(*length);
    if (!duration || *duration <= 0)
      return invalid("for=" + std::string(length->substr(0, 40)) + " is not a duration", "for example 30m, 2h or 7d");
    until_ms = from_ms + std::min(*duration, (AlertApi::kSilenceDaysMax + 1) * kMsPerDay);
  }
  if (until_ms <= from_ms || until_ms <= now_ms)
    return invalid("the silence ends at " + format_rfc3339(until_ms) + ", before it would do anything",
                   "an end later than its start and than now, " + format_rfc3339(now_ms));
  if (until_ms - from_ms > AlertApi::kSilenceDaysMax * kMsPerDay)
    return invalid("the silence is longer than " + std::to_string(AlertApi::kSilenceDaysMax) + " days",
                   "disable the rule instead: a version with disabled = true");
  return until_ms;
}

Result<alert::Silence> wanted_silence(const JsonBody& body, std::int64_t now_ms) {
  alert::Silence silence;
  if (!body.get("rule") && !body.get("meter"))
    return invalid("neither \"rule\" nor \"meter\" is given", "name one; to silence everything write \"rule\":\"*\"");
  silence.rule = body.get("rule").value_or("*");
  silence.meter = body.get("meter").value_or("*");
  if (const auto ok = check_pattern("rule", silence.rule); !ok) return Failure(ok.error());
  if (const auto ok = check_pattern("meter", silence.meter); !ok) return Failure(ok.error());
  const auto from = silence_from(body, now_ms);
  if (!from) return Failure(from.error());
  silence.from_ms = *from;
  const auto until = silence_until(body, *from, now_ms);
  if (!until) return Failure(until.error());
  silence.until_ms = *until;
  auto by = body.require("by", "who silences it, so that others know whom to ask");
  if (!by) return Failure(by.error());
  silence.by = std::move(*by);
  auto why = body.require("why", "the reason, for those who see the silence later");
  if (!why) return Failure(why.error());
  silence.why = std::move(*why);
  return silence;
}

void write_silence(JsonWriter& json, const alert::Silence& silence, std::int64_t now_ms) {
  json.begin_object().field("id", silence.id).field("rule", silence.rule).field("meter", silence.meter);
  json.field("from", format_rfc3339(silence.from_ms)).field("until", format_rfc3339(silence.until_ms));
  json.key("active").boolean(silence.from_ms <= now_ms && now_ms < silence.until_ms);
  json.field("by", silence.by).field("why", silence.why).end_object();
}

}  // namespace

Result<AlertQuery> AlertApi::query_of(const Request& request) {
  const auto params = Params::parse(request.query, kAlertsParams);
  if (!params) return Failure(params.error());
  return alert_query(*params);
}

Result<std::string> AlertApi::id_of(std::string_view text) {
  return alert_id_of(text);
}

Response AlertApi::alerts(const Request& request) const {
  const auto query = query_of(request);
  if (!query) return respond_to(query.error());
  const auto list = door_.alerts(*query);
  if (!list) return respond_to(list.error());
  Response response;
  JsonWriter json(response.body);
  json.begin_object().field("schema", "wattring.alerts/1").field("at", format_rfc3339(clock_.wall_ms()));
  json.array("alerts");
  for (const alert::Alert& alert : list->alerts) alert::write_alert(json, alert);
  json.end_array().key("total").count(list->total).end_object();
  response.body.push_back('\n');
  return response;
}

Response AlertApi::acknowledge(const Request& request, std::string_view id) const {
  if (const auto params = Params::parse(request.query, {}); !params) return respond_to(params.error());
  const auto wanted = alert_id_of(id);
  if (!wanted) return respond_to(wanted.error());
  const auto body = JsonBody::parse(request.body, kAckMembers);
  if (!body) return respond_to(body.error());
  const auto user = body->require("user", "who has seen the alert");
  if (!user) return respond_to(user.error());
  const auto acked = door_.acknowledge(*wanted, *user, body->get("note").value_or(""));
  if (!acked) return respond_to(acked.error());
  Response response;
  JsonWriter json(response.body);
  json.begin_object().field("schema", "wattring.alerts-ack/1").key("alert");
  alert::write_alert(json, *acked);
  json.end_object();
  response.body.push_back('\n');
  return response;
}

Response AlertApi::silences(const Request& request) const {
  if (const auto params = Params::parse(request.query, {}); !params) return respond_to(params.error());
  const auto silences = door_.silences();
  if (!silences) return respond_to(silences.error());
  const std::int64_t now_ms = clock_.wall_ms();
  Response response;
  JsonWriter json(response.body);
  json.begin_object().field("schema", "wattring.silences/1").field("at", format_rfc3339(now_ms)).array("silences");
  for (const alert::Silence& silence : *silences) write_silence(json, silence, now_ms);
  json.end_array().end_object();
  response.body.push_back('\n');
  return response;
}

Response AlertApi::silence(const Request& request) const {
  if (const auto params = Params::parse(request.query, {}); !params) return respond_to(params.error());
  const auto body = JsonBody::parse(request.body, kSilenceMembers);
  if (!body) return respond_to(body.error());
  const std::int64_t now_ms = clock_.wall_ms();
  auto wanted = wanted_silence(*body, now_ms);
  if (!wanted) return respond_to(wanted.error());
  const auto made = door_.silence(std::move(*wanted));
  if (!made) return respond_to(made.error());
  Response response;
  JsonWriter json(response.body);
  json.begin_object().field("schema", "wattring.alerts-mute/1").key("silence");
  write_silence(json, *made, now_ms);
  json.end_object();
  response.body.push_back('\n');
  return response;
}

Response AlertApi::unsilence(const Request& request, std::string_view id) const {
  if (const auto params = Params::parse(request.query, {}); !params) return respond_to(params.error());
  if (const auto done = door_.unsilence(id); !done) return respond_to(done.error());
  Response response;
  JsonWriter json(response.body);
  json.begin_object().field("schema", "wattring.alerts-unmute/1").field("removed", id).end_object();
  response.body.push_back('\n');
  return response;
}

}  // namespace wattring::http
