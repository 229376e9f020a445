// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/fact.hpp"

namespace wattring::sim {

/// A reading as the simulator makes and remembers it: 24 bytes, ids as numbers.
struct Reading {
  std::int64_t time_ms = 0;
  std::int64_t value = 0;   ///< base units: Wh, W, dV
  std::uint32_t meter = 0;  ///< index in the fleet, or in the ledger's meter table
  std::uint16_t reg = 0;    ///< index in the ledger's register table; for a fleet: FleetRegister
  friend bool operator==(const Reading&, const Reading&) = default;
};

/// What the fleet's meters have; the order is the ledger's register table of a run.
enum FleetRegister : std::uint16_t { kImport, kImportT1, kImportT2, kExport, kPower, kVoltage };
inline constexpr std::array<Register, 6> kFleetRegisters = {obis(1, 0, 1, 8, 0), obis(1, 0, 1, 8, 1),
                                                            obis(1, 0, 1, 8, 2), obis(1, 0, 2, 8, 0),
                                                            obis(1, 0, 1, 7, 0), obis(1, 0, 32, 7, 0)};

/// Energy registers are D = 8: they only rise, and intervals are made from them.
[[nodiscard]] constexpr bool is_energy_register(Register reg) {
  return reg.group(3) == 8;
}

/// "M-000731": the prefix and the index, at least `width` digits. Cheap enough to be made anew for each batch.
class MeterNames {
 public:
  static constexpr std::size_t kPrefixBytesMax = 48;
  MeterNames(std::string_view prefix, std::uint32_t meters);
  /// Valid until the next call.
  [[nodiscard]] std::string_view operator()(std::uint32_t meter);

 private:
  std::array<char, 64> text_{};
  std::size_t prefix_size_;
  std::size_t width_;
};

}  // namespace wattring::sim
