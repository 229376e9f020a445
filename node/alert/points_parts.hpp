// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/time.hpp"
#include "node/alert/points.hpp"
#include "node/meter/wide.hpp"

/// What the formulas of the kinds share; for points_*.cpp alone.

namespace wattring::alert {

using Points = std::vector<Point>;

inline constexpr std::int64_t kQuarterMs = 15 * kMsPerMinute;
inline constexpr std::int64_t kImbalanceWindowMs = 10 * kMsPerMinute;
/// A reading farther back is no predecessor.
inline constexpr std::int64_t kPredecessorMs = 32 * kMsPerDay;
/// How far back a register that stands still is looked at.
inline constexpr std::int64_t kStretchMs = 26 * kMsPerHour;
/// How long a power reading counts when none follows.
inline constexpr std::int64_t kPowerHoldsMs = 15 * kMsPerMinute;
inline constexpr std::int64_t kNightsBack = 28;

inline constexpr Register kPower = obis(1, 0, 1, 7, 0);
inline constexpr Register kExportPower = obis(1, 0, 2, 7, 0);
inline constexpr Register kDemand = obis(1, 0, 1, 4, 0);
inline constexpr Register kMonthPeak = obis(1, 0, 1, 6, 0);
inline constexpr Register kImportTotal = obis(1, 0, 1, 8, 0);
inline constexpr Register kImportTariff1 = obis(1, 0, 1, 8, 1);
inline constexpr Register kImportTariff2 = obis(1, 0, 1, 8, 2);
inline constexpr Register kClockDrift = obis(0, 0, 199, 128, 1);
inline constexpr Register kBadFrames = obis(0, 0, 199, 128, 2);

/// Points with a time in [from, to) are asked for; `to` is cut where the grace of a window kind is not over.
struct PointRange {
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
  [[nodiscard]] bool has(std::int64_t at_ms) const { return at_ms >= from_ms && at_ms < to_ms; }
};

[[nodiscard]] constexpr std::int64_t saturated(meter::Wide value) {
  using Limits = std::numeric_limits<std::int64_t>;
  if (value > Limits::max()) return Limits::max();
  if (value < Limits::min()) return Limits::min();
  return static_cast<std::int64_t>(value);
}

[[nodiscard]] constexpr Point point_of(const Rule& rule, std::int64_t at_ms, std::int64_t x, Phase phase = 0) {
  return {at_ms, x, phase, rule.below ? x < rule.fire : x > rule.fire, rule.below ? x >= rule.clear : x <= rule.clear};
}

/// A value that stays as it is: whatever comes, it covers the whole interval.
[[nodiscard]] constexpr bool is_known(const meter::Interval& interval) {
  return interval.value && (interval.flags & (meter::kIntervalPending | meter::kIntervalPartial)) == 0;
}

// One formula or two a file.
[[nodiscard]] Result<Points> momentary_points(const Rule& rule, MeterData& data, PointRange range);
[[nodiscard]] Result<Points> increase_points(const Rule& rule, MeterData& data, PointRange range);
[[nodiscard]] Result<Points> peak_points(const Rule& rule, MeterData& data, PointRange range);
[[nodiscard]] Result<Points> interval_points(const Rule& rule, MeterData& data, PointRange range);
[[nodiscard]] Result<Points> rollback_points(const Rule& rule, MeterData& data, PointRange range);
[[nodiscard]] Result<Points> imbalance_points(const Rule& rule, MeterData& data, PointRange range);
[[nodiscard]] Result<Points> daily_points(const Rule& rule, MeterData& data, PointRange range);
[[nodiscard]] Result<Points> stuck_points(const Rule& rule, MeterData& data, PointRange range);

}  // namespace wattring::alert
