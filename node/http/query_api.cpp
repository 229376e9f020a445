// SPDX-License-Identifier: Apache-2.0
#include "node/http/query_api.hpp"

#include <algorithm>
#include <array>

#include "base/limits.hpp"
#include "node/alert/payload.hpp"
#include "node/http/answers.hpp"
#include "node/http/interval_text.hpp"
#include "node/http/params.hpp"

namespace wattring::http {
namespace {

constexpr std::int64_t kLongest = QueryApi::kRangeDaysMax * kMsPerDay;
constexpr std::array<std::string_view, 2> kMeterParams{"level", "token"};
constexpr std::array<std::string_view, 3> kMetersParams{"prefix", "limit", "after"};
constexpr std::array<std::string_view, 7> kReadingsParams{"register", "from", "to", "level", "token", "limit", "after"};
constexpr std::array<std::string_view, 8> kIntervalsParams{"register", "from",   "to",    "every",
                                                           "tz",       "format", "level", "token"};

void write_value(JsonWriter& json, std::string_view name, const Fact& fact, std::string_view text) {
  const meter::RegisterInfo* info = meter::find_register(fact.reg);
  json.key(name);
  if (fact.quality == Quality::missing) {
    json.null();
  } else if (info != nullptr && info->dimension == meter::Dimension::text) {
    json.string(text);
  } else {
    json.integer(fact.value);
  }
}

void write_unit(JsonWriter& json, const meter::RegisterInfo* info) {
  json.key("unit");
  if (info == nullptr || info->dimension == meter::Dimension::text) {
    json.null();
  } else {
    json.string(meter::base_unit(info->dimension));
  }
}

void write_register(JsonWriter& json, const RegisterSummary& summary) {
  const meter::RegisterInfo* info = meter::find_register(summary.reg);
  Fact last;
  last.reg = summary.reg;
  last.value = summary.last_value;
  last.quality = summary.last_quality;
  json.begin_object().field("register", format_obis(summary.reg)).key("name");
  if (info == nullptr) {
    json.null();
  } else {
    json.string(info->name);
  }
  write_unit(json, info);
  json.field("last_time", format_rfc3339(summary.last_time_ms));
  write_value(json, "last_value", last, summary.last_text);
  json.field("last_quality", api_quality(summary.last_quality)).end_object();
}

void write_reading(JsonWriter& json, const ReadingRow& row) {
  const Fact& fact = row.fact;
  json.begin_object().field("time", format_rfc3339(fact.start_ms));
  if (fact.start_ms != fact.end_ms) json.field("end", format_rfc3339(fact.end_ms));
  write_value(json, "value", fact, row.text);
  json.field("quality", api_quality(fact.quality)).array("flags");
  if (row.conflict) json.string("conflict");
  if ((fact.flags & kFlagRounded) != 0) json.string("rounded");
  if ((fact.flags & kFlagReceiveTime) != 0) json.string("receive_time");
  if ((fact.flags & kFlagTimeAmbiguous) != 0) json.string("time_ambiguous");
  if (fact.quality == Quality::validated || fact.quality == Quality::substituted) json.string(to_string(fact.quality));
  json.end_array().end_object();
}

std::string render_readings(const ReadingsQuery& query, const meter::RegisterInfo& info, const ReadingsAnswer& answer) {
  std::string body;
  body.reserve(256 + answer.rows.size() * 80);
  JsonWriter json(body);
  json.begin_object().field("meter", query.meter).field("register", format_obis(query.reg)).field("name", info.name);
  write_unit(json, &info);
  json.key("complete").boolean(answer.complete).field("as_of", format_rfc3339(answer.as_of_ms)).array("readings");
  for (const ReadingRow& row : answer.rows) write_reading(json, row);
  json.end_array().key("next");
  if (answer.next_ms) {
    json.string(format_rfc3339(*answer.next_ms));
  } else {
    json.null();
  }
  json.end_object();
  body.push_back('\n');
  return body;
}

std::int64_t span_max_ms(meter::Every every) {
  switch (every) {
    case meter::Every::quarter_hour:
      return std::min(kLongest, QueryApi::kIntervalsMax * 15 * kMsPerMinute);
    case meter::Every::hour:
      return std::min(kLongest, QueryApi::kIntervalsMax * kMsPerHour);
    default:
      return kLongest;
  }
}

Result<bool> wants_csv(const Params& params, const Request& request) {
  const auto format = params.get("format");
  if (!format) return request.accept.starts_with("text/csv");
  if (*format == "json") return false;
  if (*format == "csv") return true;
  return invalid("format=" + std::string(format->substr(0, 40)) + " is not accepted", "accepted: json, csv");
}

Result<ReadingsQuery> readings_query(const Params& params, std::string_view id, const meter::RegisterInfo& info,
                                     std::int64_t now_ms) {
  const auto range = read_range(params, now_ms, QueryApi::kRangeDaysMax * kMsPerDay);
  if (!range) return tl::unexpected(range.error());
  const auto limit = read_limit(params, QueryApi::kReadingsDefault, QueryApi::kReadingsMax);
  if (!limit) return tl::unexpected(limit.error());
  ReadingsQuery query{std::string(id), info.reg, range->from_ms, range->to_ms, *limit};
  if (const auto after = params.get("after")) {
    const auto next = read_time("after", *after);
    if (!next) return tl::unexpected(next.error());
    query.from_ms = std::max(query.from_ms, *next);
  }
  if (query.from_ms >= query.to_ms)
    return invalid("after " + format_rfc3339(query.from_ms) + " is not before to " + format_rfc3339(query.to_ms),
                   "give \"next\" of the page before as \"after\", and the same \"to\"");
  return query;
}

Result<IntervalsQuery> intervals_query(const Params& params, std::string_view id, const meter::RegisterInfo& info,
                                       std::int64_t now_ms) {
  IntervalsQuery query;
  query.meter = id;
  query.reg = info.reg;
  if (const auto every = params.get("every")) {
    const auto parsed = meter::parse_every(*every);
    if (!parsed)
      return invalid("every=" + std::string(every->substr(0, 40)) + " is not accepted", "accepted: 15m, 1h, 1d, 1mo");
    query.every = *parsed;
  }
  if (const auto tz = params.get("tz")) {
    auto zone = meter::Zone::find(*tz);
    if (!zone) return invalid(zone.error().message, zone.error().hint);
    query.zone = *zone;
  }
  const auto range = read_range(params, now_ms, span_max_ms(query.every));
  if (!range) return tl::unexpected(range.error());
  query.from_ms = range->from_ms;
  query.to_ms = range->to_ms;
  return query;
}

/// Who has not heard everything does not say that there is no such meter.
Error unless_incomplete(const Error& error, const Standing& standing) {
  if (error.code != ErrorCode::not_found || standing.complete) return error;
  return {ErrorCode::busy, error.message + " on the nodes that can be reached, and they are too few to be sure",
          "wattringctl status shows which nodes are away; ask again when they are back"};
}

/// An answer includes no more than what this node could make sure of.
template <class Answer>
void limit_to(Answer& answer, const Standing& standing) {
  answer.complete = answer.complete && standing.complete;
  answer.as_of_ms = std::min(answer.as_of_ms, standing.as_of_ms);
}

}  // namespace

std::string_view api_quality(Quality quality) {
  switch (quality) {
    case Quality::missing:
      return "missing";
    case Quality::estimated:
    case Quality::substituted:
      return "estimated";
    case Quality::edited:
      return "edited";
    default:
      return "actual";
  }
}

Response respond_to(const Error& error) {
  switch (error.code) {
    case ErrorCode::invalid_argument:
      return error_response(400, {"BAD_REQUEST", error.message, error.hint});
    case ErrorCode::not_found:
      return error_response(404, {"NOT_FOUND", error.message, error.hint});
    case ErrorCode::busy:
      return retry_response({"BUSY", error.message, error.hint}, 1000);
    case ErrorCode::no_space:
      return retry_response({"DISK_RESERVE", error.message, error.hint}, 10'000);
    default:
      return error_response(500, {"INTERNAL", error.message, error.hint});
  }
}

Response QueryApi::meters(const Request& request) const {
  const auto params = Params::parse(request.query, kMetersParams);
  if (!params) return respond_to(params.error());
  const auto limit = read_limit(*params, kMetersDefault, kMetersMax);
  if (!limit) return respond_to(limit.error());
  const auto page = door_.meters(params->get("prefix").value_or(""), params->get("after").value_or(""), *limit);
  if (!page) return respond_to(page.error());
  Response response;
  JsonWriter json(response.body);
  json.begin_object().array("meters");
  for (const MeterSummary& meter : page->meters) {
    json.begin_object().field("meter", meter.id).array("registers");
    for (const RegisterSummary& summary : meter.registers) json.string(format_obis(summary.reg));
    json.end_array().field("last_time", format_rfc3339(meter.last_time_ms)).end_object();
  }
  json.end_array().key("next");
  if (page->next) {
    json.string(*page->next);
  } else {
    json.null();
  }
  json.end_object();
  response.body.push_back('\n');
  return reads_.gather_meters(request, std::move(response), *limit);
}

Response QueryApi::meter(const Request& request, std::string_view id) const {
  const auto params = Params::parse(request.query, kMeterParams);
  if (!params) return respond_to(params.error());
  const auto wanted = read_consistency(*params);
  if (!wanted) return respond_to(wanted.error());
  if (auto elsewhere = reads_.ask_owner(request, id, wanted->level)) return std::move(*elsewhere);
  const auto standing = reads_.stand(id, *wanted, clock_.wall_ms());
  if (!standing) return respond_to(standing.error());
  return meter_here(id, *standing);
}

Response QueryApi::meter_here(std::string_view id, const Standing& standing) const {
  const auto meter = door_.meter(id);
  if (!meter) return respond_to(unless_incomplete(meter.error(), standing));
  Response response;
  JsonWriter json(response.body);
  json.begin_object().field("meter", meter->id).key("shard").integer(meter->shard).field("home", node_name_);
  json.field("last_time", format_rfc3339(meter->last_time_ms)).array("registers");
  for (const RegisterSummary& summary : meter->registers) write_register(json, summary);
  json.end_array();
  json.key("erased_before");
  if (meter->erased_before_ms) {
    json.string(format_rfc3339(*meter->erased_before_ms));
  } else {
    json.null();
  }
  write_open_alerts(json, meter->id);
  json.end_object();
  response.body.push_back('\n');
  return response;
}

/// Null when the node cannot say; the meter itself is shown all the same.
void QueryApi::write_open_alerts(JsonWriter& json, std::string_view id) const {
  if (alerts_ == nullptr) {
    json.key("alerts").null();
    return;
  }
  AlertQuery query;
  query.meter = id;
  const auto list = alerts_->alerts(query);
  if (!list) {
    json.key("alerts").null();
    return;
  }
  json.array("alerts");
  // An id may look like a pattern.
  for (const alert::Alert& alert : list->alerts)
    if (alert.meter == id) alert::write_alert(json, alert);
  json.end_array();
}

Response QueryApi::readings(const Request& request, std::string_view id) const {
  const auto params = Params::parse(request.query, kReadingsParams);
  if (!params) return respond_to(params.error());
  const auto wanted = read_consistency(*params);
  if (!wanted) return respond_to(wanted.error());
  const auto name = read_register(*params);
  if (!name) return respond_to(name.error());
  const auto query = readings_query(*params, id, *name->info, clock_.wall_ms());
  if (!query) return respond_to(query.error());
  if (auto elsewhere = reads_.ask_owner(request, id, wanted->level)) return std::move(*elsewhere);
  const auto standing = reads_.stand(id, *wanted, clock_.wall_ms());
  if (!standing) return respond_to(standing.error());
  return reads_.or_better(request, id, wanted->level, readings_here(*query, *name->info, *standing));
}

Response QueryApi::readings_here(const ReadingsQuery& query, const meter::RegisterInfo& info,
                                 const Standing& standing) const {
  auto answer = door_.readings(query);
  if (!answer) return respond_to(unless_incomplete(answer.error(), standing));
  Response response;
  if (!answer->complete) response.headers.emplace_back(ClusterReads::kDamagedHeader, "true");
  limit_to(*answer, standing);
  response.body = render_readings(query, info, *answer);
  return response;
}

Response QueryApi::intervals(const Request& request, std::string_view id) const {
  const auto params = Params::parse(request.query, kIntervalsParams);
  if (!params) return respond_to(params.error());
  const auto wanted = read_consistency(*params);
  if (!wanted) return respond_to(wanted.error());
  const auto name = read_register(*params);
  if (!name) return respond_to(name.error());
  const auto csv = wants_csv(*params, request);
  if (!csv) return respond_to(csv.error());
  const auto query = intervals_query(*params, id, *name->info, clock_.wall_ms());
  if (!query) return respond_to(query.error());
  if (auto elsewhere = reads_.ask_owner(request, id, wanted->level)) return std::move(*elsewhere);
  const auto standing = reads_.stand(id, *wanted, clock_.wall_ms());
  if (!standing) return respond_to(standing.error());
  return reads_.or_better(request, id, wanted->level, intervals_here(*query, *name->info, *csv, *standing));
}

Response QueryApi::intervals_here(const IntervalsQuery& query, const meter::RegisterInfo& info, bool csv,
                                  const Standing& standing) const {
  auto answer = door_.intervals(query);
  if (!answer) return respond_to(unless_incomplete(answer.error(), standing));
  Response response;
  if (!answer->complete) response.headers.emplace_back(ClusterReads::kDamagedHeader, "true");
  limit_to(*answer, standing);
  if (!csv) {
    response.body = intervals_json(query, info, *answer);
    return response;
  }
  response.content_type = "text/csv; charset=utf-8";
  response.headers.emplace_back("X-Wattring-Complete", answer->complete ? "true" : "false");
  response.headers.emplace_back("X-Wattring-As-Of", format_rfc3339(answer->as_of_ms));
  response.body = intervals_csv(query, info, *answer);
  return response;
}

}  // namespace wattring::http
