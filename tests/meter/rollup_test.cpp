// SPDX-License-Identifier: Apache-2.0
#include "node/meter/rollup.hpp"

#include <gtest/gtest.h>

#include "tests/meter/facts.hpp"

namespace wattring::meter {
namespace {

using test::kDay0;

constexpr std::int64_t kQuarter = 15 * kMsPerMinute;

std::vector<Interval> quarters(std::int64_t from_ms, std::int64_t to_ms, std::int64_t value = 1) {
  std::vector<Interval> out;
  for (std::int64_t start = from_ms; start < to_ms; start += kQuarter)
    out.push_back({start, start + kQuarter, value, IntervalQuality::actual, 0, 0});
  return out;
}
Zone brussels() {
  return Zone::find("Europe/Brussels").value();
}
/// A local midnight in Brussels by the zone itself, so that the test does not repeat its rules.
std::int64_t midnight(CivilDate date) {
  return brussels().to_utc(days_from_civil(date) * kMsPerDay).utc_ms;
}

TEST(RollUp, FourQuartersAreAnHour) {
  const auto parts = quarters(kDay0, kDay0 + kMsPerDay, 25);
  const auto hours = roll_up(parts, Every::hour, Zone::utc(), kDay0, kDay0 + kMsPerDay);
  ASSERT_EQ(hours.size(), 24U);
  for (const Interval& hour : hours) {
    EXPECT_EQ(hour.value, 100);
    EXPECT_EQ(hour.end_ms - hour.start_ms, kMsPerHour);
    EXPECT_EQ(hour.flags, 0U);
  }
}

TEST(RollUp, LocalDaysHave92Or96Or100Quarters) {
  struct Case {
    CivilDate date;
    std::int64_t quarters;
  };
  for (const Case& each : {Case{{2023, 3, 26}, 92}, Case{{2023, 10, 28}, 96}, Case{{2023, 10, 29}, 100}}) {
    const std::int64_t from = midnight(each.date);
    const auto days = roll_up(quarters(from - kMsPerDay, from + 3 * kMsPerDay), Every::day, brussels(), from, from + 1);
    ASSERT_EQ(days.size(), 1U);
    EXPECT_EQ(days[0].start_ms, from);
    EXPECT_EQ(days[0].value, each.quarters);
    EXPECT_EQ(days[0].end_ms - days[0].start_ms, each.quarters * kQuarter);
    EXPECT_EQ(days[0].flags, 0U);
  }
}

TEST(RollUp, MonthsFollowTheLocalCalendar) {
  const std::int64_t from = midnight({2023, 10, 1});
  const std::int64_t to = midnight({2023, 12, 1});
  const auto months = roll_up(quarters(from, to), Every::month, brussels(), from, to);
  ASSERT_EQ(months.size(), 2U);
  EXPECT_EQ(months[0].value, 31 * 96 + 4);
  EXPECT_EQ(months[1].value, 30 * 96);
  EXPECT_EQ(months[1].start_ms, midnight({2023, 11, 1}));
}

TEST(RollUp, GivesTheSpansThatStartInTheRange) {
  const auto parts = quarters(kDay0, kDay0 + kMsPerDay);
  const auto hours = roll_up(parts, Every::hour, Zone::utc(), kDay0 + 1, kDay0 + 2 * kMsPerHour + 1);
  ASSERT_EQ(hours.size(), 2U);
  EXPECT_EQ(hours[0].start_ms, kDay0 + kMsPerHour);
  EXPECT_TRUE(roll_up(parts, Every::hour, Zone::utc(), kDay0, kDay0).empty());
}

TEST(RollUp, AMissingPartLeavesThePartialSum) {
  auto parts = quarters(kDay0, kDay0 + kMsPerHour, 25);
  parts[2].value.reset();
  parts[2].quality = IntervalQuality::missing;
  parts[2].flags = kIntervalReset;
  const auto hours = roll_up(parts, Every::hour, Zone::utc(), kDay0, kDay0 + kMsPerHour);
  EXPECT_EQ(hours[0].value, 75);
  EXPECT_EQ(hours[0].quality, IntervalQuality::actual);
  EXPECT_EQ(hours[0].flags, kIntervalReset | kIntervalPartial);
}

TEST(RollUp, PartsThatWereNotGivenCountAsMissing) {
  auto parts = quarters(kDay0, kDay0 + kMsPerHour, 25);
  parts.pop_back();
  EXPECT_EQ(roll_up(parts, Every::hour, Zone::utc(), kDay0, kDay0 + 1)[0].flags, kIntervalPartial);
  const auto hours = roll_up({}, Every::hour, Zone::utc(), kDay0, kDay0 + 1);
  ASSERT_EQ(hours.size(), 1U);
  EXPECT_EQ(hours[0].value, std::nullopt);
  EXPECT_EQ(hours[0].quality, IntervalQuality::missing);
}

TEST(RollUp, TheWorstPartShows) {
  auto parts = quarters(kDay0, kDay0 + kMsPerHour, 25);
  parts[1].quality = IntervalQuality::interpolated;
  parts[2].quality = IntervalQuality::estimated;
  parts[2].method = 17;
  parts[3].flags = kIntervalGap | kIntervalPending;
  const auto hours = roll_up(parts, Every::hour, Zone::utc(), kDay0, kDay0 + 1);
  EXPECT_EQ(hours[0].quality, IntervalQuality::estimated);
  EXPECT_EQ(hours[0].method, 17);
  EXPECT_EQ(hours[0].flags, kIntervalGap | kIntervalPending);
}

TEST(RollUp, AGaugesHourIsTheMeanOfWhatIsKnown) {
  auto parts = quarters(kDay0, kDay0 + kMsPerHour, 100);
  parts[0].value = 401;
  parts[3].value.reset();
  const auto hours = roll_up(parts, Every::hour, Zone::utc(), kDay0, kDay0 + 1, Kind::gauge);
  EXPECT_EQ(hours[0].value, 200);
  EXPECT_EQ(hours[0].flags, kIntervalPartial);
}

TEST(RollUp, FineIntervalsBecomeQuarters) {
  std::vector<Interval> fives;
  for (int i = 0; i < 6; ++i)
    fives.push_back(
        {kDay0 + i * 5 * kMsPerMinute, kDay0 + (i + 1) * 5 * kMsPerMinute, i, IntervalQuality::actual, 0, 0});
  const auto result = roll_up(fives, Every::quarter_hour, Zone::utc(), kDay0, kDay0 + 2 * kQuarter);
  ASSERT_EQ(result.size(), 2U);
  EXPECT_EQ(result[0].value, 0 + 1 + 2);
  EXPECT_EQ(result[1].value, 3 + 4 + 5);
}

TEST(RollUp, IntervalsOfTheSpansLengthOrLongerStayAsTheyAre) {
  const auto parts = quarters(kDay0, kDay0 + kMsPerHour);
  EXPECT_EQ(roll_up(parts, Every::quarter_hour, Zone::utc(), kDay0, kDay0 + kMsPerHour), parts);
  const std::vector<Interval> hour{{kDay0, kDay0 + kMsPerHour, 9, IntervalQuality::actual, 0, 0}};
  EXPECT_EQ(roll_up(hour, Every::quarter_hour, Zone::utc(), kDay0, kDay0 + kMsPerHour), hour);
}

TEST(RollUp, ASumBeyond63BitsIsCutAndMarked) {
  const auto parts = quarters(kDay0, kDay0 + kMsPerHour, 9'223'372'036'854'775'807);
  const auto hours = roll_up(parts, Every::hour, Zone::utc(), kDay0, kDay0 + 1);
  EXPECT_EQ(hours[0].value, 9'223'372'036'854'775'807);
  EXPECT_EQ(hours[0].flags, kIntervalSuspect);
}

}  // namespace
}  // namespace wattring::meter
