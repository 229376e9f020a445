// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "node/ctl/commands/alerts.hpp"
#include "node/ctl/commands/commands.hpp"
#include "node/ctl/meter_api.hpp"
#include "node/ctl/output.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

constexpr std::int64_t kQuarterMs = 15 * kMsPerMinute;

/// What the intervals since the local midnight and of the last 24 hours say about one direction.
struct Energy {
  std::vector<std::string> registers;
  std::optional<double> today_wh;                 ///< nothing when no quarter-hour of today has a value
  std::map<std::int64_t, std::string> qualities;  ///< of today's quarter-hours, by start: the worst of its registers
  std::map<std::string, std::set<std::int64_t>> flags;  ///< starts of today's quarter-hours that have the flag
  std::vector<std::optional<double>> hourly_w;          ///< mean power of each of the last 24 hours
  bool complete = true;
};

struct Window {
  std::int64_t today_ms;  ///< local midnight
  std::int64_t hours_ms;  ///< start of the first of the 24 hours
  std::int64_t to_ms;     ///< end of the running quarter-hour
};

std::string kwh_text(const std::optional<double>& wh) {
  return wh ? grouped(*wh / 1000, 3) + " kWh" : "no value";
}

/// How far a value is from a measured one.
int badness(const std::string& quality) {
  static const std::vector<std::string> kOrder{"", "actual", "edited", "interpolated", "estimated", "missing"};
  return static_cast<int>(std::find(kOrder.begin(), kOrder.end(), quality) - kOrder.begin());
}

void add_interval(Energy& energy, const Json& interval, const Window& window, std::vector<std::int64_t>& covered_ms) {
  const auto start = parse_rfc3339(interval["start"].string());
  const auto end = parse_rfc3339(interval["end"].string());
  if (!start || !end || *end <= *start) return;
  if (*start >= window.today_ms) {
    if (!interval["value"].is_null()) energy.today_wh = energy.today_wh.value_or(0) + interval["value"].number();
    std::string& quality = energy.qualities[*start];
    if (badness(interval["quality"].string()) >= badness(quality)) quality = interval["quality"].string();
    for (const Json& flag : interval["flags"].items()) energy.flags[flag.string()].insert(*start);
  }
  if (*start < window.hours_ms || interval["value"].is_null()) return;
  const auto hour = static_cast<std::size_t>((*start - window.hours_ms) / kMsPerHour);
  if (hour >= energy.hourly_w.size()) return;
  // Wh summed here; power follows when it is known how much of the hour is covered.
  energy.hourly_w[hour] = energy.hourly_w[hour].value_or(0) + interval["value"].number();
  covered_ms[hour] += *end - *start;
}

Outcome<Energy> energy_of(Session& session, const Json& meter, Direction direction, const Window& window) {
  Energy energy;
  energy.registers = energy_registers(meter, direction);
  energy.hourly_w.resize(24);
  std::vector<std::int64_t> covered_ms(24, 0);
  const TimeSpan span{std::min(window.today_ms, window.hours_ms), window.to_ms};
  for (const std::string& reg : energy.registers) {
    const auto body = fetch_intervals(session, meter["meter"].string(), reg, "15m", span, session.globals().zone);
    if (!body) return tl::unexpected(body.error());
    energy.complete = energy.complete && (*body)["complete"].boolean(true);
    for (const Json& interval : (*body)["intervals"].items()) add_interval(energy, interval, window, covered_ms);
  }
  for (std::size_t hour = 0; hour < energy.hourly_w.size(); ++hour) {
    if (!energy.hourly_w[hour]) continue;
    const double hours =
        static_cast<double>(covered_ms[hour]) / static_cast<double>(energy.registers.size()) / kMsPerHour;
    energy.hourly_w[hour] = *energy.hourly_w[hour] / hours;
  }
  return energy;
}

std::map<std::string, std::size_t> quality_counts(const Energy& energy) {
  std::map<std::string, std::size_t> counts;
  for (const auto& [start, quality] : energy.qualities) ++counts[quality];
  return counts;
}

std::map<std::string, std::size_t> flag_counts(const Energy& energy) {
  std::map<std::string, std::size_t> counts;
  for (const auto& [flag, starts] : energy.flags) counts[flag] = starts.size();
  return counts;
}

std::string counted(const std::map<std::string, std::size_t>& counts) {
  std::string text;
  for (const auto& [name, n] : counts) text += fmt::format("{}{} {}", text.empty() ? "" : "   ", n, name);
  return text;
}

std::string register_lines(const Json& meter) {
  Table table({{"  REGISTER"}, {"NAME"}, {"VALUE", Table::Align::right}, {"QUALITY"}, {"AT"}});
  for (const Json& one : meter["registers"].items()) {
    table.add({"  " + one["register"].string(), one["name"].string(),
               value_text(one["last_value"], one["unit"].string()), one["last_quality"].string(),
               time_text(one["last_time"].string())});
  }
  return table.text();
}

