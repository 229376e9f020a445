// SPDX-License-Identifier: Apache-2.0
#include "node/sim/interval_oracle.hpp"

#include <gtest/gtest.h>

namespace wattring::sim {
namespace {

constexpr std::int64_t kMinute = 60'000;

std::vector<Sample> samples(std::initializer_list<Sample> minutes) {
  std::vector<Sample> out;
  for (const Sample& sample : minutes) out.push_back({sample.time_ms * kMinute, sample.value});
  return out;
}

void expect_span(const ExpectedSpan& span, std::int64_t begin_minute, std::int64_t end_minute, std::int64_t value) {
  EXPECT_EQ(span.begin_ms, begin_minute * kMinute);
  EXPECT_EQ(span.end_ms, end_minute * kMinute);
  EXPECT_EQ(span.value, value);
}

TEST(IntervalOracle, ReadingsOnTheGridGiveTheirDifferences) {
  const auto spans = expected_spans(samples({{0, 100}, {15, 107}, {30, 107}}));
  ASSERT_EQ(spans.size(), 2U);
  expect_span(spans[0], 0, 15, 7);
  expect_span(spans[1], 15, 30, 0);
}

TEST(IntervalOracle, RoundsTheRegisterAndNotTheInterval) {
  // R(15) = 1 + floor(10 * 10 / 15) = 7, R(30) = 11 + floor(11 * 10 / 15) = 18.
  const auto spans = expected_spans(samples({{5, 1}, {20, 11}, {35, 22}}));
  ASSERT_EQ(spans.size(), 1U);
  expect_span(spans[0], 15, 30, 11);
}

TEST(IntervalOracle, LeavesOutQuartersThatAreNotClosed) {
  EXPECT_TRUE(expected_spans(samples({{1, 1}, {14, 5}})).empty());
  EXPECT_TRUE(expected_spans(samples({{1, 1}, {29, 5}})).empty());
  EXPECT_TRUE(expected_spans(samples({{0, 1}})).empty());
}

TEST(IntervalOracle, ALongGapIsCertainOnlyAsASum) {
  const auto spans = expected_spans(samples({{0, 1}, {15, 11}, {315, 1011}, {330, 1021}}));
  ASSERT_EQ(spans.size(), 3U);
  expect_span(spans[0], 0, 15, 10);
  expect_span(spans[1], 15, 315, 1000);
  expect_span(spans[2], 315, 330, 10);
}

TEST(IntervalOracle, AGapOfTwoHoursIsInterpolated) {
  const auto spans = expected_spans(samples({{0, 1}, {120, 81}}));
  ASSERT_EQ(spans.size(), 8U);
  for (const ExpectedSpan& span : spans) EXPECT_EQ(span.value, 10);
}

TEST(IntervalOracle, NeverCrossesAFallAndWaitsUntilItIsDecided) {
  std::vector<Sample> all;
  for (std::int64_t i = 0; i < 10; ++i) all.push_back({i * 15 * kMinute, 1'000'000 + i});
  for (std::int64_t i = 10; i < 30; ++i) all.push_back({i * 15 * kMinute, i - 10});
  const auto spans = expected_spans(all);
  ASSERT_EQ(spans.size(), 9U + 13U);
  expect_span(spans[8], 8 * 15, 9 * 15, 1);
  // The fall is at sample 10; samples 10 to 15 are left to the node's judgement.
  expect_span(spans[9], 16 * 15, 17 * 15, 1);
}

TEST(IntervalOracle, LeavesOutASmallDipUntilTheRegisterIsAboveItAgain) {
  std::vector<Sample> all;
  for (std::int64_t i = 0; i < 10; ++i) all.push_back({i * 15 * kMinute, 1'000 + 10 * i});
  for (std::int64_t i = 10; i < 40; ++i) all.push_back({i * 15 * kMinute, 1'000 + i});
  // 1090, then 1010, 1011, ... 1039: never above 1090 again.
  EXPECT_EQ(expected_spans(all).size(), 9U);
}

TEST(IntervalOracle, IgnoresALeadingZero) {
  std::vector<Sample> all = {{0, 0}};
  for (std::int64_t i = 1; i < 20; ++i) all.push_back({i * 15 * kMinute, 5'000'000 + i});
  const auto spans = expected_spans(all);
  ASSERT_FALSE(spans.empty());
  for (const ExpectedSpan& span : spans) EXPECT_EQ(span.value, 1);
}

}  // namespace
}  // namespace wattring::sim
