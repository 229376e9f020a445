// SPDX-License-Identifier: Apache-2.0
#include "node/meter/intervals.hpp"

#include <gtest/gtest.h>

#include "tests/meter/facts.hpp"

namespace wattring::meter {
namespace {

using test::kDay0;
using test::reading;
using test::readings;

constexpr std::int64_t kQuarter = 15 * kMsPerMinute;

std::vector<Interval> quarters(const std::vector<Fact>& facts, int count, const FoldOptions& options = {}) {
  return derive_intervals(facts, {}, options, kDay0, kDay0 + count * kQuarter);
}

/// A reading every quarter hour, 25 Wh each.
std::vector<Fact> steady(int from_quarter, int to_quarter) {
  std::vector<Fact> facts;
  for (int quarter = from_quarter; quarter <= to_quarter; ++quarter)
    facts.push_back(reading(kDay0 + quarter * kQuarter, 1000 + 25 * quarter));
  return facts;
}

TEST(Intervals, ReadingsOnTheGridGiveTheirDifferences) {
  const auto intervals = quarters(steady(0, 4), 4);
  ASSERT_EQ(intervals.size(), 4U);
  for (const Interval& each : intervals) {
    EXPECT_EQ(each.value, 25);
    EXPECT_EQ(each.quality, IntervalQuality::actual);
    EXPECT_EQ(each.flags, 0U);
    EXPECT_EQ(each.end_ms - each.start_ms, kQuarter);
  }
}

TEST(Intervals, RoundTheRegisterAndNotTheInterval) {
  // 100 Wh over three quarters: 33.3 each; rounding each would lose one.
  const auto intervals = quarters(readings({{0, 0}, {45, 100}}), 3);
  EXPECT_EQ(intervals[0].value, 33);
  EXPECT_EQ(intervals[1].value, 33);
  EXPECT_EQ(intervals[2].value, 34);
}

TEST(Intervals, EveryIntervalThatStartsInTheRangeIsThere) {
  const auto facts = steady(0, 4);
  const auto intervals = derive_intervals(facts, {}, {}, kDay0 + 1, kDay0 + 2 * kQuarter + 1);
  ASSERT_EQ(intervals.size(), 2U);
  EXPECT_EQ(intervals.front().start_ms, kDay0 + kQuarter);
  EXPECT_EQ(intervals.back().start_ms, kDay0 + 2 * kQuarter);
  EXPECT_TRUE(derive_intervals(facts, {}, {}, kDay0, kDay0).empty());
}

TEST(Intervals, BeforeTheFirstReadingThereIsNoValue) {
  const auto intervals = quarters(steady(2, 8), 3);
  EXPECT_EQ(intervals[0].value, std::nullopt);
  EXPECT_EQ(intervals[1].value, std::nullopt);
  EXPECT_EQ(intervals[1].quality, IntervalQuality::missing);
  EXPECT_EQ(intervals[1].flags, 0U) << "missing, but for good";
  EXPECT_EQ(intervals[2].value, 25) << "the first reading is a reference, not usage since zero";
}

TEST(Intervals, AnIntervalThatTheFirstReadingFallsIntoIsPartial) {
  const auto facts = readings({{5, 1000}, {15, 1010}, {30, 1020}});
  const auto intervals = quarters(facts, 2);
  EXPECT_EQ(intervals[0].value, 10);
  EXPECT_EQ(intervals[0].flags, kIntervalPartial);
  EXPECT_EQ(intervals[1].flags, 0U);
}

TEST(Intervals, BehindTheLastReadingTheyArePending) {
  const auto intervals = quarters(readings({{0, 1000}, {15, 1025}, {20, 1030}}), 3);
  EXPECT_EQ(intervals[0].flags, 0U);
  EXPECT_EQ(intervals[1].value, 5);
  EXPECT_EQ(intervals[1].flags, kIntervalPending | kIntervalPartial);
  EXPECT_EQ(intervals[2].value, std::nullopt);
  EXPECT_EQ(intervals[2].flags, kIntervalPending);
}

TEST(Intervals, AMeterThatNeverReadHasOnlyPendingIntervals) {
  const auto intervals = quarters({}, 2);
  ASSERT_EQ(intervals.size(), 2U);
  EXPECT_EQ(intervals[1].quality, IntervalQuality::missing);
  EXPECT_EQ(intervals[1].flags, kIntervalPending) << "its first reading may still come";
}

TEST(Intervals, OverAGapTheKnownEnergyIsSpreadAndMarked) {
  auto facts = steady(0, 4);
  for (const Fact& fact : steady(10, 14)) facts.push_back(fact);  // 90 minutes
  for (const Fact& fact : steady(24, 28)) facts.push_back(fact);  // 150 minutes
  const auto intervals = quarters(facts, 28);
  EXPECT_EQ(intervals[3].quality, IntervalQuality::actual);
  EXPECT_EQ(intervals[4].quality, IntervalQuality::interpolated);
  EXPECT_EQ(intervals[4].flags, kIntervalGap);
  EXPECT_EQ(intervals[13].flags, 0U);
  EXPECT_EQ(intervals[16].quality, IntervalQuality::estimated);
  EXPECT_EQ(intervals[16].flags, kIntervalGap);
  std::int64_t sum = 0;
  for (const Interval& each : intervals) sum += each.value.value();
  EXPECT_EQ(sum, 28 * 25);
}

TEST(Intervals, OneMissedReadingIsInterpolatedButNoGap) {
  auto facts = steady(0, 8);
  facts.erase(facts.begin() + 4);
  const auto intervals = quarters(facts, 8);
  EXPECT_EQ(intervals[3].quality, IntervalQuality::interpolated);
  EXPECT_EQ(intervals[3].flags, 0U) << "2 periods; a gap is more than 2.5";
}

TEST(Intervals, ABoundaryWithinTenSecondsOfAReadingIsActual) {
  FoldOptions options;
  options.nominal_period_ms = kMsPerMinute;
  const std::vector<Fact> near{reading(kDay0 - 10'000, 0), reading(kDay0 + kQuarter + 10'000, 920)};
  const std::vector<Fact> far{reading(kDay0 - 10'001, 0), reading(kDay0 + kQuarter + 10'001, 920)};
  EXPECT_EQ(quarters(near, 1, options)[0].quality, IntervalQuality::actual);
  EXPECT_EQ(quarters(far, 1, options)[0].quality, IntervalQuality::interpolated);
}

TEST(Intervals, ReadingsApartByOnePeriodMakeActualBoundaries) {
  FoldOptions options;
  options.nominal_period_ms = kQuarter;
  const auto facts = readings({{-7, 0}, {8, 15}, {23, 30}});
  EXPECT_EQ(quarters(facts, 1, options)[0].quality, IntervalQuality::actual);
  options.nominal_period_ms = 10 * kMsPerMinute;
  EXPECT_EQ(quarters(facts, 1, options)[0].quality, IntervalQuality::interpolated);
}

TEST(Intervals, TheNominalPeriodIsTheMostFrequentSpacingOfTheDay) {
  std::vector<Fact> facts;
  for (int hour = 0; hour <= 23; ++hour) facts.push_back(reading(kDay0 + hour * kMsPerHour, 100 * hour));
  EXPECT_EQ(quarters(facts, 8)[5].quality, IntervalQuality::actual) << "an hourly meter reads as often as it does";
  facts.resize(3);
  EXPECT_EQ(quarters(facts, 8)[5].quality, IntervalQuality::interpolated) << "two spacings say nothing";
}

TEST(Intervals, ADailyReadingGivesEstimatesHoweverRegular) {
  std::vector<Fact> facts;
  for (int day = -2; day <= 12; ++day) facts.push_back(reading(kDay0 + day * kMsPerDay, 9600 * (day + 2)));
  FoldOptions options;
  options.nominal_period_ms = kMsPerDay;
  const auto intervals = quarters(facts, 96, options);
  EXPECT_EQ(intervals[40].value, 100);
  EXPECT_EQ(intervals[40].quality, IntervalQuality::estimated);
}

TEST(Intervals, ShowTheQualityOfTheReadingsTheyRestOn) {
  auto facts = steady(0, 8);
  facts[2].quality = Quality::estimated;
  facts[2].method = 17;
  facts[5].quality = Quality::edited;
  facts[7].quality = Quality::validated;
  const auto intervals = quarters(facts, 8);
  EXPECT_EQ(intervals[0].quality, IntervalQuality::actual);
  EXPECT_EQ(intervals[1].quality, IntervalQuality::estimated);
  EXPECT_EQ(intervals[1].method, 17);
  EXPECT_EQ(intervals[2].quality, IntervalQuality::estimated);
  EXPECT_EQ(intervals[3].quality, IntervalQuality::actual);
  EXPECT_EQ(intervals[4].quality, IntervalQuality::edited);
  EXPECT_EQ(intervals[4].method, 0);
  EXPECT_EQ(intervals[6].quality, IntervalQuality::actual);
}

TEST(Intervals, AnEstimatedReadingInsideDoesNotMatterToTheSum) {
  auto facts = readings({{0, 1000}, {7, 1010}, {15, 1025}, {30, 1050}});
  facts[1].quality = Quality::estimated;
  EXPECT_EQ(quarters(facts, 1)[0].quality, IntervalQuality::actual);
}

TEST(Intervals, MarkConflictsAndRoundedReadings) {
  auto facts = steady(0, 6);
  facts[2].flags = kFlagRounded;
  const std::vector<std::int64_t> conflicted{facts[5].start_ms};
  const auto intervals = derive_intervals(facts, {}, {}, kDay0, kDay0 + 6 * kQuarter, conflicted);
  EXPECT_EQ(intervals[0].flags, 0U);
  EXPECT_EQ(intervals[1].flags, kIntervalRounded);
  EXPECT_EQ(intervals[2].flags, kIntervalRounded);
  EXPECT_EQ(intervals[3].flags, 0U);
  EXPECT_EQ(intervals[4].flags, kIntervalConflict);
}

TEST(Intervals, AnExchangeInsideLeavesTheRest) {
  auto facts = readings({{0, 1000}, {15, 1025}, {20, 1030}, {25, 0}, {30, 7}, {45, 30}, {60, 55}});
  const std::vector<std::int64_t> exchange{kDay0 + 22 * kMsPerMinute};
  FoldOptions options;
  options.nominal_period_ms = kQuarter;
  const auto intervals = derive_intervals(facts, exchange, options, kDay0, kDay0 + 4 * kQuarter);
  EXPECT_EQ(intervals[0].flags, 0U);
  EXPECT_EQ(intervals[1].value, 5 + 7);
  EXPECT_EQ(intervals[1].flags, kIntervalExchange | kIntervalPartial);
  EXPECT_EQ(intervals[2].value, 23);
  EXPECT_EQ(intervals[2].flags, 0U);
}

TEST(Intervals, AnExchangeOverWholeIntervalsLeavesThemMissing) {
  const auto facts = readings({{0, 1000}, {15, 1025}, {60, 0}, {75, 25}});
  const std::vector<std::int64_t> exchange{kDay0 + 40 * kMsPerMinute};
  const auto intervals = derive_intervals(facts, exchange, {}, kDay0, kDay0 + 5 * kQuarter);
  EXPECT_EQ(intervals[1].value, std::nullopt);
  EXPECT_EQ(intervals[1].flags, kIntervalExchange | kIntervalGap);
  EXPECT_EQ(intervals[4].value, 25);
}

TEST(Intervals, AnUndecidedFallIsPendingAndBooksNothing) {
  const auto intervals = quarters(readings({{0, 50'000}, {15, 50'025}, {30, 0}, {45, 0}}), 4);
  EXPECT_EQ(intervals[0].value, 25);
  EXPECT_EQ(intervals[0].flags, 0U);
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_EQ(intervals[i].value, std::nullopt);
    EXPECT_EQ(intervals[i].flags, kIntervalPending);
  }
}

TEST(Intervals, AGlitchIsBridgedAndMarked) {
  const auto intervals = quarters(readings({{0, 50'000}, {15, 0}, {30, 50'050}, {45, 50'075}}), 3);
  EXPECT_EQ(intervals[0].value, 25);
  EXPECT_EQ(intervals[0].flags, kIntervalGlitch);
  EXPECT_EQ(intervals[1].value, 25);
  EXPECT_EQ(intervals[2].flags, 0U);
}

TEST(Intervals, ARolloverIsSpreadLikeAnyUsage) {
  FoldOptions options;
  options.modulus = 1'000'000;
  auto facts = readings({{0, 999'990}, {30, 10}});
  for (int i = 1; i < 8; ++i) facts.push_back(reading(kDay0 + (i + 2) * kQuarter, 10 + i));
  const auto intervals = quarters(facts, 3, options);
  EXPECT_EQ(intervals[0].value, 10);
  EXPECT_EQ(intervals[1].value, 10);
  EXPECT_EQ(intervals[1].flags, kIntervalRollover);
  EXPECT_EQ(intervals[2].value, 1);
}

TEST(Intervals, AreAlignedBefore1970Too) {
  const std::vector<Fact> facts{reading(-2 * kQuarter, 100), reading(0, 150)};
  const auto intervals = derive_intervals(facts, {}, {}, -2 * kQuarter, 0);
  ASSERT_EQ(intervals.size(), 2U);
  EXPECT_EQ(intervals[0].value, 25);
  EXPECT_EQ(intervals[0].start_ms, -2 * kQuarter);
}

TEST(Intervals, EventsHaveNone) {
  FoldOptions options;
  options.kind = Kind::event;
  EXPECT_TRUE(quarters(steady(0, 4), 4, options).empty());
}

TEST(Margins, OfARegisterAreTenReadingsAndTwentyMinutes) {
  const FoldOptions options;
  const auto ten = steady(-10, 10);
  EXPECT_TRUE(reaches_back(ten, options, kDay0));
  EXPECT_FALSE(reaches_back(ten, options, kDay0 - 1));
  EXPECT_TRUE(reaches_ahead(ten, options, kDay0));
  EXPECT_FALSE(reaches_ahead(ten, options, kDay0 + 1)) << "the last interval ends a quarter hour later";
  std::vector<Fact> seconds;
  for (std::int64_t second = -1200; second <= 1200; ++second) seconds.push_back(reading(kDay0 + second * 1000, second));
  EXPECT_TRUE(reaches_back(seconds, options, kDay0));
  EXPECT_FALSE(reaches_back(seconds, options, kDay0 - 1000));
  EXPECT_TRUE(reaches_ahead(seconds, options, kDay0));
  EXPECT_FALSE(reaches_back({}, options, kDay0));
}

TEST(Margins, OfAGaugeAreTheNextReadingOnEitherSide) {
  FoldOptions options;
  options.kind = Kind::gauge;
  EXPECT_TRUE(reaches_back(steady(0, 1), options, kDay0));
  EXPECT_FALSE(reaches_back(steady(0, 1), options, kDay0 - 1));
  EXPECT_TRUE(reaches_ahead(steady(0, 1), options, kDay0 + kQuarter));
  EXPECT_FALSE(reaches_ahead(steady(0, 1), options, kDay0 + kQuarter + 1));
  EXPECT_EQ(look_back_ms(options), options.interpolate_max_ms);
}

TEST(Margins, OfAmountsAreTheLongestOne) {
  FoldOptions options;
  options.kind = Kind::interval;
  EXPECT_EQ(look_back_ms(options), options.longest_amount_ms);
  EXPECT_TRUE(reaches_back({}, options, kDay0));
  EXPECT_FALSE(reaches_ahead({}, options, kDay0)) << "nothing says that the last interval is closed";
  const std::vector<Fact> closing{test::amount(kDay0, kDay0 + kQuarter, 1)};
  EXPECT_TRUE(reaches_ahead(closing, options, kDay0 + kQuarter));
}

TEST(IntervalWords, AreThoseOfTheApi) {
  for (const Every every : {Every::quarter_hour, Every::hour, Every::day, Every::month})
    EXPECT_EQ(parse_every(to_string(every)), every);
  EXPECT_EQ(parse_every("15m"), Every::quarter_hour);
  EXPECT_EQ(parse_every("1mo"), Every::month);
  EXPECT_EQ(parse_every("2h"), std::nullopt);
  EXPECT_EQ(to_string(IntervalQuality::interpolated), "interpolated");
  EXPECT_EQ(to_string(IntervalQuality::missing), "missing");
  EXPECT_EQ(flag_names(kIntervalGap | kIntervalPending | kIntervalPartial),
            (std::vector<std::string_view>{"gap", "pending", "partial"}));
  EXPECT_EQ(flag_names(kIntervalExchange | kIntervalRounded), (std::vector<std::string_view>{"exchange", "rounded"}));
  EXPECT_EQ(flag_names((1U << 11U) - 1).size(), 11U);
}

}  // namespace
}  // namespace wattring::meter
