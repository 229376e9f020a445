// SPDX-License-Identifier: Apache-2.0
#include "node/alert/points_parts.hpp"
#include "node/meter/registers.hpp"

namespace wattring::alert {
namespace {

// A month in any zone, changes of its offset included.
constexpr std::int64_t kMonthMs = 32 * kMsPerDay;
// Nights and weekdays look 28 days back; a local day may be longer than 24 hours.
constexpr std::int64_t kComparedMs = 30 * kMsPerDay;
// The longest amount that is spread over intervals.
constexpr std::int64_t kAmountMs = 32 * kMsPerDay;

/// An interval changes that a fact of an interval register overlaps.
std::int64_t spread_ms(Register reg) {
  const meter::RegisterInfo* info = meter::find_register(reg);
  return info != nullptr && info->kind == meter::Kind::interval ? kAmountMs : 0;
}

Reach reach_of_input(const Rule& rule, Register reg) {
  switch (rule.kind) {
    case RuleKind::peak_projection:
      return {0, reg == kMonthPeak ? kMonthMs : kQuarterMs};
    case RuleKind::interval_threshold:
      return {kQuarterMs, kQuarterMs * rule.intervals + spread_ms(reg)};
    case RuleKind::rollback:
      return {kQuarterMs, kQuarterMs};
    case RuleKind::imbalance:
      return {0, kImbalanceWindowMs};
    case RuleKind::night_baseline:
    case RuleKind::sudden_drop:
      return {kQuarterMs, kComparedMs};
    case RuleKind::stuck_register:
      return {0, reg == kPower ? kStretchMs + kPowerHoldsMs : kStretchMs};
    default:
      return {0, 0};
  }
}

}  // namespace

Reach reach_of(const Rule& rule, Register reg) {
  const std::vector<Register> inputs = inputs_of(rule);
  if (std::find(inputs.begin(), inputs.end(), reg) == inputs.end()) return {};
  return reach_of_input(rule, reg);
}

Reach reach_of(const Rule& rule) {
  Reach farthest;
  for (const Register reg : inputs_of(rule)) {
    const Reach reach = reach_of_input(rule, reg);
    farthest.back_ms = std::max(farthest.back_ms, reach.back_ms);
    farthest.ahead_ms = std::max(farthest.ahead_ms, reach.ahead_ms);
  }
  return farthest;
}

}  // namespace wattring::alert