/// Nothing when the node cannot say.
std::string alert_lines(const Json& meter, const Globals& globals) {
  if (!meter["alerts"].is_array()) return {};
  const auto& alerts = meter["alerts"].items();
  if (alerts.empty()) return "Alerts    none\n";
  std::string text = fmt::format("Alerts    {} open\n", alerts.size());
  for (const Json& alert : alerts) {
    const std::string& phase = alert["phase"].string();
    const std::string& user = alert["acked_by"].string();
    text += fmt::format("  ! {}  {}{}  since {}{}  {}\n", painted_severity(alert["severity"].string(), globals),
                        alert["rule"].string(), phase.empty() ? "" : " " + phase, time_text(alert["since"].string()),
                        user.empty() ? "" : ", acked by " + user, alert["id"].string().substr(0, kShortIdDigits));
  }
  return text;
}

std::string spark_line(const Energy& energy, bool utf8) {
  double low = 0;
  double high = 0;
  bool any = false;
  for (const auto& watts : energy.hourly_w) {
    if (!watts) continue;
    low = any ? std::min(low, *watts) : *watts;
    high = any ? std::max(high, *watts) : *watts;
    any = true;
  }
  if (!any) return {};
  return fmt::format("kW 24 h   {:.1f} {} {:.1f}\n", low / 1000, sparkline(energy.hourly_w, utf8), high / 1000);
}

std::string text_of(const Json& meter, const Energy& in, const Energy& out, std::int64_t now_ms,
                    const Globals& globals) {
  std::string text = meter["meter"].string();
  if (meter["shard"].is_integer()) text += fmt::format("   shard {}", meter["shard"].integer());
  if (!meter["home"].string().empty()) text += fmt::format(" on {}", meter["home"].string());
  if (!in.complete || !out.complete) text += "   INCOMPLETE: some acknowledged readings are not counted yet";
  text += "\n\n";
  if (const auto last = parse_rfc3339(meter["last_time"].string())) {
    const std::string age =
        *last <= now_ms ? age_text((now_ms - *last) / kMsPerSecond) + " ago" : "ahead of this clock";
    text += fmt::format("Last      {}   {}\n", time_text(meter["last_time"].string()), age);
  }
  if (!meter["erased_before"].string().empty())
    text += fmt::format("Erased    before {}, for good\n", time_text(meter["erased_before"].string()));
  text += alert_lines(meter, globals) + register_lines(meter);
  if (in.registers.empty() && out.registers.empty()) return text + "No energy register: no daily sum.\n";
  text += fmt::format("Today     {} imported", kwh_text(in.today_wh));
  if (!out.registers.empty()) text += fmt::format("   {} exported", kwh_text(out.today_wh));
  text += fmt::format("   since midnight, {}\n", globals.zone);
  const Energy& judged = in.registers.empty() ? out : in;
  if (!judged.qualities.empty())
    text += fmt::format("Quality   quarter-hours today: {}\n", counted(quality_counts(judged)));
  text += fmt::format("Flags     {}\n", judged.flags.empty() ? "none" : counted(flag_counts(judged)));
  return text + spark_line(judged, globals.utf8);
}

Json energy_document(const Energy& energy) {
  Json document;
  Json registers = Json::Array{};
  for (const std::string& reg : energy.registers) registers.push(Json(reg));
  document.set("registers", std::move(registers)).set("today_wh", energy.today_wh ? Json(*energy.today_wh) : Json());
  Json qualities = Json::Object{};
  for (const auto& [name, n] : quality_counts(energy)) qualities.set(name, n);
  Json flags = Json::Object{};
  for (const auto& [name, n] : flag_counts(energy)) flags.set(name, n);
  Json hours = Json::Array{};
  for (const auto& watts : energy.hourly_w) hours.push(watts ? Json(*watts) : Json());
  return document.set("today_qualities", std::move(qualities))
      .set("today_flags", std::move(flags))
      .set("mean_w_of_last_24_hours", std::move(hours))
      .set("complete", energy.complete);
}

}  // namespace

Outcome<Answer> meter_show(Session& session, const std::string& id) {
  const auto meter = fetch_meter(session, id);
  if (!meter) return tl::unexpected(meter.error());
  const auto zone = find_zone(session.globals().zone);
  if (!zone) return tl::unexpected(zone.error());
  const std::int64_t now_ms = session.context().clock.wall_ms();
  const std::int64_t to_ms = floor_to(now_ms, kQuarterMs) + kQuarterMs;
  const Window window{zone->local_day(now_ms).begin_ms, floor_to(now_ms, kMsPerHour) - 23 * kMsPerHour, to_ms};
  const auto in = energy_of(session, *meter, Direction::imported, window);
  if (!in) return tl::unexpected(in.error());
  const auto out = energy_of(session, *meter, Direction::exported, window);
  if (!out) return tl::unexpected(out.error());
  Answer answer;
  answer.text = text_of(*meter, *in, *out, now_ms, session.globals());
  answer.document.set("schema", "wattring.meter-show/1").set("at", format_rfc3339(now_ms));
  answer.document.set("tz", session.globals().zone);
  for (const auto& [name, value] : meter->members()) answer.document.set(name, value);
  answer.document.set("imported", energy_document(*in)).set("exported", energy_document(*out));
  answer.csv = flattened(answer.document);
  return answer;
}

}  // namespace wattring::ctl
