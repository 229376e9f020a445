// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "node/meter/intervals.hpp"
#include "tests/meter/facts.hpp"

namespace wattring::meter {
namespace {

using test::amount;
using test::kDay0;
using test::reading;

constexpr std::int64_t kQuarter = 15 * kMsPerMinute;

std::vector<Interval> quarters(std::vector<Fact> facts, int count) {
  FoldOptions options;
  options.kind = Kind::interval;
  return derive_intervals(facts, {}, options, kDay0, kDay0 + count * kQuarter);
}
Fact minutes(std::int64_t from, std::int64_t to, std::int64_t value, Quality quality = Quality::actual) {
  return amount(kDay0 + from * kMsPerMinute, kDay0 + to * kMsPerMinute, value, quality);
}

TEST(Amounts, OfTheGridsLengthAreTakenAsTheyAre) {
  const auto intervals = quarters({minutes(0, 15, 25), minutes(15, 30, 0)}, 2);
  EXPECT_EQ(intervals[0].value, 25);
  EXPECT_EQ(intervals[1].value, 0);
  EXPECT_EQ(intervals[0].quality, IntervalQuality::actual);
  EXPECT_EQ(intervals[0].flags, 0U);
}

TEST(Amounts, FinerOnesAreAdded) {
  const auto intervals = quarters({minutes(0, 5, 1), minutes(5, 10, 2), minutes(10, 15, 4)}, 1);
  EXPECT_EQ(intervals[0].value, 7);
  EXPECT_EQ(intervals[0].quality, IntervalQuality::actual);
  EXPECT_EQ(intervals[0].flags, 0U);
}

TEST(Amounts, APartThatIsNotThereLeavesTheRest) {
  const auto intervals = quarters({minutes(0, 5, 1), minutes(10, 15, 4)}, 1);
  EXPECT_EQ(intervals[0].value, 5);
  EXPECT_EQ(intervals[0].flags, kIntervalPartial);
}

TEST(Amounts, CoarserOnesAreSplitEvenlyAndExactly) {
  const auto intervals = quarters({minutes(0, 60, 103)}, 4);
  EXPECT_EQ(intervals[0].value, 25);
  EXPECT_EQ(intervals[1].value, 26);
  EXPECT_EQ(intervals[2].value, 26);
  EXPECT_EQ(intervals[3].value, 26);
  EXPECT_EQ(intervals[3].quality, IntervalQuality::interpolated);
}

TEST(Amounts, OfMoreThanTwoHoursAreEstimatesWhenSplit) {
  EXPECT_EQ(quarters({minutes(0, 1440, 9600)}, 1)[0].value, 100);
  EXPECT_EQ(quarters({minutes(0, 1440, 9600)}, 1)[0].quality, IntervalQuality::estimated);
}

TEST(Amounts, NegativeOnesAreSplitExactlyToo) {
  const auto intervals = quarters({minutes(0, 45, -100)}, 3);
  EXPECT_EQ(*intervals[0].value + *intervals[1].value + *intervals[2].value, -100);
}

TEST(Amounts, WhereTwoOverlapTheFinerOneCounts) {
  const auto intervals = quarters({minutes(0, 30, 100), minutes(15, 30, 70)}, 2);
  EXPECT_EQ(intervals[0].value, 50);
  EXPECT_EQ(intervals[0].flags, 0U);
  EXPECT_EQ(intervals[1].value, 70);
  EXPECT_EQ(intervals[1].flags, kIntervalConflict);
}

TEST(Amounts, OfEqualLengthTheBetterOneCounts) {
  const auto intervals = quarters({minutes(0, 20, 200), minutes(10, 30, 400, Quality::validated)}, 2);
  EXPECT_EQ(intervals[0].value, 100 + 100) << "half of the first, then a quarter of the second";
  EXPECT_EQ(intervals[1].value, 300);
}

TEST(Amounts, OneWithoutAValueIsMissing) {
  const auto intervals = quarters({minutes(0, 15, 7, Quality::missing), minutes(15, 30, 25)}, 2);
  EXPECT_EQ(intervals[0].value, std::nullopt);
  EXPECT_EQ(intervals[0].flags, 0U) << "said to be missing, so not pending";
  EXPECT_EQ(intervals[1].value, 25);
}

TEST(Amounts, OneWithoutAValueDoesNotHideACoarserOne) {
  const auto intervals = quarters({minutes(0, 15, 7, Quality::missing), minutes(0, 60, 100)}, 1);
  EXPECT_EQ(intervals[0].value, 25);
}

TEST(Amounts, KeepTheirQualityAndMethod) {
  Fact fact = minutes(0, 15, 25, Quality::substituted);
  fact.method = 14;
  fact.flags = kFlagRounded;
  const auto intervals = quarters({fact}, 1);
  EXPECT_EQ(intervals[0].quality, IntervalQuality::estimated);
  EXPECT_EQ(intervals[0].method, 14);
  EXPECT_EQ(intervals[0].flags, kIntervalRounded);
}

TEST(Amounts, WithoutAPeriodCountWhereTheyStand) {
  const auto intervals = quarters({reading(kDay0 + 1, 5), reading(kDay0 + kQuarter - 1, 6), minutes(15, 30, 1)}, 2);
  EXPECT_EQ(intervals[0].value, 11);
  EXPECT_EQ(intervals[0].flags, kIntervalPartial);
  EXPECT_EQ(intervals[1].value, 1);
}

TEST(Amounts, BehindTheLastOneTheyArePending) {
  const auto intervals = quarters({minutes(0, 5, 1)}, 2);
  EXPECT_EQ(intervals[0].flags, kIntervalPending | kIntervalPartial);
  EXPECT_EQ(intervals[1].flags, kIntervalPending);
}

TEST(Amounts, OverALongerPeriodThanConfiguredAreNotSpread) {
  const auto intervals = quarters({minutes(0, 33 * 1440, 9600)}, 1);
  EXPECT_EQ(intervals[0].value, std::nullopt);
}

TEST(Amounts, ThatBeginBeforeTheRangeGiveTheirShare) {
  const auto intervals = quarters({minutes(-30, 30, 100)}, 2);
  EXPECT_EQ(intervals[0].value, 25);
  EXPECT_EQ(intervals[1].value, 25);
}

}  // namespace
}  // namespace wattring::meter
