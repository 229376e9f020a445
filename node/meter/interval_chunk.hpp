// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "node/meter/intervals.hpp"

namespace wattring::meter {

/// The intervals of one UTC day of one series, as retention leaves them behind when it drops the readings:
///
///   chunk    = version u8, interval length varint (minutes), interval*      one for each interval of the day
///   interval = head u8, [method u8], [flags varint], [value zigzag: difference to the last value]
///   head     = quality (bits 0-3), has value (bit 4), has method (bit 5), has flags (bit 6)
[[nodiscard]] std::string encode_interval_day(std::span<const Interval> day);
/// Every interval of the day, or corrupt.
[[nodiscard]] Result<std::vector<Interval>> decode_interval_day(std::string_view bytes, std::int32_t day);
/// The day with nothing in the intervals that begin before the instant; nothing when no value is left of it.
[[nodiscard]] Result<std::optional<std::string>> cut_interval_day(std::string_view bytes, std::int32_t day,
                                                                  std::int64_t before_ms);

}  // namespace wattring::meter
