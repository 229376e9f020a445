// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>

/// 128-bit integers for products of energies and times.

namespace wattring::meter {

__extension__ using Wide = __int128;

/// Quotient toward minus infinity; b > 0.
[[nodiscard]] constexpr Wide floor_div_wide(Wide a, Wide b) {
  return a >= 0 ? a / b : -((-a + b - 1) / b);
}

[[nodiscard]] constexpr bool fits_64(Wide value) {
  return value >= std::numeric_limits<std::int64_t>::min() && value <= std::numeric_limits<std::int64_t>::max();
}

}  // namespace wattring::meter
