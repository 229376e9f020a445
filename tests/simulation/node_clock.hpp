// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace wattring::simulation {

/// A machine's monotonic clock: it started somewhere and runs a little fast or slow.
struct NodeClock {
  std::int64_t offset_ns = 0;
  std::int64_t rate_ppm = 0;  ///< 100'000 = ten per cent fast

  [[nodiscard]] std::int64_t local(std::int64_t world_ns) const {
    __extension__ using Wide = __int128;
    return offset_ns + world_ns + static_cast<std::int64_t>(Wide{world_ns} * rate_ppm / 1'000'000);
  }
  /// The earliest moment at which the clock shows that, or later.
  [[nodiscard]] std::int64_t world(std::int64_t local_ns) const {
    __extension__ using Wide = __int128;
    auto guess = static_cast<std::int64_t>(Wide{local_ns - offset_ns} * 1'000'000 / (1'000'000 + rate_ppm));
    while (local(guess) < local_ns) ++guess;
    return guess;
  }
};

}  // namespace wattring::simulation
