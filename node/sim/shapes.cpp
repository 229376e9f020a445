// SPDX-License-Identifier: Apache-2.0
#include "node/sim/shapes.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/time.hpp"

namespace wattring::sim {
namespace {

using Hours = std::array<int, 24>;
// A flat night, a morning peak, an evening peak; at weekends later and fuller days.
constexpr Hours kHomeWeekday = {190, 170, 160, 155, 160, 190, 320, 520, 450, 330, 300, 310,
                                380, 340, 300, 310, 380, 600, 820, 860, 760, 620, 430, 270};
constexpr Hours kHomeWeekend = {220, 190, 170, 160, 160, 170, 210, 310, 460, 560, 590, 620,
                                700, 630, 540, 510, 540, 680, 830, 850, 760, 640, 470, 310};
// Two shifts on working days, a base load otherwise.
constexpr Hours kPlantWeekday = {4200,  4000,  4000,  4100,  5200,  12000, 21000, 27000, 30000, 31000, 31000, 29000,
                                 26000, 29000, 31000, 30000, 27000, 24000, 22000, 20000, 18000, 12000, 6500,  4800};
constexpr Hours kPlantWeekend = {4000, 3900, 3900, 3900, 3900, 4000, 4200, 4600, 5000, 5200, 5200, 5100,
                                 5000, 5000, 4900, 4800, 4700, 4600, 4500, 4400, 4300, 4200, 4100, 4000};

std::int64_t between_hours(const Hours& hours, const LocalTime& at) {
  const auto hour = static_cast<std::size_t>(at.hour);
  const int here = hours[hour];
  const int next = hours[(hour + 1) % hours.size()];
  return here + (next - here) * at.minute / 60;
}

constexpr std::int64_t kPeakWatts = 4200;

// 1000 in midwinter (mid January), 0 in midsummer, straight lines between.
int winter_permille(int day_of_year) {
  const int distance = std::abs(day_of_year - 15);
  const int days = std::min(distance, 365 - distance);
  return std::max(0, 1000 - days * 1000 / 182);
}

std::int64_t solar_power(const LocalTime& at, std::uint64_t seed) {
  const int winter = winter_permille(at.day_of_year);
  // Half the length of the day, in minutes: 8 h in winter, 16 h in summer, around 13:00 (12:00 in winter time).
  const std::int64_t half = 480 - 240 * winter / 1000;
  const std::int64_t off_noon = at.hour * 60 + at.minute - (at.summer ? 13 * 60 + 40 : 12 * 60 + 40);
  if (std::abs(off_noon) >= half) return 0;
  const std::int64_t height = 1000 - 1000 * off_noon * off_noon / (half * half);
  const std::int64_t season = 1000 - 600 * winter / 1000;
  const auto today = static_cast<std::uint64_t>(at.year) * 400 + static_cast<std::uint64_t>(at.day_of_year);
  const auto sky = static_cast<std::int64_t>(250 + mix64(seed ^ (today * 0x9e3779b97f4a7c15ULL)) % 751);
  return kPeakWatts * height / 1000 * season / 1000 * sky / 1000;
}

// 1970-01-01 was a Thursday.
int weekday_of(std::int64_t day) {
  return static_cast<int>((day % 7 + 7 + 3) % 7);
}

std::int64_t change_ms(int year, int month) {
  const std::int64_t last = days_from_civil({year, month, 31});
  const std::int64_t sunday = last - (weekday_of(last) + 1) % 7;
  return sunday * kMsPerDay + kMsPerHour;
}

}  // namespace

LocalTime local_time(std::int64_t utc_ms) {
  const int year = civil_from_days(floor_div(utc_ms, kMsPerDay)).year;
  const bool summer = utc_ms >= change_ms(year, 3) && utc_ms < change_ms(year, 10);
  const std::int64_t local = utc_ms + (summer ? 2 : 1) * kMsPerHour;
  const std::int64_t day = floor_div(local, kMsPerDay);
  const CivilDate date = civil_from_days(day);
  const auto second = static_cast<int>((local - day * kMsPerDay) / kMsPerSecond);
  LocalTime at{};
  at.year = date.year;
  at.month = date.month;
  at.day = date.day;
  at.weekday = weekday_of(day);
  at.hour = second / 3600;
  at.minute = second / 60 % 60;
  at.second = second % 60;
  at.day_of_year = static_cast<int>(day - days_from_civil({date.year, 1, 1}));
  at.summer = summer;
  return at;
}

std::int64_t utc_from_local(int year, int month, int day, int hour, int minute, int second, bool summer) {
  const std::int64_t local = days_from_civil({year, month, day}) * kMsPerDay + hour * kMsPerHour +
                             minute * kMsPerMinute + second * kMsPerSecond;
  return local - (summer ? 2 : 1) * kMsPerHour;
}

ShapePoint shape_at(std::int64_t utc_ms, std::uint64_t seed) {
  const LocalTime at = local_time(utc_ms);
  const bool weekend = at.weekday >= 5;
  const int winter = winter_permille(at.day_of_year);
  ShapePoint point{};
  point.household_w = between_hours(weekend ? kHomeWeekend : kHomeWeekday, at) * (850 + 350 * winter / 1000) / 1000;
  point.industry_w = between_hours(weekend ? kPlantWeekend : kPlantWeekday, at) * (950 + 100 * winter / 1000) / 1000;
  point.solar_w = solar_power(at, seed);
  point.day_tariff = !weekend && at.hour >= 7 && at.hour < 22;
  return point;
}

}  // namespace wattring::sim
