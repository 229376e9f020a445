// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "node/alert/rule_keys.hpp"
#include "node/alert/rule_values.hpp"
#include "node/meter/wide.hpp"

namespace wattring::alert {
namespace {

constexpr std::int64_t kNominalVoltage = 2300;  // dV

/// Where a rule of the kind fires when it does not say.
std::int64_t usual_fire(const Rule& rule, std::int64_t nominal) {
  switch (rule.kind) {
    case RuleKind::reverse_flow:
    case RuleKind::stuck_register:
      return 50;
    case RuleKind::voltage_sag:
      return percent_of(nominal, 90);
    case RuleKind::voltage_swell:
      return percent_of(nominal, 110);
    case RuleKind::missing_phase:
      return percent_of(nominal, 50);
    case RuleKind::clock_drift:
      return 10 * kMsPerSecond;
    case RuleKind::bad_frames:
      return 100;
    case RuleKind::imbalance:
      return rule.of_current ? 5000 : 200;
    case RuleKind::night_baseline:
      return 1500;
    case RuleKind::sudden_drop:
      return 300;
    default:
      return 0;
  }
}

/// Where a rule that fires there clears when it does not say.
std::int64_t usual_clear(const Rule& rule, std::int64_t nominal) {
  using meter::Wide;
  switch (rule.kind) {
    case RuleKind::over_power:
      return static_cast<std::int64_t>(meter::floor_div_wide(Wide{rule.fire} * 95, 100));
    case RuleKind::imbalance:
      return static_cast<std::int64_t>(meter::floor_div_wide(Wide{rule.fire} * 3, 4));
    case RuleKind::voltage_sag:
      return rule.fire + percent_of(nominal, 2);
    case RuleKind::voltage_swell:
      return rule.fire - percent_of(nominal, 2);
    case RuleKind::missing_phase:
      return rule.fire + percent_of(nominal, 10);
    case RuleKind::sudden_drop:
      return rule.fire + 200;
    default:
      return rule.fire;
  }
}

bool must_say_threshold(RuleKind kind) {
  return kind == RuleKind::threshold || kind == RuleKind::interval_threshold;
}

/// A change may go either way; everything else that has a threshold is a magnitude.
bool may_be_negative(RuleKind kind) {
  return must_say_threshold(kind) || kind == RuleKind::increase;
}

void check_sides(Fields& fields, const Rule& rule) {
  if (rule.below ? rule.clear < rule.fire : rule.clear > rule.fire)
    fields.refuse("clear", rule.below ? "is lower than below: it would clear while it fires"
                                      : "is higher than above: it would clear while it fires");
  const char* const side = rule.below ? "below" : "above";
  if (rule.fire < 0 && !may_be_negative(rule.kind)) fields.refuse(side, "is negative");
}

}  // namespace

void read_thresholds(Fields& fields, Rule& rule) {
  Measure measure = measure_of(rule.kind, rule.reg);
  const auto read = [&measure](const TomlValue& value) { return as_quantity(value, measure); };
  std::int64_t nominal = kNominalVoltage;
  if (has_key(rule.kind, "nominal")) {
    fields.take("nominal", nominal, read);
    if (nominal < 10) return fields.refuse("nominal", "is less than the least, \"1V\"");
    measure.nominal = nominal;
  }
  const bool above = fields.has("above") && has_key(rule.kind, "above");
  const bool below = fields.has("below") && has_key(rule.kind, "below");
  if (above && below) return fields.refuse("below", "stands beside above: a rule fires on one side");
  if (must_say_threshold(rule.kind) && !above && !below)
    return fields.refuse_table(fmt::format("this {} has neither above nor below", to_string(rule.kind)));
  rule.below = below || !has_key(rule.kind, "above");
  rule.fire = usual_fire(rule, nominal);
  fields.take(rule.below ? "below" : "above", rule.fire, read);
  rule.limit_of_profile = rule.kind == RuleKind::over_power && !above;
  if (rule.limit_of_profile && fields.has("clear"))
    return fields.refuse("clear", "needs above beside it: it is 95 % of the profile's connection_limit");
  rule.clear = std::min(usual_clear(rule, nominal), kQuantityMax);
  fields.take("clear", rule.clear, read);
  if (fields.good()) check_sides(fields, rule);
}

}  // namespace wattring::alert
