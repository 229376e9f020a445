// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/fact.hpp"
#include "base/result.hpp"
#include "node/alert/rule.hpp"
#include "node/meter/intervals.hpp"

/// The first step of alerting: a meter's facts -> points of one rule. One formula a kind: docs/metering/alerts.md.
/// Pure.

namespace wattring::alert {

/// Which of a meter's phases or registers a point is about; 0 = the meter as a whole.
using Phase = std::uint8_t;
[[nodiscard]] std::string_view phase_name(RuleKind kind, Phase phase);  ///< "", "L1", "1.8.2"

struct Point {
  std::int64_t at_ms = 0;
  std::int64_t x = 0;
  Phase phase = 0;
  bool fires = false;
  bool clears = false;
  friend bool operator==(const Point&, const Point&) = default;
};

/// Whether a winner is what a rule calls a fact of a register: an instant that says something.
[[nodiscard]] constexpr bool is_momentary(const Fact& fact) {
  return fact.start_ms == fact.end_ms && fact.quality != Quality::missing;
}

/// The facts of one meter, as a rule sees them. One thread; for one evaluation.
class MeterData {
 public:
  virtual ~MeterData() = default;
  /// Whether the meter ever had a fact of the register.
  [[nodiscard]] virtual bool has(Register reg) const = 0;
  /// Winners for which is_momentary() holds and that start in [from, to), ascending.
  [[nodiscard]] virtual Result<std::vector<Fact>> facts(Register reg, std::int64_t from_ms, std::int64_t to_ms) = 0;
  /// The last of such winners that starts before the instant and at most `within_ms` before it; empty when there is
  /// none.
  [[nodiscard]] virtual Result<std::vector<Fact>> before(Register reg, std::int64_t at_ms, std::int64_t within_ms) = 0;
  /// The 15-minute intervals that start in [from, to), as derive_intervals() gives them.
  [[nodiscard]] virtual Result<std::vector<meter::Interval>> intervals(Register reg, std::int64_t from_ms,
                                                                       std::int64_t to_ms) = 0;
};

/// The points of the rule with a time in [from, to), ascending by (time, phase); points of one time and phase stand in
/// the order in which they count. Deriving [a, b) and [b, c) gives the same as deriving [a, c). A point of a window
/// kind is there when at + grace <= now (wall clock). The rule is one version, as rule_for() settled it for the meter;
/// that of no_data has no points. Errors are those of `data`, or not_found for a zone.
[[nodiscard]] Result<std::vector<Point>> derive_points(const Rule& rule, MeterData& data, std::int64_t from_ms,
                                                       std::int64_t to_ms, std::int64_t now_ms);

/// How far from a fact the points are that it can change: one of register r at time t that is added, taken away or
/// replaced changes no point of the rule outside [t - back - gap, t + ahead + gap]. gap: for a gauge 0; else the way on
/// that side over the readings of r that decide about falls, and to the next one: five readings or 10 minutes,
/// whichever is farther, that twice, then one more reading (docs/metering/register-falls.md); what is not there is 0.
/// Not covered: the first fact of a register, when has() turns true (1-0:1.8.0 then stands in for 1.8.1 and 1.8.2), and
/// exchanges of the meter.
struct Reach {
  std::int64_t back_ms = 0;
  std::int64_t ahead_ms = 0;
};
/// Of a fact of that register; {0, 0} when it is none of inputs_of().
[[nodiscard]] Reach reach_of(const Rule& rule, Register reg);
/// The farthest of all inputs.
[[nodiscard]] Reach reach_of(const Rule& rule);
/// The registers whose facts can change points of the rule; empty for quarantined and no_data.
[[nodiscard]] std::vector<Register> inputs_of(const Rule& rule);

}  // namespace wattring::alert
