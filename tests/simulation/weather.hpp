// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace wattring::simulation {

inline constexpr std::int64_t kMs = 1'000'000;
inline constexpr std::int64_t kSecond = 1'000 * kMs;
inline constexpr std::int64_t kMinute = 60 * kSecond;

/// How messages fare between all machines. One way takes min + the pair's part of span + an exponential jitter.
struct Weather {
  std::int64_t delay_min_ns = kMs / 10;
  std::int64_t delay_span_ns = kMs / 2;
  std::int64_t jitter_mean_ns = kMs / 10;
  double loss = 0;       ///< share of messages that never arrive
  double late = 0;       ///< share that is held back for up to late_max_ns; of those that a cut stops, too
  double duplicate = 0;  ///< share that arrives twice: TCP does not, the protocol must not mind
  double reorder = 0;    ///< share that may be overtaken on its connection
  std::int64_t late_max_ns = 8 * kSecond;
};

}  // namespace wattring::simulation
