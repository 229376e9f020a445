// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"

/// Wall-clock instants are int64 milliseconds since 1970-01-01T00:00Z, named ..._ms. Monotonic times, for deadlines
/// and latencies only, are int64 nanoseconds, named ..._ns. Nothing but a Clock reads either.

namespace wattring {

inline constexpr std::int64_t kMsPerSecond = 1000;
inline constexpr std::int64_t kMsPerMinute = 60 * kMsPerSecond;
inline constexpr std::int64_t kMsPerHour = 60 * kMsPerMinute;
inline constexpr std::int64_t kMsPerDay = 24 * kMsPerHour;

/// Rounds toward minus infinity, so that times before 1970 fall in the right day or quarter.
[[nodiscard]] constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  const std::int64_t quotient = a / b;
  return (a % b != 0 && (a < 0) != (b < 0)) ? quotient - 1 : quotient;
}
[[nodiscard]] constexpr std::int64_t floor_to(std::int64_t time_ms, std::int64_t step_ms) {
  return floor_div(time_ms, step_ms) * step_ms;
}
[[nodiscard]] constexpr std::int64_t ceil_to(std::int64_t time_ms, std::int64_t step_ms) {
  return -floor_div(-time_ms, step_ms) * step_ms;
}
/// Days since 1970-01-01 (UTC).
[[nodiscard]] constexpr std::int32_t day_of(std::int64_t time_ms) {
  return static_cast<std::int32_t>(floor_div(time_ms, kMsPerDay));
}

/// Proleptic Gregorian civil date <-> day number (the well-known era arithmetic on 400-year cycles).
struct CivilDate {
  int year;
  int month;  ///< 1..12
  int day;    ///< 1..31
};
[[nodiscard]] std::int64_t days_from_civil(CivilDate date);
[[nodiscard]] CivilDate civil_from_days(std::int64_t days);
[[nodiscard]] bool is_valid(CivilDate date);

/// "2019-03-24T14:05:19Z", with ".123" when there are milliseconds.
[[nodiscard]] std::string format_rfc3339(std::int64_t time_ms);
/// RFC 3339 with "Z" or an offset, seconds and fraction optional; digits past milliseconds are cut.
[[nodiscard]] Result<std::int64_t> parse_rfc3339(std::string_view text);

/// "200ms", "5s", "15m", "2h", "7d", "10y" (365 days) -> milliseconds. A bare number is refused: it hides its unit.
[[nodiscard]] Result<std::int64_t> parse_duration_ms(std::string_view text);
/// The largest unit that divides it: 900000 -> "15m".
[[nodiscard]] std::string format_duration_ms(std::int64_t duration_ms);

/// The door to time. Production has SystemClock; tests have their own.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual std::int64_t wall_ms() const = 0;
  [[nodiscard]] virtual std::int64_t monotonic_ns() const = 0;
};

/// Any thread.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t wall_ms() const override;
  [[nodiscard]] std::int64_t monotonic_ns() const override;
};

}  // namespace wattring
