// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "node/alert/rule_values.hpp"
#include "node/meter/decimal.hpp"

namespace wattring::alert {
namespace {

using meter::Dimension;
using meter::Fit;
using meter::UnitScale;

/// How values are shown: in this unit, with so many digits after the point.
struct Shown {
  Dimension dimension;
  std::string_view unit;
  int places;
  std::string_view example;
};
constexpr std::array kShown{
    Shown{Dimension::active_energy, "Wh", 0, "2.5kWh"},
    Shown{Dimension::reactive_energy, "varh", 0, "2.5kvarh"},
    Shown{Dimension::active_power, "W", 0, "9.2kW"},
    Shown{Dimension::reactive_power, "var", 0, "1.5kvar"},
    Shown{Dimension::apparent_power, "VA", 0, "9.2kVA"},
    Shown{Dimension::voltage, "V", 1, "253V"},
    Shown{Dimension::current, "A", 2, "25A"},
    Shown{Dimension::frequency, "Hz", 3, "49.8Hz"},
    Shown{Dimension::volume, "l", 0, "0.5m3"},
    Shown{Dimension::heat, "MJ", 0, "1.5GJ"},
    Shown{Dimension::factor, "", 1, "90%"},
    Shown{Dimension::count, "", 0, "5"},
    Shown{Dimension::duration, "ms", 0, "10s"},
    Shown{Dimension::text, "", 0, ""},
};

const Shown& shown_as(Dimension dimension) {
  return *std::find_if(kShown.begin(), kShown.end(),
                       [dimension](const Shown& shown) { return shown.dimension == dimension; });
}

Failure refuse(std::string message) {
  return fail(ErrorCode::invalid_argument, std::move(message));
}

std::string quoted(std::string_view text) {
  return toml_text(text.substr(0, 64));
}

/// digits / 10^places without trailing zeros behind the point.
std::string with_places(std::int64_t value, int places) {
  std::int64_t step = 1;
  for (int i = 0; i < places; ++i) step *= 10;
  std::string text = fmt::format("{}{}", value < 0 ? "-" : "", std::abs(value / step));
  if (value % step == 0) return text;
  text += fmt::format(".{:0{}}", std::abs(value % step), places);
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

Result<std::int64_t> scaled(std::string_view number, UnitScale scale, bool rounding, std::string_view example) {
  const auto decimal = meter::parse_decimal(number);
  if (!decimal) return refuse(fmt::format("is not a quantity, for example \"{}\"", example));
  const meter::Scaled read = meter::to_base_units(*decimal, scale);
  if (read.fit == Fit::rounded && !rounding)
    return refuse(fmt::format("is finer than what is kept, {}", meter::base_unit(scale.dimension)));
  if (read.fit == Fit::out_of_range || std::abs(read.value) > kQuantityMax) return refuse("is too large");
  return read.value;
}

Result<std::int64_t> drift(std::string_view text) {
  const bool negative = text.starts_with('-');
  const auto read = parse_duration_ms(text.substr(negative ? 1 : 0));
  if (!read || *read > kQuantityMax) return refuse("is not a time, for example \"10s\"");
  return negative ? -*read : *read;
}

}  // namespace

Measure measure_of(RuleKind kind, Register reg) {
  switch (kind) {
    case RuleKind::over_power:
    case RuleKind::reverse_flow:
    case RuleKind::peak_projection:
      return {Dimension::active_power};
    case RuleKind::voltage_sag:
    case RuleKind::voltage_swell:
    case RuleKind::missing_phase:
      return {Dimension::voltage};
    case RuleKind::clock_drift:
      return {Dimension::duration};
    case RuleKind::imbalance:
      return {Dimension::factor, 100};
    case RuleKind::bad_frames:
    case RuleKind::night_baseline:
    case RuleKind::sudden_drop:
      return {Dimension::factor, 10};
    case RuleKind::stuck_register:
      return {Dimension::active_energy};
    case RuleKind::threshold:
    case RuleKind::increase:
    case RuleKind::interval_threshold:
    case RuleKind::rollback:
    case RuleKind::quarantined:
    case RuleKind::no_data:
      break;
  }
  const meter::RegisterInfo* info = meter::find_register(reg);
  const Dimension dimension = info == nullptr ? Dimension::count : info->dimension;
  return {dimension, dimension == Dimension::factor ? 10 : 0};
}

std::int64_t percent_of(std::int64_t nominal, std::int64_t percent) {
  return meter::to_base_units({percent, 0}, {Dimension::voltage, nominal, 100}).value;
}

Result<std::int64_t> as_quantity(const TomlValue& value, const Measure& measure) {
  const Shown& shown = shown_as(measure.dimension);
  const bool plain = measure.dimension == Dimension::count;
  if (value.kind == TomlValue::Kind::integer) {
    if (!plain) return refuse(fmt::format("needs a unit, for example \"{}\"", shown.example));
    if (value.number > kQuantityMax || value.number < -kQuantityMax) return refuse("is too large");
    return value.number;
  }
  if (value.kind != TomlValue::Kind::text)
    return refuse(fmt::format("is not a quantity, for example \"{}\"", shown.example));
  if (measure.dimension == Dimension::duration) return drift(value.text);
  const std::string_view text = value.text;
  const std::size_t digits = std::min(text.find_first_not_of("+-.0123456789"), text.size());
  const std::string_view number = text.substr(0, digits);
  std::string_view unit = text.substr(digits);
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  if (measure.per_percent != 0 && unit == "%")
    return scaled(number, {measure.dimension, measure.per_percent, 1}, false, shown.example);
  if (measure.nominal != 0 && unit == "%")
    return scaled(number, {measure.dimension, measure.nominal, 100}, true, shown.example);
  if (unit.empty() && plain) return scaled(number, {measure.dimension, 1, 1}, false, shown.example);
  if (unit.empty()) return refuse(fmt::format("needs a unit, for example \"{}\"", shown.example));
  const auto known = meter::find_unit(unit);
  if (measure.per_percent != 0 || !known || known->dimension != measure.dimension)
    return refuse(
        fmt::format("has the unit {}, which does not fit; write it like \"{}\"", quoted(unit), shown.example));
  return scaled(number, *known, false, shown.example);
}

std::string quantity_text(std::int64_t value, const Measure& measure) {
  if (measure.per_percent != 0) return with_places(value, measure.per_percent == 100 ? 2 : 1) + "%";
  if (measure.dimension == Dimension::duration)
    return (value < 0 ? "-" : "") + format_duration_ms(value < 0 ? -value : value);
  const Shown& shown = shown_as(measure.dimension);
  return with_places(value, shown.places) + std::string(shown.unit);
}

}  // namespace wattring::alert
