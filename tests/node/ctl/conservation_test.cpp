// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/conservation.hpp"

#include <gtest/gtest.h>

namespace wattring::ctl {
namespace {

constexpr std::int64_t kQuarter = 900'000;
constexpr std::int64_t kHour = 3'600'000;

std::vector<Slot> slots(std::initializer_list<std::int64_t> values) {
  std::vector<Slot> out;
  for (const std::int64_t value : values) {
    const auto start = static_cast<std::int64_t>(out.size()) * kQuarter;
    out.push_back({start, start + kQuarter, value, {}});
  }
  return out;
}

TEST(Conservation, ReadingsOnTheBoundariesAreCompared) {
  const std::vector<Sample> samples{{0, 100}, {kQuarter, 107}, {2 * kQuarter, 110}};
  const auto result = check_conservation(samples, slots({7, 3}));
  EXPECT_EQ(result.checked, 2U);
  EXPECT_EQ(result.sum, 10);
  EXPECT_EQ(result.rise, 10);
  EXPECT_TRUE(result.differences.empty());
}

TEST(Conservation, BetweenReadingsTheRegisterIsInterpolatedAndRoundedDown) {
  // At 900 s, 10 of 30 minutes into a rise of 10: 100 + floor(10 / 3).
  const std::vector<Sample> samples{{300'000, 100}, {2'100'000, 110}, {3'600'000, 150}};
  const auto good = check_conservation(samples, slots({0, 5, 15, 37}));
  EXPECT_EQ(good.checked, 3U) << "the first quarter-hour begins before the first reading";
  EXPECT_EQ(good.left_out.at("edge"), 1U);
  EXPECT_EQ(good.rise, 150 - 103);
  ASSERT_EQ(good.differences.size(), 1U);
  EXPECT_EQ(good.differences[0].sum, 57);
  EXPECT_EQ(check_conservation(samples, slots({0, 5, 5, 37})).differences.size(), 0U);
}

TEST(Conservation, FallsRoundTowardsMinusInfinity) {
  const std::vector<Sample> samples{{0, 0}, {2 * kQuarter, -1}, {3 * kQuarter, -1}};
  EXPECT_TRUE(check_conservation(samples, slots({-1, 0, 0})).differences.empty());
}

TEST(Conservation, WhatOneSubtractionCannotJudgeCutsAndIsCounted) {
  std::vector<Sample> samples;
  for (int i = 0; i <= 8; ++i) samples.push_back({i * kQuarter, i < 4 ? 10 * i : 1000 + 10 * i});
  auto intervals = slots({10, 10, 10, 777, 10, 10, 10, 10});
  EXPECT_EQ(check_conservation(samples, intervals).differences.size(), 1U);
  intervals[3].flags = {"gap", "exchange"};
  const auto result = check_conservation(samples, intervals);
  EXPECT_TRUE(result.differences.empty());
  EXPECT_EQ(result.checked, 7U);
  EXPECT_EQ(result.left_out.at("exchange"), 1U);
  intervals[3] = {3 * kQuarter, 4 * kQuarter, std::nullopt, {}};
  EXPECT_EQ(check_conservation(samples, intervals).left_out.at("missing"), 1U);
}

TEST(Conservation, AReadingInsideACutIsNotTakenForABoundary) {
  // The reading at 20 minutes lies in the flagged quarter-hour and was dropped by whoever flagged it.
  const std::vector<Sample> samples{{0, 0}, {1'200'000, 9999}, {2'000'000, 20}, {4 * kQuarter, 36}};
  auto intervals = slots({10, 9, 8, 9});
  intervals[1].flags = {"glitch"};
  const auto result = check_conservation(samples, intervals);
  EXPECT_TRUE(result.differences.empty());
  EXPECT_EQ(result.checked, 1U) << "only the last quarter-hour has both ends inside the piece";
}

TEST(Conservation, AcrossALongGapTheBoundariesAreNotGuessed) {
  const std::vector<Sample> samples{{0, 0}, {3 * kHour, 1200}};
  std::vector<Slot> intervals;
  for (int i = 0; i < 12; ++i) intervals.push_back({i * kQuarter, (i + 1) * kQuarter, i == 5 ? 1200 : 0, {"gap"}});
  const auto whole = check_conservation(samples, intervals);
  EXPECT_EQ(whole.checked, 12U) << "both ends have a reading; how the gap is shared out does not matter";
  EXPECT_TRUE(whole.differences.empty());
  const auto part = check_conservation(samples, std::span(intervals).subspan(1, 9));
  EXPECT_EQ(part.checked, 0U);
}

TEST(Conservation, NothingToCheckIsNoDifference) {
  EXPECT_EQ(check_conservation({}, slots({1, 2})).checked, 0U);
  EXPECT_EQ(check_conservation({}, {}).checked, 0U);
}

}  // namespace
}  // namespace wattring::ctl
