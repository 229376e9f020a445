// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/fact.hpp"
#include "node/meter/intervals.hpp"

/// What the falls of a cumulative register mean: one decision for every two readings that follow each other, made of
/// the readings near them only. Rules and the reason why near is enough: docs/metering/register-falls.md. Pure.

namespace wattring::meter {

/// A register that fell and came back is a glitch when it was low for at most so many readings, or for so long.
inline constexpr std::size_t kGlitchReadings = 5;
inline constexpr std::int64_t kGlitchMs = 10 * kMsPerMinute;
/// ...and never more readings than this, so that the work for one fall is bounded.
inline constexpr std::size_t kGlitchReadingsMax = 600;
/// A rate is never taken over less than this: registers move in steps.
inline constexpr std::int64_t kRateWindowMs = kMsPerMinute;

enum class LinkKind : std::uint8_t {
  rise,      ///< ordinary, also by 0
  leap,      ///< a rise faster than the connection can carry: taken, flagged
  rollover,  ///< wrapped at the modulus
  settle,    ///< a small dip that stays: 0
  restart,   ///< started again from zero: the first value is the energy
  reset,     ///< started again, energy unknown
  exchange,  ///< another meter, energy unknown
  suspect    ///< no rule explains it, energy unknown
};

/// A reading as the fold takes it.
struct RegisterPoint {
  std::size_t index = 0;  ///< into the winners
  std::int64_t time_ms = 0;
  std::int64_t value = 0;  ///< a small dip that came back is levelled to what it dipped from
  bool levelled = false;
};

/// From one point to the next one.
struct RegisterLink {
  LinkKind kind = LinkKind::rise;
  std::int64_t energy = 0;    ///< base units, >= 0; 0 when unknown
  bool skips_glitch = false;  ///< low readings between the two points were passed over
  [[nodiscard]] bool known() const { return kind <= LinkKind::restart; }
  friend bool operator==(const RegisterLink&, const RegisterLink&) = default;
};

struct RegisterTrace {
  std::vector<RegisterPoint> points;
  std::vector<RegisterLink> links;  ///< links[i]: points[i] -> points[i + 1]
  /// Time of the last point when a fall behind it is not decided yet; what follows it is not in `points`.
  std::optional<std::int64_t> undecided_since_ms;
};

/// Instants (start = end) of `winners` that have a value, classified. exchange_times_ms: ascending.
[[nodiscard]] RegisterTrace trace_register(std::span<const Fact> winners,
                                           std::span<const std::int64_t> exchange_times_ms, const FoldOptions& options);

/// Readings between which the register counts without a break.
struct Epoch {
  std::size_t first_index = 0;  ///< into the winners
  std::size_t last_index = 0;
  LinkKind begins_with = LinkKind::rise;  ///< what parts it from the epoch before; rise for the first
  bool joined = false;                    ///< the energy across that break is known: it is in the offset
  std::int64_t offset = 0;  ///< register value + offset goes on counting from the epoch before, if joined; else 0.
                            ///< Wraps modulo 2^64.
  friend bool operator==(const Epoch&, const Epoch&) = default;
};
[[nodiscard]] std::vector<Epoch> epochs(const RegisterTrace& trace);

}  // namespace wattring::meter
