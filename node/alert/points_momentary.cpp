// SPDX-License-Identifier: Apache-2.0
#include "node/alert/points_parts.hpp"

// Kinds that look at each reading of a gauge by itself, or beside the one before it.

namespace wattring::alert {

Result<Points> momentary_points(const Rule& rule, MeterData& data, PointRange range) {
  const std::vector<Register> inputs = inputs_of(rule);
  Points points;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!data.has(inputs[i])) continue;
    const auto facts = data.facts(inputs[i], range.from_ms, range.to_ms);
    if (!facts) return Failure(facts.error());
    const auto phase = static_cast<Phase>(inputs.size() > 1 ? i + 1 : 0);
    for (const Fact& fact : *facts) {
      const bool unsigned_x = rule.kind == RuleKind::clock_drift && fact.value < 0;
      const std::int64_t x = unsigned_x ? saturated(-meter::Wide{fact.value}) : fact.value;
      points.push_back(point_of(rule, fact.start_ms, x, phase));
    }
  }
  return points;
}

Result<Points> increase_points(const Rule& rule, MeterData& data, PointRange range) {
  Points points;
  if (!data.has(rule.reg)) return points;
  const auto facts = data.facts(rule.reg, range.from_ms, range.to_ms);
  if (!facts) return Failure(facts.error());
  if (facts->empty()) return points;
  const auto before = data.before(rule.reg, facts->front().start_ms, kPredecessorMs);
  if (!before) return Failure(before.error());
  const Fact* previous = before->empty() ? nullptr : &before->back();
  for (const Fact& fact : *facts) {
    if (previous != nullptr && fact.start_ms - previous->start_ms <= kPredecessorMs)
      points.push_back(point_of(rule, fact.start_ms, saturated(meter::Wide{fact.value} - previous->value)));
    previous = &fact;
  }
  return points;
}

}  // namespace wattring::alert
