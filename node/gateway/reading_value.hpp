// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/fact.hpp"
#include "node/gateway/refusal.hpp"
#include "node/meter/decimal.hpp"
#include "node/meter/registers.hpp"

namespace wattring::gateway {

/// Puts the value into the fact in the register's base unit; rounding sets kFlagRounded. OUT_OF_RANGE when it does not
/// fit or when an absolute register would be negative.
[[nodiscard]] inline std::optional<Reason> put_value(const meter::RegisterInfo& info, meter::Decimal value,
                                                     meter::UnitScale scale, Fact& fact) {
  const meter::Scaled scaled = meter::to_base_units(value, scale);
  if (scaled.fit == meter::Fit::out_of_range) return Reason::out_of_range;
  if (info.kind == meter::Kind::cumulative && value.digits < 0) return Reason::out_of_range;
  fact.value = scaled.value;
  if (scaled.fit == meter::Fit::rounded) fact.flags |= kFlagRounded;
  return std::nullopt;
}

/// The unit as a scale of that dimension; energy and heat are each other's units. Nothing when it does not fit.
[[nodiscard]] std::optional<meter::UnitScale> convert_unit(meter::UnitScale unit, meter::Dimension to);

}  // namespace wattring::gateway
