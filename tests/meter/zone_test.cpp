// SPDX-License-Identifier: Apache-2.0
#include "node/meter/zone.hpp"

#include <gtest/gtest.h>

namespace wattring::meter {
namespace {

std::int64_t at(std::string_view rfc3339) {
  return parse_rfc3339(rfc3339).value();
}
/// A local time is written as if it were UTC.
std::int64_t local(const std::string& text) {
  return at(text + "Z");
}

Zone zone(std::string_view name) {
  return Zone::find(name).value();
}

TEST(Zone, UnknownNamesAreNotFoundAndSaySo) {
  for (const std::string_view name : {"", "Europe/Brussel", "../../etc/passwd", "CEST"}) {
    const auto found = Zone::find(name);
    ASSERT_FALSE(found.has_value()) << name;
    EXPECT_EQ(found.error().code, ErrorCode::not_found);
    EXPECT_FALSE(found.error().hint.empty());
  }
}

TEST(Zone, UtcIsUtc) {
  for (const Zone& utc : {Zone::utc(), zone("UTC")}) {
    const std::int64_t t = at("2024-06-01T12:34:56Z");
    EXPECT_EQ(utc.name(), "UTC");
    EXPECT_EQ(utc.to_local_ms(t), t);
    EXPECT_EQ(utc.to_utc(t).utc_ms, t);
    EXPECT_FALSE(utc.to_utc(t).ambiguous);
    EXPECT_EQ(utc.local_day(t).begin_ms, at("2024-06-01T00:00:00Z"));
    EXPECT_EQ(utc.local_month(t).end_ms, at("2024-07-01T00:00:00Z"));
    EXPECT_EQ(utc.local_day(-1).begin_ms, at("1969-12-31T00:00:00Z"));
  }
}

TEST(Zone, TheDatabaseHasARelease) {
  const std::string version = Zone::database_version();
  ASSERT_GE(version.size(), 5U) << version;
  EXPECT_EQ(version.substr(0, 2), "20");
}

TEST(Zone, BrusselsAutumnDayHas25Hours) {
  const Zone brussels = zone("Europe/Brussels");
  const Zone::Span day = brussels.local_day(at("2023-10-29T12:00:00Z"));
  EXPECT_EQ(day.begin_ms, at("2023-10-28T22:00:00Z"));
  EXPECT_EQ(day.end_ms - day.begin_ms, 25 * kMsPerHour);
  EXPECT_EQ(brussels.local_day(day.end_ms - 1).begin_ms, day.begin_ms);
  EXPECT_EQ(brussels.local_day(day.end_ms).begin_ms, day.end_ms);
}

TEST(Zone, BrusselsSpringDayHas23Hours) {
  const Zone::Span day = zone("Europe/Brussels").local_day(at("2024-03-31T12:00:00Z"));
  EXPECT_EQ(day.begin_ms, at("2024-03-30T23:00:00Z"));
  EXPECT_EQ(day.end_ms - day.begin_ms, 23 * kMsPerHour);
}

TEST(Zone, TheDoubledHourIsAmbiguousOnlyWithoutAMarker) {
  const Zone brussels = zone("Europe/Brussels");
  const std::int64_t half_past_two = local("2023-10-29T02:30:00");
  const Zone::Resolved unmarked = brussels.to_utc(half_past_two);
  EXPECT_EQ(unmarked.utc_ms, at("2023-10-29T00:30:00Z"));
  EXPECT_TRUE(unmarked.ambiguous);
  const Zone::Resolved summer = brussels.to_utc(half_past_two, DstMarker::summer);
  EXPECT_EQ(summer.utc_ms, at("2023-10-29T00:30:00Z"));
  EXPECT_FALSE(summer.ambiguous);
  const Zone::Resolved winter = brussels.to_utc(half_past_two, DstMarker::winter);
  EXPECT_EQ(winter.utc_ms, at("2023-10-29T01:30:00Z"));
  EXPECT_FALSE(winter.ambiguous);
  EXPECT_FALSE(brussels.to_utc(local("2023-10-29T03:00:00")).ambiguous);
  EXPECT_FALSE(brussels.to_utc(local("2023-10-29T01:59:59")).ambiguous);
}

TEST(Zone, ALocalTimeInTheSpringGapIsMovedPastIt) {
  const Zone::Resolved moved = zone("Europe/Brussels").to_utc(local("2024-03-31T02:30:00"));
  EXPECT_TRUE(moved.skipped);
  EXPECT_FALSE(moved.ambiguous);
  EXPECT_EQ(moved.utc_ms, at("2024-03-31T01:30:00Z"));  // 03:30 summer time
  EXPECT_FALSE(zone("Europe/Brussels").to_utc(local("2024-03-31T03:00:00")).skipped);
}

TEST(Zone, LordHoweShiftsByHalfAnHour) {
  const Zone lord_howe = zone("Australia/Lord_Howe");
  const Zone::Span autumn = lord_howe.local_day(at("2024-04-06T16:00:00Z"));
  EXPECT_EQ(autumn.end_ms - autumn.begin_ms, 24 * kMsPerHour + 30 * kMsPerMinute);
  const Zone::Span spring = lord_howe.local_day(at("2024-10-05T16:00:00Z"));
  EXPECT_EQ(spring.end_ms - spring.begin_ms, 23 * kMsPerHour + 30 * kMsPerMinute);
  EXPECT_TRUE(lord_howe.to_utc(local("2024-04-07T01:45:00")).ambiguous);
  EXPECT_FALSE(lord_howe.to_utc(local("2024-04-07T02:00:00")).ambiguous);
}

TEST(Zone, ADayThatBeginsInAGapBeginsAtTheChange) {
  // Cairo's clocks go from 00:00 to 01:00 on the last Friday of April since 2023.
  const Zone cairo = zone("Africa/Cairo");
  const Zone::Span day = cairo.local_day(at("2024-04-26T10:00:00Z"));
  EXPECT_EQ(day.begin_ms, at("2024-04-25T22:00:00Z"));
  EXPECT_EQ(day.end_ms - day.begin_ms, 23 * kMsPerHour);
}

TEST(Zone, ADayThatWasLeftOutIsNoDay) {
  // Samoa went from the 29th to the 31st of December 2011.
  const Zone apia = zone("Pacific/Apia");
  const Zone::Span before = apia.local_day(at("2011-12-30T09:59:59Z"));
  const Zone::Span after = apia.local_day(at("2011-12-30T10:00:00Z"));
  EXPECT_EQ(before.end_ms, at("2011-12-30T10:00:00Z"));
  EXPECT_EQ(after.begin_ms, at("2011-12-30T10:00:00Z"));
  EXPECT_EQ(after.end_ms - after.begin_ms, 24 * kMsPerHour);
}

TEST(Zone, MonthsAreLocal) {
  const Zone::Span october = zone("Europe/Brussels").local_month(at("2023-10-15T00:00:00Z"));
  EXPECT_EQ(october.begin_ms, at("2023-09-30T22:00:00Z"));
  EXPECT_EQ(october.end_ms, at("2023-10-31T23:00:00Z"));
  const Zone::Span december = zone("Europe/Brussels").local_month(at("2023-12-31T22:59:59Z"));
  EXPECT_EQ(december.end_ms, at("2023-12-31T23:00:00Z"));
}

TEST(Zone, LocalAndBackIsTheSameInstantOutsideTheDoubledHour) {
  for (const char* name : {"Europe/Brussels", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"}) {
    const Zone z = zone(name);
    for (std::int64_t t = at("2021-01-01T00:00:00Z"); t < at("2023-01-01T00:00:00Z"); t += 17 * kMsPerMinute) {
      const std::int64_t there = z.to_local_ms(t);
      const std::int64_t first = z.to_utc(there, DstMarker::summer).utc_ms;
      const std::int64_t second = z.to_utc(there, DstMarker::winter).utc_ms;
      ASSERT_TRUE(first == t || second == t) << name << " " << t;
      ASSERT_EQ(z.to_utc(there).ambiguous, first != second);
    }
  }
}

}  // namespace
}  // namespace wattring::meter
