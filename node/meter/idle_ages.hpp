// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>

namespace wattring::meter {

/// How many bytes have been idle for how long, in 8 bins a doubling: which age frees enough, without sorting.
class IdleAges {
 public:
  void add(std::uint32_t age_s, std::uint64_t bytes) { bins_[bin_of(age_s)] += bytes; }

  /// The greatest age such that everything at least as old holds the bytes; nothing when all of it is less.
  [[nodiscard]] std::optional<std::uint32_t> age_that_frees(std::uint64_t bytes) const {
    std::uint64_t sum = 0;
    for (std::size_t bin = bins_.size(); bin-- > 0;) {
      sum += bins_[bin];
      if (sum >= bytes) return least_of(bin);
    }
    return std::nullopt;
  }

 private:
  static constexpr std::uint32_t kLinear = 16;  ///< below, each second has a bin of its own
  static std::size_t bin_of(std::uint32_t age_s) {
    if (age_s < kLinear) return age_s;
    const auto log2 = static_cast<std::uint32_t>(std::bit_width(age_s)) - 1;
    return kLinear + (log2 - 4) * 8 + ((age_s >> (log2 - 3)) & 7U);
  }
  static std::uint32_t least_of(std::size_t bin) {
    if (bin < kLinear) return static_cast<std::uint32_t>(bin);
    const auto log2 = static_cast<std::uint32_t>((bin - kLinear) / 8 + 4);
    return (8U | static_cast<std::uint32_t>((bin - kLinear) % 8)) << (log2 - 3);
  }

  std::array<std::uint64_t, kLinear + 28 * 8> bins_{};
};

}  // namespace wattring::meter
