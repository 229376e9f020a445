// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/reading_value.hpp"

namespace wattring::gateway {

std::optional<meter::UnitScale> convert_unit(meter::UnitScale unit, meter::Dimension to) {
  using meter::Dimension;
  if (unit.dimension == to) return unit;
  // 1 Wh = 3600 J = 9/2500 MJ.
  if (unit.dimension == Dimension::active_energy && to == Dimension::heat)
    return meter::UnitScale{to, unit.numerator * 9, unit.denominator * 2500};
  if (unit.dimension == Dimension::heat && to == Dimension::active_energy)
    return meter::UnitScale{to, unit.numerator * 2500, unit.denominator * 9};
  return std::nullopt;
}

}  // namespace wattring::gateway
