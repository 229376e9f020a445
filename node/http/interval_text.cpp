// SPDX-License-Identifier: Apache-2.0
#include "node/http/interval_text.hpp"

#include "base/json_writer.hpp"
#include "base/time.hpp"

namespace wattring::http {
namespace {

void write_interval(JsonWriter& json, const meter::Interval& interval) {
  json.begin_object().field("start", format_rfc3339(interval.start_ms)).field("end", format_rfc3339(interval.end_ms));
  json.key("value");
  if (interval.value) {
    json.integer(*interval.value);
  } else {
    json.null();
  }
  json.field("quality", meter::to_string(interval.quality)).key("method");
  if (interval.method != 0) {
    json.integer(interval.method);
  } else {
    json.null();
  }
  json.array("flags");
  for (const std::string_view flag : meter::flag_names(interval.flags)) json.string(flag);
  json.end_array().end_object();
}

}  // namespace

std::string intervals_json(const IntervalsQuery& query, const meter::RegisterInfo& info,
                           const IntervalsAnswer& answer) {
  std::string body;
  body.reserve(256 + answer.intervals.size() * 140);
  JsonWriter json(body);
  json.begin_object().field("meter", query.meter).field("register", format_obis(query.reg)).field("name", info.name);
  json.field("unit", meter::base_unit(info.dimension)).field("every", meter::to_string(query.every));
  json.field("tz", query.zone.name()).key("complete").boolean(answer.complete);
  json.field("as_of", format_rfc3339(answer.as_of_ms)).array("intervals");
  for (const meter::Interval& interval : answer.intervals) write_interval(json, interval);
  json.end_array().end_object();
  body.push_back('\n');
  return body;
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
  return out;
}

std::string intervals_csv(const IntervalsQuery& query, const meter::RegisterInfo& info, const IntervalsAnswer& answer) {
  const std::string prefix =
      csv_field(query.meter) + "," + format_obis(query.reg) + "," + std::string(meter::base_unit(info.dimension)) + ",";
  std::string body = "meter,register,unit,start,end,value,quality,method,flags\n";
  body.reserve(body.size() + answer.intervals.size() * (prefix.size() + 80));
  for (const meter::Interval& interval : answer.intervals) {
    body += prefix;
    body += format_rfc3339(interval.start_ms) + "," + format_rfc3339(interval.end_ms) + ",";
    if (interval.value) body += std::to_string(*interval.value);
    body.append(",").append(meter::to_string(interval.quality)).append(",");
    if (interval.method != 0) body += std::to_string(interval.method);
    body.push_back(',');
    std::string_view between;
    for (const std::string_view flag : meter::flag_names(interval.flags)) {
      body.append(between).append(flag);
      between = "|";
    }
    body.push_back('\n');
  }
  return body;
}

}  // namespace wattring::http
