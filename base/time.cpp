// SPDX-License-Identifier: Apache-2.0
#include "base/time.hpp"

#include <array>
#include <chrono>
#include <cstdio>

namespace wattring {
namespace {

/// Reads exactly `count` digits at the front and drops them; -1 when they are not there.
int take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return -1;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

Failure bad_time(std::string_view text) {
  return fail(ErrorCode::invalid_argument, "not an RFC 3339 time: \"" + std::string(text.substr(0, 64)) + "\"",
              "write it like 2026-02-11T13:02:11Z or 2026-02-11T14:02:11+01:00");
}

/// ".5" -> 500; digits past the third are cut.
int take_fraction_ms(std::string_view& text) {
  int ms = 0;
  int weight = 100;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    ms += (text.front() - '0') * weight;
    weight /= 10;
    text.remove_prefix(1);
  }
  return ms;
}

struct DurationUnit {
  std::string_view name;
  std::int64_t ms;
};
constexpr std::array<DurationUnit, 6> kUnits{
    {{"ms", 1}, {"s", kMsPerSecond}, {"m", kMsPerMinute}, {"h", kMsPerHour}, {"d", kMsPerDay}, {"y", 365 * kMsPerDay}}};

}  // namespace

std::int64_t days_from_civil(CivilDate date) {
  const std::int64_t y = date.month <= 2 ? date.year - 1 : date.year;
  const std::int64_t era = floor_div(y, 400);
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t shifted_month = (date.month + 9) % 12;
  const std::int64_t day_of_year = (153 * shifted_month + 2) / 5 + date.day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

CivilDate civil_from_days(std::int64_t days) {
  const std::int64_t z = days + 719468;
  const std::int64_t era = floor_div(z, 146097);
  const std::int64_t day_of_era = z - era * 146097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const int day = static_cast<int>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  const int month = static_cast<int>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  return {static_cast<int>(year), month, day};
}

bool is_valid(CivilDate date) {
  if (date.month < 1 || date.month > 12 || date.day < 1 || date.day > 31) return false;
  const CivilDate back = civil_from_days(days_from_civil(date));
  return back.year == date.year && back.month == date.month && back.day == date.day;
}

std::string format_rfc3339(std::int64_t time_ms) {
  const std::int64_t days = floor_div(time_ms, kMsPerDay);
  const std::int64_t in_day = time_ms - days * kMsPerDay;
  const CivilDate date = civil_from_days(days);
  const auto hour = static_cast<int>(in_day / kMsPerHour);
  const auto minute = static_cast<int>(in_day / kMsPerMinute % 60);
  const auto second = static_cast<int>(in_day / kMsPerSecond % 60);
  const auto ms = static_cast<int>(in_day % kMsPerSecond);
  std::array<char, 64> out{};
  if (ms == 0) {
    std::snprintf(out.data(), out.size(), "%04d-%02d-%02dT%02d:%02d:%02dZ", date.year, date.month, date.day, hour,
                  minute, second);
  } else {
    std::snprintf(out.data(), out.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", date.year, date.month, date.day, hour,
                  minute, second, ms);
  }
  return out.data();
}

Result<std::int64_t> parse_rfc3339(std::string_view text) {
  std::string_view rest = text;
  CivilDate date{};
  date.year = take_digits(rest, 4);
  const bool dash1 = take(rest, '-');
  date.month = take_digits(rest, 2);
  const bool dash2 = take(rest, '-');
  date.day = take_digits(rest, 2);
  if (!dash1 || !dash2 || date.year < 0 || !is_valid(date)) return bad_time(text);
  if (!take(rest, 'T') && !take(rest, 't') && !take(rest, ' ')) return bad_time(text);
  const int hour = take_digits(rest, 2);
  const bool colon = take(rest, ':');
  const int minute = take_digits(rest, 2);
  if (!colon || hour < 0 || hour > 23 || minute < 0 || minute > 59) return bad_time(text);
  int second = 0;
  int ms = 0;
  if (take(rest, ':')) {
    second = take_digits(rest, 2);
    if (second < 0 || second > 60) return bad_time(text);
    if (take(rest, '.')) ms = take_fraction_ms(rest);
  }
  int offset_min = 0;
  if (!take(rest, 'Z') && !take(rest, 'z')) {
    const bool east = take(rest, '+');
    if (!east && !take(rest, '-')) return bad_time(text);
    const int offset_hour = take_digits(rest, 2);
    take(rest, ':');
    const int offset_minute = take_digits(rest, 2);
    if (offset_hour < 0 || offset_hour > 23 || offset_minute < 0 || offset_minute > 59) return bad_time(text);
    offset_min = (offset_hour * 60 + offset_minute) * (east ? 1 : -1);
  }
  if (!rest.empty()) return bad_time(text);
  return days_from_civil(date) * kMsPerDay + hour * kMsPerHour + (minute - offset_min) * kMsPerMinute +
         second * kMsPerSecond + ms;
}

Result<std::int64_t> parse_duration_ms(std::string_view text) {
  std::string_view rest = text;
  std::int64_t count = 0;
  while (!rest.empty() && rest.front() >= '0' && rest.front() <= '9') {
    if (count > 100'000'000'000)
      return fail(ErrorCode::invalid_argument, "duration too long: \"" + std::string(text) + "\"");
    count = count * 10 + (rest.front() - '0');
    rest.remove_prefix(1);
  }
  const bool has_digits = rest.size() < text.size();
  for (const DurationUnit& unit : kUnits) {
    if (!has_digits || rest != unit.name) continue;
    if (count > std::int64_t{1000} * 365 * kMsPerDay / unit.ms)
      return fail(ErrorCode::invalid_argument, "duration too long: \"" + std::string(text) + "\"");
    return count * unit.ms;
  }
  return fail(ErrorCode::invalid_argument, "\"" + std::string(text) + "\" is not a duration with a unit",
              "for example \"200ms\", \"5s\", \"15m\", \"2h\", \"7d\" or \"10y\"");
}

std::string format_duration_ms(std::int64_t duration_ms) {
  for (auto unit = kUnits.rbegin(); unit != kUnits.rend(); ++unit) {
    if (duration_ms != 0 && duration_ms % unit->ms == 0)
      return std::to_string(duration_ms / unit->ms) + std::string(unit->name);
  }
  return std::to_string(duration_ms) + "ms";
}

std::int64_t SystemClock::wall_ms() const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

std::int64_t SystemClock::monotonic_ns() const {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

}  // namespace wattring
