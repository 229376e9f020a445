// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/fact.hpp"
#include "node/meter/registers.hpp"

/// The fold: the sorted facts of one register -> interval values. A pure function; nothing here knows of arrival
/// order, clocks or disks. Formulas and rules: docs/metering/intervals.md.

namespace wattring::meter {

enum class Every : std::uint8_t { quarter_hour, hour, day, month };
[[nodiscard]] std::optional<Every> parse_every(std::string_view text);  ///< "15m", "1h", "1d", "1mo"
[[nodiscard]] std::string_view to_string(Every every);

enum class IntervalQuality : std::uint8_t { actual, interpolated, estimated, edited, missing };
[[nodiscard]] std::string_view to_string(IntervalQuality quality);

/// Why an interval deserves a second look. Names in lower case are the API's "flags".
enum IntervalFlag : std::uint32_t {
  kIntervalGap = 1U << 0U,          ///< "gap": spans a gap longer than 2.5 nominal periods
  kIntervalExchange = 1U << 1U,     ///< "exchange": the meter was exchanged inside
  kIntervalGlitch = 1U << 2U,       ///< "glitch": low samples inside were dropped
  kIntervalRollover = 1U << 3U,     ///< "rollover": the register wrapped inside
  kIntervalJitter = 1U << 4U,       ///< "jitter": a small dip inside was levelled
  kIntervalReset = 1U << 5U,        ///< "reset": the register started again inside
  kIntervalSuspect = 1U << 6U,      ///< "suspect": the register fell and no rule explains it
  kIntervalPending = 1U << 7U,      ///< "pending": a fall inside is not decided yet, or the interval is still open
  kIntervalConflict = 1U << 8U,     ///< "conflict": a reading inside had competing values
  kIntervalRounded = 1U << 9U,      ///< "rounded": a reading inside was rounded to the register's scale
  kIntervalPartial = 1U << 10U,     ///< "partial": part of the interval has no value; the value covers the rest
};
[[nodiscard]] std::vector<std::string_view> flag_names(std::uint32_t flags);

struct Interval {
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 0;
  std::optional<std::int64_t> value;  ///< base units; nothing when missing
  IntervalQuality quality = IntervalQuality::missing;
  std::uint8_t method = 0;
  std::uint32_t flags = 0;
  friend bool operator==(const Interval&, const Interval&) = default;
};

}  // namespace wattring::meter
