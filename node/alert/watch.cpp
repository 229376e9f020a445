// SPDX-License-Identifier: Apache-2.0
#include "node/alert/watch.hpp"

#include <algorithm>
#include <limits>

#include "node/alert/points_parts.hpp"
#include "node/alert/policy.hpp"
#include "node/alert/windows.hpp"

namespace wattring::alert {
namespace {

/// Start of the newest facts of a rule's inputs; only of those that the meter has.
struct Newest {
  std::optional<std::int64_t> first_ms;  ///< of the input that lags farthest
  std::optional<std::int64_t> last_ms;
};

Newest newest_of(const Rule& rule, const MeterHistory& data) {
  Newest newest;
  for (const Register reg : inputs_of(rule)) {
    if (!data.has(reg)) continue;
    const std::int64_t at_ms = data.newest_ms(reg);
    newest.first_ms = std::min(newest.first_ms.value_or(at_ms), at_ms);
    newest.last_ms = std::max(newest.last_ms.value_or(at_ms), at_ms);
  }
  return newest;
}

bool matters(const Verdict& verdict, std::int64_t at_ms) {
  return verdict.open || at_ms <= verdict.affected_to_ms;
}

/// Facts of the future become points one by one.
Result<void> wait_for_future(const Rule& rule, const Verdict& verdict, MeterHistory& data, Changed changed,
                             std::int64_t now_ms, Watch& into) {
  const std::int64_t after_ms = std::max(now_ms, changed.first_ms - 1);
  for (const Register reg : inputs_of(rule)) {
    const auto fact_ms = first_fact_after(data, reg, after_ms);
    if (!fact_ms) return tl::unexpected(fact_ms.error());
    if (*fact_ms && matters(verdict, **fact_ms)) into.look_at(**fact_ms);
  }
  return {};
}

/// The end of the quarter hour clears, whether or not a fact comes. Power and demand are each held against half of the
/// limit, so that with one beyond it the other counts whatever it is.
Result<void> wait_for_quarter(const Rule& rule, const Verdict& verdict, MeterHistory& data, Changed changed,
                              std::int64_t now_ms, Watch& into) {
  if (verdict.open) into.look_at(ceil_to(now_ms + 1, kQuarterMs));
  if (!data.has(kDemand) || !data.has(kPower)) return {};
  const std::int64_t end_ms = ceil_to(changed.last_ms + 1, kQuarterMs);
  const auto demand = data.before(kDemand, end_ms, kQuarterMs);
  if (!demand) return tl::unexpected(demand.error());
  const bool is_high = !demand->empty() && demand->front().value > gate_of_rule(rule, kDemand).high;
  if (is_high && data.newest_ms(kPower) < end_ms) into.every_fact = true;
  if (data.newest_ms(kDemand) < std::min(changed.last_ms, data.newest_ms(kPower))) into.every_fact = true;
  return {};
}

/// The points of this kind stand at readings, not at the ends of windows. Only one that repeats a value can fire.
Result<void> wait_for_reading(const Rule& rule, const Verdict& verdict, MeterHistory& data, Changed changed,
                              std::int64_t now_ms, Watch& into) {
  const std::int64_t after_ms = std::max(now_ms - rule.grace_ms, changed.first_ms - 1);
  const auto next_ms =
      verdict.open ? first_fact_after(data, rule.reg, after_ms) : first_repeat_after(data, rule.reg, after_ms);
  if (!next_ms) return tl::unexpected(next_ms.error());
  if (*next_ms && matters(verdict, **next_ms)) into.look_at(**next_ms + rule.grace_ms);
  return {};
}

/// The next window whose grace ends; the grace may be longer than the window.
Result<void> wait_for_window(const Rule& rule, const Verdict& verdict, std::int64_t newest_ms, std::int64_t end_ms,
                             std::int64_t now_ms, Watch& into) {
  const auto next_ms = next_window_end_ms(rule, now_ms - rule.grace_ms);
  if (!next_ms) return tl::unexpected(next_ms.error());
  if (is_daily_kind(rule.kind)) {
    if (*next_ms <= end_ms) {
      into.look_at(*next_ms + rule.grace_ms);
    } else if (newest_ms < end_ms) {
      into.look_at(now_ms + kMsPerHour);
    }
    return {};
  }
  // What is open ends with a window that has readings; those to come are looked at with them.
  const auto last_ms = window_end_ms(rule, newest_ms);
  if (!last_ms) return tl::unexpected(last_ms.error());
  if (*next_ms <= *last_ms && matters(verdict, *next_ms)) into.look_at(*next_ms + rule.grace_ms);
  return {};
}

}  // namespace

Result<void> wait_for(const Rule& rule, const Verdict& verdict, MeterHistory& data, Changed changed,
                      std::int64_t now_ms, Watch& into) {
  const Newest newest = newest_of(rule, data);
  if (rule.disabled || !newest.last_ms) return {};
  if (auto waits = wait_for_future(rule, verdict, data, changed, now_ms, into); !waits) return waits;
  if (rule.kind == RuleKind::peak_projection) return wait_for_quarter(rule, verdict, data, changed, now_ms, into);
  if (!is_window_kind(rule.kind)) return {};
  const auto end_ms = window_end_ms(rule, changed.last_ms);
  if (!end_ms) return tl::unexpected(end_ms.error());
  // Points of several registers are whole when each of them has passed.
  const bool joins = rule.kind == RuleKind::imbalance || rule.kind == RuleKind::stuck_register;
  if (!is_daily_kind(rule.kind) && (joins ? *newest.first_ms : *newest.last_ms) < *end_ms) into.every_fact = true;
  return rule.kind == RuleKind::stuck_register ? wait_for_reading(rule, verdict, data, changed, now_ms, into)
                                               : wait_for_window(rule, verdict, *newest.last_ms, *end_ms, now_ms, into);
}

Changed rest_of(Changed changed, std::int64_t settled_ms) {
  return {std::min(changed.last_ms, std::max(changed.first_ms, settled_ms)), changed.last_ms};
}

}  // namespace wattring::alert
