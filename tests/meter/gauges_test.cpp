// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "node/meter/intervals.hpp"
#include "tests/meter/facts.hpp"

namespace wattring::meter {
namespace {

using test::amount;
using test::kDay0;
using test::reading;
using test::readings;

constexpr std::int64_t kQuarter = 15 * kMsPerMinute;

std::vector<Interval> means(const std::vector<Fact>& facts, int count) {
  FoldOptions options;
  options.kind = Kind::gauge;
  return derive_intervals(facts, {}, options, kDay0, kDay0 + count * kQuarter);
}

TEST(Gauges, TheMeanIsWeightedByTime) {
  const auto intervals = means(readings({{0, 100}, {5, 100}, {10, 400}, {15, 400}}), 1);
  EXPECT_EQ(intervals[0].value, (100 * 5 + 250 * 5 + 400 * 5) / 15);
  EXPECT_EQ(intervals[0].quality, IntervalQuality::actual);
  EXPECT_EQ(intervals[0].flags, 0U);
}

TEST(Gauges, TheLineIsCutAtTheBoundary) {
  const auto intervals = means(readings({{-10, 0}, {20, 300}, {30, 300}, {40, 300}}), 2);
  EXPECT_EQ(intervals[0].value, 175) << "from 100 W to 250 W";
  EXPECT_EQ(intervals[1].value, 292) << "275 W for 5 minutes, 300 W for 10: 291.7, rounded half up";
}

TEST(Gauges, AMeanMayBeNegative) {
  EXPECT_EQ(means(readings({{0, -100}, {15, -101}}), 1)[0].value, -100) << "-100.5, rounded half up";
}

TEST(Gauges, AGapOfMoreThanTwoHoursHasNoMean) {
  const auto facts = readings({{0, 100}, {5, 100}, {10, 100}, {15, 100}, {136, 500}, {140, 500}, {150, 500}});
  const auto intervals = means(facts, 10);
  EXPECT_EQ(intervals[0].value, 100);
  EXPECT_EQ(intervals[1].value, std::nullopt);
  EXPECT_EQ(intervals[1].flags, kIntervalGap);
  EXPECT_EQ(intervals[9].value, 500);
  EXPECT_EQ(intervals[9].flags, kIntervalGap | kIntervalPartial) << "from 136 on";
}

TEST(Gauges, AShorterGapIsInterpolated) {
  const auto facts = readings({{0, 100}, {5, 100}, {10, 100}, {15, 100}, {60, 400}});
  const auto intervals = means(facts, 4);
  EXPECT_EQ(intervals[1].value, 150);
  EXPECT_EQ(intervals[1].quality, IntervalQuality::interpolated);
  EXPECT_EQ(intervals[1].flags, kIntervalGap);
}

TEST(Gauges, BehindTheLastReadingTheyArePending) {
  const auto intervals = means(readings({{0, 100}, {5, 200}}), 2);
  EXPECT_EQ(intervals[0].value, 150);
  EXPECT_EQ(intervals[0].flags, kIntervalPending | kIntervalPartial);
  EXPECT_EQ(intervals[1].flags, kIntervalPending);
}

TEST(Gauges, AMeanOfAPeriodCountsForItsPeriod) {
  const std::vector<Fact> facts{amount(kDay0, kDay0 + 10 * kMsPerMinute, 300),
                                amount(kDay0 + 10 * kMsPerMinute, kDay0 + 15 * kMsPerMinute, 600)};
  const auto intervals = means(facts, 1);
  EXPECT_EQ(intervals[0].value, 400);
  EXPECT_EQ(intervals[0].flags, 0U);
}

TEST(Gauges, OverlappingPeriodsCountTheirTimeOnce) {
  const std::vector<Fact> facts{amount(kDay0, kDay0 + 10 * kMsPerMinute, 300),
                                amount(kDay0 + 5 * kMsPerMinute, kDay0 + 15 * kMsPerMinute, 600)};
  EXPECT_EQ(means(facts, 1)[0].value, 400);
  EXPECT_EQ(means(facts, 1)[0].flags, 0U);
}

TEST(Gauges, ShowTheQualityOfEveryReadingInside) {
  auto facts = readings({{0, 100}, {5, 100}, {10, 100}, {15, 100}, {30, 100}});
  facts[1].quality = Quality::substituted;
  facts[1].method = 3;
  facts[2].flags = kFlagRounded;
  const auto intervals = means(facts, 2);
  EXPECT_EQ(intervals[0].quality, IntervalQuality::estimated);
  EXPECT_EQ(intervals[0].method, 3);
  EXPECT_EQ(intervals[0].flags, kIntervalRounded);
}

TEST(Gauges, AReadingWithoutAValueIsPassedOver) {
  auto facts = readings({{0, 100}, {5, 999}, {15, 100}});
  facts[1].quality = Quality::missing;
  EXPECT_EQ(means(facts, 1)[0].value, 100);
}

TEST(Gauges, TheLargestValuesDoNotOverflow) {
  constexpr std::int64_t kMost = 9'223'372'036'854'775'807;
  const std::vector<Fact> facts{reading(kDay0, kMost), reading(kDay0 + kQuarter, kMost)};
  EXPECT_EQ(means(facts, 1)[0].value, kMost);
  const std::vector<Fact> swing{reading(kDay0, -kMost), reading(kDay0 + kQuarter, kMost)};
  EXPECT_EQ(means(swing, 1)[0].value, 0);
}

}  // namespace
}  // namespace wattring::meter
