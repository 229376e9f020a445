// SPDX-License-Identifier: Apache-2.0
#include "node/alert/points_parts.hpp"

// Kinds that look at quarter hours of energy.

namespace wattring::alert {
namespace {

/// The intervals that end in the range, and `earlier` more before them.
Result<std::vector<meter::Interval>> intervals_that_end(MeterData& data, Register reg, PointRange range,
                                                        std::int64_t earlier) {
  const std::int64_t first_ms = ceil_to(range.from_ms, kQuarterMs) - kQuarterMs * (1 + earlier);
  if (first_ms >= range.to_ms - kQuarterMs) return std::vector<meter::Interval>{};
  return data.intervals(reg, first_ms, range.to_ms - kQuarterMs);
}

}  // namespace

Result<Points> interval_points(const Rule& rule, MeterData& data, PointRange range) {
  Points points;
  if (!data.has(rule.reg)) return points;
  const auto intervals = intervals_that_end(data, rule.reg, range, std::int64_t{rule.intervals} - 1);
  if (!intervals) return Failure(intervals.error());
  meter::Wide sum = 0;
  std::size_t known = 0;  // in a row
  for (std::size_t i = 0; i < intervals->size(); ++i) {
    const meter::Interval& interval = (*intervals)[i];
    known = is_known(interval) ? known + 1 : 0;
    sum = known == 0 ? 0 : sum + *interval.value;
    if (known > rule.intervals) sum -= *(*intervals)[i - rule.intervals].value;
    if (known >= rule.intervals && range.has(interval.end_ms))
      points.push_back(point_of(rule, interval.end_ms, saturated(sum)));
  }
  return points;
}

Result<Points> rollback_points(const Rule& rule, MeterData& data, PointRange range) {
  const std::vector<Register> inputs = inputs_of(rule);
  Points points;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!data.has(inputs[i])) continue;
    const auto intervals = intervals_that_end(data, inputs[i], range, 0);
    if (!intervals) return Failure(intervals.error());
    const auto phase = static_cast<Phase>(inputs.size() > 1 ? i + 1 : 0);
    for (const meter::Interval& interval : *intervals) {
      const bool undecided = (interval.flags & meter::kIntervalPending) != 0;
      const bool suspect = (interval.flags & meter::kIntervalSuspect) != 0 && !undecided;
      if (suspect || is_known(interval)) points.push_back(point_of(rule, interval.end_ms, suspect ? 1 : 0, phase));
    }
  }
  return points;
}

}  // namespace wattring::alert
