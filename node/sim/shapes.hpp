// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// How much power a nominal customer draws, by local time. Whole-number arithmetic only, so that the same seed gives
/// the same readings on every machine.

namespace wattring::sim {

/// Central European time by the EU's rule: summer time from the last Sunday of March, 01:00 UTC, to the last Sunday of
/// October, 01:00 UTC. The simulator's own, so that a mistake of the node's zones is seen and not shared.
struct LocalTime {
  int year;
  int month;    ///< 1..12
  int day;      ///< 1..31
  int weekday;  ///< 0 = Monday
  int hour;
  int minute;
  int second;
  int day_of_year;  ///< 0 = 1 January
  bool summer;
};
[[nodiscard]] LocalTime local_time(std::int64_t utc_ms);
/// The inverse, with the marker that tells the doubled hour apart.
[[nodiscard]] std::int64_t utc_from_local(int year, int month, int day, int hour, int minute, int second, bool summer);

/// Mean power in watts of one nominal meter around an instant.
struct ShapePoint {
  std::int64_t household_w;
  std::int64_t industry_w;
  std::int64_t solar_w;  ///< what a nominal roof yields under today's sky
  bool day_tariff;       ///< 07:00 to 22:00 on working days
};
/// seed: the weather of each day.
[[nodiscard]] ShapePoint shape_at(std::int64_t utc_ms, std::uint64_t seed);

/// splitmix64's finaliser: every bit of the result depends on every bit of the input.
[[nodiscard]] constexpr std::uint64_t mix64(std::uint64_t x) {
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31U);
}

}  // namespace wattring::sim
