// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace wattring {

inline constexpr std::int64_t kNsPerMs = 1'000'000;
inline constexpr std::int64_t kNsPerSecond = 1'000 * kNsPerMs;

inline constexpr std::uint64_t kKiB = 1U << 10U;
inline constexpr std::uint64_t kMiB = 1U << 20U;

}  // namespace wattring
