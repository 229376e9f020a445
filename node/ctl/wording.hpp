// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "node/ctl/json.hpp"

/// Numbers and times as people read them. Pure.

namespace wattring::ctl {

[[nodiscard]] std::string grouped(std::int64_t number);                  ///< 1234567 -> "1,234,567"
[[nodiscard]] std::string grouped(double number, int decimals);          ///< 18204.7314, 3 -> "18,204.731"
[[nodiscard]] std::string bytes_text(double bytes);                      ///< "1.2 GiB"
[[nodiscard]] std::string seconds_text(double seconds);                  ///< of latencies: "1.9 ms", "250 us", "3.0 s"
[[nodiscard]] std::string age_text(std::int64_t seconds);                ///< "38 s", "12 min", "21 h", "3d 04h"
[[nodiscard]] std::string plural(std::size_t n, std::string_view what);  ///< "1 node", "2 nodes"

/// "2026-02-11T13:02:11.5Z" -> "2026-02-11 13:02:11Z"; what is not a time stays as it is.
[[nodiscard]] std::string time_text(std::string_view rfc3339);

/// A value in base units as people read it: 18204731 "Wh" -> "18,204.731 kWh".
[[nodiscard]] std::string value_text(const Json& value, std::string_view base_unit);

/// The weaker promise of the two: "SINGLE", "HELD", "DURABLE"; an empty one is none.
[[nodiscard]] std::string weaker_ack(const std::string& a, const std::string& b);

/// The name with the fewest edits from the word; empty when there are none.
[[nodiscard]] std::string nearest_word(std::string_view word, std::span<const std::string> names);

/// Blocks from low to high, one a value; a blank where there is none. Without UTF-8 from ._-=+*# .
[[nodiscard]] std::string sparkline(std::span<const std::optional<double>> values, bool utf8);

}  // namespace wattring::ctl
