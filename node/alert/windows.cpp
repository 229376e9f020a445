// SPDX-License-Identifier: Apache-2.0
#include "node/alert/windows.hpp"

#include <algorithm>
#include <iterator>

#include "node/alert/points_parts.hpp"
#include "node/meter/registers.hpp"
#include "node/meter/zone.hpp"

namespace wattring::alert {
namespace {

constexpr std::int64_t kQuarter = 15 * kMsPerMinute;
constexpr std::int64_t kNightEndsAt = 5 * kMsPerHour;

bool is_text(Register reg) {
  const meter::RegisterInfo* info = meter::find_register(reg);
  return info != nullptr && info->kind == meter::Kind::event;
}

}  // namespace

Result<std::int64_t> next_window_end_ms(const Rule& rule, std::int64_t time_ms) {
  if (rule.kind == RuleKind::imbalance) return floor_to(time_ms, 10 * kMsPerMinute) + 10 * kMsPerMinute;
  if (!is_daily_kind(rule.kind)) return floor_to(time_ms, kQuarter) + kQuarter;
  const auto zone = meter::Zone::find(rule.zone);
  if (!zone) return tl::unexpected(zone.error());
  const meter::Zone::Span day = zone->local_day(time_ms);
  if (rule.kind == RuleKind::sudden_drop) return day.end_ms;
  const auto night_end = [&](std::int64_t midnight_ms) {
    return zone->to_utc(zone->to_local_ms(midnight_ms) + kNightEndsAt).utc_ms;
  };
  const std::int64_t today = night_end(day.begin_ms);
  return today > time_ms ? today : night_end(day.end_ms);
}

Result<std::int64_t> window_end_ms(const Rule& rule, std::int64_t time_ms) {
  auto end = next_window_end_ms(rule, time_ms);
  if (end && rule.kind == RuleKind::interval_threshold) *end += (std::int64_t{rule.intervals} - 1) * kQuarter;
  return end;
}

Result<std::optional<std::int64_t>> first_fact_after(MeterHistory& data, Register reg, std::int64_t time_ms) {
  if (!data.has(reg) || data.newest_ms(reg) <= time_ms) return std::nullopt;
  const auto facts = data.facts(reg, time_ms + 1, data.newest_ms(reg) + 1);
  if (!facts) return tl::unexpected(facts.error());
  if (facts->empty()) return std::nullopt;
  return facts->front().start_ms;
}

Result<std::optional<std::int64_t>> first_repeat_after(MeterHistory& data, Register reg, std::int64_t time_ms) {
  if (!data.has(reg) || data.newest_ms(reg) <= time_ms) return std::nullopt;
  auto facts = data.before(reg, time_ms + 1, kPredecessorMs);
  if (!facts) return tl::unexpected(facts.error());
  const auto behind = data.facts(reg, time_ms + 1, data.newest_ms(reg) + 1);
  if (!behind) return tl::unexpected(behind.error());
  facts->insert(facts->end(), behind->begin(), behind->end());
  const auto same = [](const Fact& a, const Fact& b) { return a.value == b.value; };
  const auto first = std::adjacent_find(facts->begin(), facts->end(), same);
  if (first == facts->end()) return std::nullopt;
  return std::next(first)->start_ms;
}

Result<std::optional<std::int64_t>> first_reading_after(MeterHistory& data, std::int64_t time_ms) {
  std::optional<std::int64_t> first;
  for (const Register reg : data.registers()) {
    if (is_text(reg)) continue;
    auto fact_ms = first_fact_after(data, reg, time_ms);
    if (!fact_ms) return fact_ms;
    if (*fact_ms && (!first || **fact_ms < *first)) first = **fact_ms;
  }
  return first;
}

}  // namespace wattring::alert
