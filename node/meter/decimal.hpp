// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.hpp"
#include "node/meter/registers.hpp"

namespace wattring::meter {

/// A decimal numeral as text, kept exactly: digits * 10^-scale. Never goes through double.
struct Decimal {
  std::int64_t digits = 0;
  int scale = 0;  ///< digits after the point; negative for trailing powers of ten ("1e3")
};

/// [+-]digits[.digits][(e|E)[+-]digits], with at most 18 significant digits after leading (and, past the point,
/// trailing) zeros are dropped. ".5" and "5." are accepted; "", ".", "NaN", "inf", hex and spaces are not.
[[nodiscard]] Result<Decimal> parse_decimal(std::string_view text);

enum class Fit {
  exact,
  rounded,      ///< half-even to the base unit
  out_of_range  ///< does not fit in 63 bits; the value is not to be used
};
struct Scaled {
  std::int64_t value = 0;
  Fit fit = Fit::exact;
};
/// value = decimal * scale.numerator / scale.denominator in base units, 128-bit inside.
[[nodiscard]] Scaled to_base_units(Decimal value, UnitScale scale);

}  // namespace wattring::meter
