// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/fact.hpp"
#include "base/result.hpp"

/// The one table of known registers: what an OBIS code measures and in which fixed-point unit it is kept.

namespace wattring::meter {

enum class Kind : std::uint8_t {
  cumulative,  ///< a register that only rises (within an epoch): intervals are made from it
  gauge,       ///< a momentary value
  interval,    ///< an amount per period
  event        ///< a text
};

/// What a value counts, and the base unit it is stored in.
enum class Dimension : std::uint8_t {
  active_energy,    ///< Wh
  reactive_energy,  ///< varh
  active_power,     ///< W
  reactive_power,   ///< var
  apparent_power,   ///< VA
  voltage,          ///< dV = 0.1 V
  current,          ///< cA = 10 mA
  frequency,        ///< mHz
  volume,           ///< l (gas, water)
  heat,             ///< MJ
  factor,           ///< 1/1000 (power factor)
  count,            ///< pieces
  duration,         ///< ms
  text
};
/// "Wh", "dV", "cA", "l"...: the unit in which the API shows values of that dimension.
[[nodiscard]] std::string_view base_unit(Dimension dimension);

struct RegisterInfo {
  Register reg;
  std::string_view name;  ///< stable snake_case name, e.g. "import_t1"
  Kind kind;
  Dimension dimension;
  /// Where a register of this kind wraps, in base units (P1: 10^6 kWh = 10^9 Wh); 0 = not known to wrap.
  std::int64_t modulus;
};

/// Null when the code is not known. M-Bus registers (0-n:...) are found for every channel n = 1..4.
[[nodiscard]] const RegisterInfo* find_register(Register reg);
[[nodiscard]] std::span<const RegisterInfo> all_registers();

/// A unit as it is written by meters and people ("kWh", "KWH", "MWh", "W", "m3", "GJ", "A"...; case-insensitive where
/// that is unambiguous): value_in_base = value * numerator / denominator.
struct UnitScale {
  Dimension dimension;
  std::int64_t numerator;
  std::int64_t denominator;
};
[[nodiscard]] std::optional<UnitScale> find_unit(std::string_view unit);

/// What the "register" field of an API, a line-protocol field key or a native frame means: an OBIS code, or an alias
/// with its unit ("import_kwh", "power_w", "voltage_l1_v", "gas_m3").
struct RegisterName {
  const RegisterInfo* info;
  UnitScale scale;  ///< unit of the values that come under this name; base unit for an OBIS code
};
[[nodiscard]] std::optional<RegisterName> resolve_register(std::string_view name);

}  // namespace wattring::meter
