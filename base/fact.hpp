// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

/// A reading is a fact: "meter M's register R showed V at T". It needs no order and never becomes false.

namespace wattring {

/// OBIS code A-B:C.D.E*F (IEC 62056-61) packed into 48 bits, A highest; F = 255 when absent. Needs no registry.
struct Register {
  std::uint64_t packed = 0;
  friend constexpr auto operator<=>(const Register&, const Register&) = default;

  [[nodiscard]] constexpr std::uint8_t group(int index) const {  ///< 0 = A ... 5 = F
    return static_cast<std::uint8_t>(packed >> (8 * (5 - index)));
  }
};

[[nodiscard]] constexpr Register obis(unsigned a, unsigned b, unsigned c, unsigned d, unsigned e, unsigned f = 255) {
  return Register{(std::uint64_t{a} << 40U) | (std::uint64_t{b} << 32U) | (std::uint64_t{c} << 24U) |
                  (std::uint64_t{d} << 16U) | (std::uint64_t{e} << 8U) | f};
}

/// "1-0:1.8.0" or "1-0:1.8.0*255"; groups 0..255.
[[nodiscard]] Result<Register> parse_obis(std::string_view text);
[[nodiscard]] std::string format_obis(Register reg);

/// Ascending rank: in a conflict the higher one wins.
enum class Quality : std::uint8_t {
  missing = 0,
  estimated = 1,
  substituted = 2,
  actual = 3,
  validated = 4,
  edited = 5
};
inline constexpr Quality kQualityMax = Quality::edited;

/// Bits that a gateway sets on a fact. Outside identity: equal facts that differ here are one fact with both bits.
enum FactFlag : std::uint8_t {
  kFlagRounded = 1U << 0U,       ///< more digits than the register's scale were rounded half-even
  kFlagReceiveTime = 1U << 1U,   ///< the source gave no time; this is when it was received
  kFlagTimeAmbiguous = 1U << 2U  ///< local time in the doubled autumn hour without a marker
};

/// Identity: (meter, register, start, end, value, quality, method, revision); the meter is kept beside it.
/// Key, in which facts conflict: (meter, register, start, end).
struct Fact {
  Register reg;
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 0;  ///< = start_ms for an instant (register reading, gauge, event)
  /// In the register's base unit (Wh, W, dV, cA, litres...). For a text fact: text_value(text).
  std::int64_t value = 0;
  /// Higher wins among equal qualities; 0 unless the source stamps one.
  std::uint64_t revision = 0;
  Quality quality = Quality::actual;
  std::uint8_t method = 0;  ///< estimation method, 0 = none
  std::uint8_t flags = 0;   ///< FactFlag bits

  friend bool operator==(const Fact&, const Fact&) = default;
};

[[nodiscard]] constexpr bool same_key(const Fact& a, const Fact& b) {
  return a.reg == b.reg && a.start_ms == b.start_ms && a.end_ms == b.end_ms;
}
/// The same fact; flags do not count.
[[nodiscard]] constexpr bool same_identity(const Fact& a, const Fact& b) {
  return same_key(a, b) && a.value == b.value && a.quality == b.quality && a.method == b.method &&
         a.revision == b.revision;
}

/// The total order that decides a conflict: (quality rank, revision, hash of value and method, value, method). Made
/// of the facts alone, so that every copy decides alike whatever arrived first.
[[nodiscard]] std::strong_ordering compare_for_conflict(const Fact& a, const Fact& b);

/// A text fact's value: 63 bits of its hash. The text itself is kept once per shard under this number.
[[nodiscard]] std::int64_t text_value(std::string_view text);

[[nodiscard]] std::string_view to_string(Quality quality);

}  // namespace wattring
