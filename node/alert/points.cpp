// SPDX-License-Identifier: Apache-2.0
#include "node/alert/points.hpp"

#include <algorithm>
#include <array>

#include "node/alert/points_parts.hpp"

namespace wattring::alert {
namespace {

constexpr std::array<std::string_view, 4> kPhases{"", "L1", "L2", "L3"};
constexpr std::array<std::string_view, 4> kImports{"", "1.8.0", "1.8.1", "1.8.2"};
// Some 3,000 years: sums of such times and of windows stay in 64 bits.
constexpr std::int64_t kTimeMax = 100'000'000'000'000;

/// 1-0:C.7.0 of the phases L1, L2 and L3.
std::vector<Register> phases_of(unsigned c) {
  return {obis(1, 0, c, 7, 0), obis(1, 0, c + 20, 7, 0), obis(1, 0, c + 40, 7, 0)};
}

PointRange range_of(const Rule& rule, std::int64_t from_ms, std::int64_t to_ms, std::int64_t now_ms) {
  PointRange range{std::clamp(from_ms, -kTimeMax, kTimeMax), std::clamp(to_ms, -kTimeMax, kTimeMax)};
  if (is_window_kind(rule.kind))
    range.to_ms = std::min(range.to_ms, std::clamp(now_ms, -kTimeMax, kTimeMax) - rule.grace_ms + 1);
  return range;
}

Result<Points> points_of(const Rule& rule, MeterData& data, PointRange range) {
  switch (rule.kind) {
    case RuleKind::increase:
      return increase_points(rule, data, range);
    case RuleKind::peak_projection:
      return peak_points(rule, data, range);
    case RuleKind::interval_threshold:
      return interval_points(rule, data, range);
    case RuleKind::imbalance:
      return imbalance_points(rule, data, range);
    case RuleKind::night_baseline:
    case RuleKind::sudden_drop:
      return daily_points(rule, data, range);
    case RuleKind::rollback:
      return rollback_points(rule, data, range);
    case RuleKind::stuck_register:
      return stuck_points(rule, data, range);
    case RuleKind::quarantined:
    case RuleKind::no_data:
      return Points{};
    default:
      return momentary_points(rule, data, range);
  }
}

}  // namespace

std::string_view phase_name(RuleKind kind, Phase phase) {
  return (kind == RuleKind::rollback ? kImports : kPhases).at(phase);
}

std::vector<Register> inputs_of(const Rule& rule) {
  switch (rule.kind) {
    case RuleKind::threshold:
    case RuleKind::increase:
    case RuleKind::interval_threshold:
      return {rule.reg};
    case RuleKind::over_power:
      return {kPower};
    case RuleKind::reverse_flow:
      return {kExportPower};
    case RuleKind::voltage_sag:
    case RuleKind::voltage_swell:
    case RuleKind::missing_phase:
      return phases_of(32);
    case RuleKind::clock_drift:
      return {kClockDrift};
    case RuleKind::bad_frames:
      return {kBadFrames};
    case RuleKind::peak_projection:
      return {kPower, kDemand, kMonthPeak};
    case RuleKind::imbalance:
      return phases_of(rule.of_current ? 31 : 32);
    case RuleKind::night_baseline:
    case RuleKind::sudden_drop:
      return {kImportTotal, kImportTariff1, kImportTariff2};
    case RuleKind::rollback:
      if (rule.reg.packed != 0) return {rule.reg};
      return {kImportTotal, kImportTariff1, kImportTariff2};
    case RuleKind::stuck_register:
      return {rule.reg, kPower};
    case RuleKind::quarantined:
    case RuleKind::no_data:
      break;
  }
  return {};
}

Result<Points> derive_points(const Rule& rule, MeterData& data, std::int64_t from_ms, std::int64_t to_ms,
                             std::int64_t now_ms) {
  const PointRange range = range_of(rule, from_ms, to_ms, now_ms);
  if (range.from_ms >= range.to_ms) return Points{};
  Result<Points> points = points_of(rule, data, range);
  if (!points) return points;
  std::stable_sort(points->begin(), points->end(), [](const Point& a, const Point& b) {
    return a.at_ms != b.at_ms ? a.at_ms < b.at_ms : a.phase < b.phase;
  });
  return points;
}

}  // namespace wattring::alert
