// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/meter_api.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/fact.hpp"
#include "base/time.hpp"
#include "node/ctl/session.hpp"
#include "node/meter/registers.hpp"

namespace wattring::ctl {
namespace {

constexpr std::size_t kPageReadings = 10'000;

std::string meter_path(const std::string& meter) {
  return "/api/v1/meters/" + percent_encode(meter);
}

std::string span_query(const std::string& register_name, TimeSpan span) {
  return fmt::format("register={}&from={}&to={}", percent_encode(register_name), span.from_ms, span.to_ms);
}

/// Registers of one measured quantity C.8.E, by E ascending.
std::vector<std::string> registers_of(const Json& meter, unsigned quantity) {
  std::vector<std::string> total;
  std::vector<std::string> tariffs;
  for (const Json& one : meter["registers"].items()) {
    const auto reg = parse_obis(one["register"].string());
    if (!reg || reg->group(0) != 1 || reg->group(2) != quantity || reg->group(3) != 8) continue;
    (reg->group(4) == 0 ? total : tariffs).push_back(one["register"].string());
  }
  std::sort(tariffs.begin(), tariffs.end());
  return total.empty() ? tariffs : total;
}

}  // namespace

Outcome<meter::Zone> find_zone(const std::string& name) {
  auto zone = meter::Zone::find(name);
  if (!zone) return usage_trouble(zone.error().text() + "\n");
  return std::move(*zone);
}

Outcome<std::int64_t> parse_when(std::string_view text, std::int64_t now_ms, const meter::Zone& zone) {
  if (const auto time = parse_rfc3339(text)) return *time;
  if (text.starts_with('-')) {
    if (const auto back = parse_duration_ms(text.substr(1))) return now_ms - *back;
  }
  if (text.starts_with('+')) {
    if (const auto ahead = parse_duration_ms(text.substr(1))) return now_ms + *ahead;
  }
  // A day is the instant its local midnight names.
  if (text.size() == 10) {
    if (const auto midnight = parse_rfc3339(fmt::format("{}T00:00:00Z", text))) return zone.to_utc(*midnight).utc_ms;
  }
  return usage_trouble(fmt::format("\"{}\" is not a time: give 2026-02-11T13:00:00Z, 2026-02-11, -24h or +2h\n", text));
}

Outcome<TimeSpan> parse_span(const std::string& from, const std::string& to, std::int64_t otherwise_ms,
                             std::int64_t now_ms, const std::string& zone_name) {
  const auto zone = find_zone(zone_name);
  if (!zone) return tl::unexpected(zone.error());
  TimeSpan span{0, now_ms};
  if (!to.empty()) {
    const auto time = parse_when(to, now_ms, *zone);
    if (!time) return tl::unexpected(time.error());
    span.to_ms = *time;
  }
  span.from_ms = std::max<std::int64_t>(0, span.to_ms - otherwise_ms);
  if (!from.empty()) {
    const auto time = parse_when(from, now_ms, *zone);
    if (!time) return tl::unexpected(time.error());
    span.from_ms = *time;
  }
  if (span.from_ms >= span.to_ms) {
    return usage_trouble(
        fmt::format("--from {} is not before --to {}\n", format_rfc3339(span.from_ms), format_rfc3339(span.to_ms)));
  }
  return span;
}

Outcome<Json> fetch_meter(Session& session, const std::string& meter) {
  return session.get(meter_path(meter));
}

Outcome<Json> fetch_intervals(Session& session, const std::string& meter, const std::string& register_name,
                              std::string_view every, TimeSpan span, const std::string& zone) {
  return session.get(fmt::format("{}/intervals?{}&every={}&tz={}", meter_path(meter), span_query(register_name, span),
                                 every, percent_encode(zone)));
}

Outcome<bool> visit_readings(Session& session, const std::string& meter, const std::string& register_name,
                             TimeSpan span, const std::function<void(const Json&)>& visit) {
  bool complete = true;
  std::string after;
  while (true) {
    std::string target =
        fmt::format("{}/readings?{}&limit={}", meter_path(meter), span_query(register_name, span), kPageReadings);
    if (!after.empty()) target += "&after=" + percent_encode(after);
    const auto page = session.get(target);
    if (!page) return tl::unexpected(page.error());
    complete = complete && (*page)["complete"].boolean(true);
    for (const Json& reading : (*page)["readings"].items()) visit(reading);
    const std::string& next = (*page)["next"].string();
    if (next.empty() || next == after) return complete;
    after = next;
  }
}

std::vector<std::string> energy_registers(const Json& meter, Direction direction) {
  return registers_of(meter, direction == Direction::imported ? 1 : 2);
}

std::vector<std::string> cumulative_registers(const Json& meter) {
  std::vector<std::string> found;
  for (const Json& one : meter["registers"].items()) {
    const auto reg = parse_obis(one["register"].string());
    const meter::RegisterInfo* info = reg ? meter::find_register(*reg) : nullptr;
    if (info != nullptr && info->kind == meter::Kind::cumulative) found.push_back(one["register"].string());
  }
  return found;
}

std::string flags_text(const Json& flags, std::string_view otherwise) {
  std::string text;
  for (const Json& flag : flags.items()) text += (text.empty() ? "" : "|") + flag.string();
  return text.empty() ? std::string(otherwise) : text;
}

}  // namespace wattring::ctl
