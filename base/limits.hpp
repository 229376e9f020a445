// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

/// Limits every layer shares. What one module alone needs stands in that module.

namespace wattring {

inline constexpr std::size_t kMeterIdBytesMax = 64;
inline constexpr std::size_t kTextBytesMax = 1024;  ///< a text fact: equipment id, message
inline constexpr std::size_t kShardsMin = 64;
inline constexpr std::size_t kShardsMax = 4096;
inline constexpr std::size_t kShardsDefault = 1024;
inline constexpr std::size_t kBatchReadingsMax = 100'000;
inline constexpr std::size_t kBatchBytesMax = 8U << 20U;

}  // namespace wattring
