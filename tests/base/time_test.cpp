// SPDX-License-Identifier: Apache-2.0
#include "base/time.hpp"

#include <gtest/gtest.h>

namespace wattring {
namespace {

TEST(FloorDiv, RoundsTowardsMinusInfinity) {
  EXPECT_EQ(floor_div(7, 2), 3);
  EXPECT_EQ(floor_div(-7, 2), -4);
  EXPECT_EQ(floor_div(-8, 2), -4);
  EXPECT_EQ(floor_div(7, -2), -4);
}

TEST(FloorTo, TimesBefore1970FallInTheRightQuarter) {
  EXPECT_EQ(floor_to(-1, 15 * kMsPerMinute), -15 * kMsPerMinute);
  EXPECT_EQ(floor_to(0, 15 * kMsPerMinute), 0);
  EXPECT_EQ(ceil_to(1, 15 * kMsPerMinute), 15 * kMsPerMinute);
  EXPECT_EQ(ceil_to(-1, 15 * kMsPerMinute), 0);
  EXPECT_EQ(ceil_to(0, 15 * kMsPerMinute), 0);
}

TEST(DayOf, TheLastMillisecondBefore1970IsDayMinusOne) {
  EXPECT_EQ(day_of(0), 0);
  EXPECT_EQ(day_of(-1), -1);
  EXPECT_EQ(day_of(kMsPerDay), 1);
}

TEST(CivilDate, KnownDays) {
  EXPECT_EQ(days_from_civil({1970, 1, 1}), 0);
  EXPECT_EQ(days_from_civil({2000, 2, 29}), 11016);
  EXPECT_EQ(days_from_civil({2026, 2, 11}), 20495);
  EXPECT_EQ(days_from_civil({1969, 12, 31}), -1);
}

TEST(CivilDate, LeapYearsFollowTheGregorianRule) {
  EXPECT_TRUE(is_valid({2024, 2, 29}));
  EXPECT_TRUE(is_valid({2000, 2, 29}));
  EXPECT_FALSE(is_valid({1900, 2, 29}));
  EXPECT_FALSE(is_valid({2023, 2, 29}));
  EXPECT_FALSE(is_valid({2023, 4, 31}));
  EXPECT_FALSE(is_valid({2023, 0, 1}));
  EXPECT_FALSE(is_valid({2023, 13, 1}));
  EXPECT_FALSE(is_valid({2023, 1, 0}));
  EXPECT_FALSE(is_valid({2023, 1, 32}));
}

TEST(Rfc3339, IsPrintedInUtcWithMillisecondsOnlyWhenThereAreAny) {
  EXPECT_EQ(format_rfc3339(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_rfc3339(1'553'436'319'000), "2019-03-24T14:05:19Z");
  EXPECT_EQ(format_rfc3339(1'553'436'319'007), "2019-03-24T14:05:19.007Z");
  EXPECT_EQ(format_rfc3339(-1), "1969-12-31T23:59:59.999Z");
}

TEST(Rfc3339, IsReadWithZoneOrOffset) {
  EXPECT_EQ(parse_rfc3339("2019-03-24T14:05:19Z").value(), 1'553'436'319'000);
  EXPECT_EQ(parse_rfc3339("2019-03-24T15:05:19+01:00").value(), 1'553'436'319'000);
  EXPECT_EQ(parse_rfc3339("2019-03-24T15:05:19+0100").value(), 1'553'436'319'000);
  EXPECT_EQ(parse_rfc3339("2019-03-24T08:35:19-05:30").value(), 1'553'436'319'000);
  EXPECT_EQ(parse_rfc3339("2019-03-24 14:05:19z").value(), 1'553'436'319'000);
}

TEST(Rfc3339, SecondsAndFractionMayBeLeftOut) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:01Z").value(), kMsPerMinute);
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.5Z").value(), 500);
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.0019999999999999999Z").value(), 1) << "cut, not rounded";
}

TEST(Rfc3339, ALeapSecondIsTheNextMinutesFirst) {
  EXPECT_EQ(parse_rfc3339("2016-12-31T23:59:60Z").value(), parse_rfc3339("2017-01-01T00:00:00Z").value());
}

TEST(Rfc3339, RefusesWhatIsNotATime) {
  for (const char* text :
       {"", "2019", "2019-03-24", "2019-03-24T", "2019-03-24T14", "2019-03-24T14:05", "2019-03-24T14:05:19",
        "2019-02-29T00:00:00Z", "2019-13-01T00:00:00Z", "2019-03-24T24:00:00Z", "2019-03-24T14:60:00Z",
        "2019-03-24T14:05:61Z", "2019-03-24T14:05:19+01", "2019-03-24T14:05:19+24:00", "2019-03-24T14:05:19Zx",
        "19-03-24T14:05:19Z", "2019/03/24T14:05:19Z", "-019-03-24T14:05:19Z", " 2019-03-24T14:05:19Z"}) {
    EXPECT_FALSE(parse_rfc3339(text).has_value()) << text;
  }
}

TEST(Duration, NeedsAUnit) {
  EXPECT_EQ(parse_duration_ms("200ms").value(), 200);
  EXPECT_EQ(parse_duration_ms("5s").value(), 5000);
  EXPECT_EQ(parse_duration_ms("15m").value(), 15 * kMsPerMinute);
  EXPECT_EQ(parse_duration_ms("2h").value(), 2 * kMsPerHour);
  EXPECT_EQ(parse_duration_ms("7d").value(), 7 * kMsPerDay);
  EXPECT_EQ(parse_duration_ms("10y").value(), 3650 * kMsPerDay);
  for (const char* text : {"", "200", "ms", "5 s", "-5s", "1.5h", "5S", "5min", "5sx"}) {
    EXPECT_FALSE(parse_duration_ms(text).has_value()) << text;
  }
}

TEST(Duration, ThatDoesNotFitIsRefusedNotWrapped) {
  EXPECT_TRUE(parse_duration_ms("1000y").has_value());
  EXPECT_FALSE(parse_duration_ms("1001y").has_value());
  EXPECT_FALSE(parse_duration_ms("99999999999999999999ms").has_value());
}

TEST(Duration, IsPrintedInTheLargestUnitThatDividesIt) {
  EXPECT_EQ(format_duration_ms(900'000), "15m");
  EXPECT_EQ(format_duration_ms(1'500), "1500ms");
  EXPECT_EQ(format_duration_ms(90 * kMsPerMinute), "90m");
  EXPECT_EQ(format_duration_ms(365 * kMsPerDay), "1y");
  EXPECT_EQ(format_duration_ms(0), "0ms");
}

TEST(SystemClock, MonotonicTimeNeverGoesBack) {
  const SystemClock clock;
  const std::int64_t before = clock.monotonic_ns();
  EXPECT_GE(clock.monotonic_ns(), before);
  EXPECT_GT(clock.wall_ms(), days_from_civil({2024, 1, 1}) * kMsPerDay) << "this machine's clock is wrong";
}

}  // namespace
}  // namespace wattring
