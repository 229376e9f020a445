// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/fact.hpp"
#include "base/time.hpp"
#include "node/meter/registers.hpp"

/// The fold: the sorted facts of one register -> interval values. A pure function; nothing here knows of arrival
/// order, clocks or disks. Formulas and rules: docs/metering/intervals.md.

namespace wattring::meter {

enum class Every : std::uint8_t { quarter_hour, hour, day, month };
[[nodiscard]] std::optional<Every> parse_every(std::string_view text);  ///< "15m", "1h", "1d", "1mo"
[[nodiscard]] std::string_view to_string(Every every);

/// Ascending severity: an interval shows the worst of what its value rests on.
enum class IntervalQuality : std::uint8_t { actual, interpolated, estimated, edited, missing };
[[nodiscard]] std::string_view to_string(IntervalQuality quality);

/// Why an interval deserves a second look. Names in lower case are the API's "flags".
enum IntervalFlag : std::uint32_t {
  kIntervalGap = 1U << 0U,       ///< "gap": spans a gap longer than 2.5 nominal periods
  kIntervalExchange = 1U << 1U,  ///< "exchange": the meter was exchanged inside
  kIntervalGlitch = 1U << 2U,    ///< "glitch": low samples inside were dropped
  kIntervalRollover = 1U << 3U,  ///< "rollover": the register wrapped inside
  kIntervalJitter = 1U << 4U,    ///< "jitter": a small dip inside was levelled
  kIntervalReset = 1U << 5U,     ///< "reset": the register started again inside
  kIntervalSuspect = 1U << 6U,   ///< "suspect": the register fell and no rule explains it
  kIntervalPending = 1U << 7U,   ///< "pending": a fall inside is not decided yet, or the interval is still open
  kIntervalConflict = 1U << 8U,  ///< "conflict": a reading inside had competing values
  kIntervalRounded = 1U << 9U,   ///< "rounded": a reading inside was rounded to the register's scale
  kIntervalPartial = 1U << 10U,  ///< "partial": part of the interval has no value; the value covers the rest
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

/// How one series is folded; part of the meter's profile. Equal options and facts give equal intervals everywhere.
struct FoldOptions {
  Kind kind = Kind::cumulative;
  std::int64_t interval_ms = 15 * kMsPerMinute;  ///< 5, 15, 30 or 60 minutes; intervals are aligned to UTC
  std::int64_t nominal_period_ms = 0;            ///< 0 = the most frequent spacing of the interval's UTC day
  std::int64_t modulus = 0;                      ///< where the register wraps; 0 = does not
  std::int64_t resolution = 1;                   ///< least step of the register, in base units
  std::int64_t power_max_w = 56'000;  ///< base units an hour beyond which a rise is not plausible; 0 = no limit
  bool restarts_from_zero = false;    ///< a register that starts again starts at 0: its first value is energy
  bool daily_reset = false;           ///< a "today" counter: every fall that stays is a restart from 0
  std::int64_t interpolate_max_ms = 2 * kMsPerHour;  ///< over a longer gap a value is "estimated"; at most 12 days
  std::int64_t longest_amount_ms = 32 * kMsPerDay;   ///< Kind::interval: facts over a longer period are not spread
};

/// The intervals that start in [from, to), every one of them: those without a value are missing. Deriving [a, b) and
/// [b, c) gives the same as deriving [a, c).
///
/// winners: ascending by (start, end), one a key, as in SeriesChunk: the whole series, or the whole UTC days that touch
/// [from - look_back_ms(), to) and then more days outwards until reaches_back() and reaches_ahead() hold or the series
/// ends there. With that margin the result is the same as with the whole series.
/// exchange_times_ms: of all meter exchanges in the winners' time span, any order; a reading at that very time is the
/// new meter's. conflicted_starts: starts of keys with competing values, any order (SeriesChunk::losers). Kind::event
/// has no intervals. Work: linear in winners plus intervals, so the caller bounds (to - from).
[[nodiscard]] std::vector<Interval> derive_intervals(std::span<const Fact> winners,
                                                     std::span<const std::int64_t> exchange_times_ms,
                                                     const FoldOptions& options, std::int64_t from_ms,
                                                     std::int64_t to_ms,
                                                     std::span<const std::int64_t> conflicted_starts = {});

/// Facts that start up to this long before a range can give it value without any nearer fact: 0 but for Kind::interval.
[[nodiscard]] std::int64_t look_back_ms(const FoldOptions& options);
/// Whether the facts before `from` are enough for what derive_intervals() says of [from, ...).
[[nodiscard]] bool reaches_back(std::span<const Fact> winners, const FoldOptions& options, std::int64_t from_ms);
/// Likewise at the other end.
[[nodiscard]] bool reaches_ahead(std::span<const Fact> winners, const FoldOptions& options, std::int64_t to_ms);
/// Starts of the keys for which another value than the winner's was claimed, for derive_intervals. Both ascending by
/// key, as in SeriesChunk. The same value under another revision or quality is no conflict.
[[nodiscard]] std::vector<std::int64_t> conflicted_starts(std::span<const Fact> winners, std::span<const Fact> losers);

}  // namespace wattring::meter
