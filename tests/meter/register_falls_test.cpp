// SPDX-License-Identifier: Apache-2.0
#include "node/meter/register_falls.hpp"

#include <gtest/gtest.h>

#include "tests/meter/facts.hpp"

namespace wattring::meter {
namespace {

using test::kDay0;
using test::reading;
using test::readings;

std::vector<LinkKind> kinds(const RegisterTrace& trace) {
  std::vector<LinkKind> out;
  for (const RegisterLink& link : trace.links) out.push_back(link.kind);
  return out;
}

/// Goes on from the last reading for long enough that every fall before is decided.
std::vector<Fact> settled(std::vector<Fact> facts, std::int64_t step = 10) {
  for (int i = 0; i < 7; ++i)
    facts.push_back(reading(facts.back().start_ms + 15 * kMsPerMinute, facts.back().value + step));
  return facts;
}

RegisterTrace trace(const std::vector<Fact>& facts, const FoldOptions& options = {}) {
  return trace_register(facts, {}, options);
}

TEST(RegisterFalls, AZeroAfterAPowerCycleIsPassedOver) {
  const auto facts = settled(readings({{0, 50'000}, {15, 0}, {30, 0}, {45, 50'030}}));
  const RegisterTrace result = trace(facts);
  EXPECT_EQ(result.links[0], (RegisterLink{LinkKind::rise, 30, true}));
  EXPECT_EQ(result.points[1].index, 3U);
}

TEST(RegisterFalls, FiveLowReadingsAreAGlitchAndSixAreNot) {
  const auto five = settled(readings({{0, 50'000}, {15, 1}, {30, 2}, {45, 3}, {60, 4}, {75, 5}, {90, 50'030}}));
  EXPECT_EQ(kinds(trace(five))[0], LinkKind::rise);
  const auto six =
      settled(readings({{0, 50'000}, {15, 1}, {30, 2}, {45, 3}, {60, 4}, {75, 5}, {90, 6}, {105, 50'030}}));
  EXPECT_EQ(kinds(trace(six))[0], LinkKind::reset);
}

TEST(RegisterFalls, ManyLowReadingsWithinTenMinutesAreAGlitch) {
  std::vector<Fact> facts{reading(kDay0, 50'000)};
  for (int second = 1; second < 600; ++second) facts.push_back(reading(kDay0 + second * 1000, 0));
  facts.push_back(reading(kDay0 + 600'000, 50'005));
  EXPECT_EQ(trace(facts).links, (std::vector<RegisterLink>{{LinkKind::rise, 5, true}}));
  facts.back().start_ms = facts.back().end_ms = kDay0 + 600'001;
  EXPECT_EQ(kinds(trace(settled(facts)))[0], LinkKind::reset) << "one millisecond too late";
}

TEST(RegisterFalls, ANewLevelBooksNothingWhenItComesBackFromZeroTooLate) {
  const auto facts =
      settled(readings({{0, 15'500'000}, {15, 0}, {30, 0}, {45, 0}, {60, 0}, {75, 0}, {90, 0}, {105, 15'500'100}}));
  const RegisterTrace result = trace(facts);
  std::int64_t booked = 0;
  for (const RegisterLink& link : result.links) booked += link.energy;
  EXPECT_EQ(booked, 7 * 10) << "only what the readings after it rise";
  EXPECT_EQ(kinds(result)[0], LinkKind::reset);
  EXPECT_EQ(kinds(result)[6], LinkKind::suspect);
}

TEST(RegisterFalls, AReturnAtAnImpossibleRateIsNoReturn) {
  const auto facts = settled(readings({{0, 50'000}, {15, 10}, {30, 5'000'000}}));
  EXPECT_EQ(kinds(trace(facts))[0], LinkKind::reset);
}

TEST(RegisterFalls, AFallAtTheEndIsNotDecidedYet) {
  const auto facts = readings({{0, 50'000}, {15, 50'010}, {30, 0}});
  const RegisterTrace result = trace(facts);
  EXPECT_EQ(result.points.size(), 2U);
  EXPECT_EQ(result.undecided_since_ms, kDay0 + 15 * kMsPerMinute);
  EXPECT_EQ(trace(settled(facts)).undecided_since_ms, std::nullopt);
}

TEST(RegisterFalls, ARegisterThatWrapsGoesOnCounting) {
  FoldOptions options;
  options.modulus = 1'000'000'000;
  const auto facts = settled(readings({{0, 999'999'990}, {15, 20}}));
  const RegisterTrace result = trace(facts, options);
  EXPECT_EQ(result.links[0], (RegisterLink{LinkKind::rollover, 30, false}));
  const auto parts = epochs(result);
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_TRUE(parts[1].joined);
  EXPECT_EQ(parts[1].offset, 1'000'000'000);
}

TEST(RegisterFalls, AFallFarFromTheModulusOrTooFastIsNoRollover) {
  FoldOptions options;
  options.modulus = 1'000'000'000;
  EXPECT_EQ(kinds(trace(settled(readings({{0, 899'999'999}, {15, 20}})), options))[0], LinkKind::reset);
  EXPECT_EQ(kinds(trace(settled(readings({{0, 950'000'000}, {15, 20}})), options))[0], LinkKind::reset)
      << "50 MWh in a quarter of an hour";
}

TEST(RegisterFalls, ASmallDipThatComesBackIsLevelled) {
  const auto facts = settled(readings({{0, 50'000}, {15, 49'999}, {30, 50'010}}));
  const RegisterTrace result = trace(facts);
  EXPECT_EQ(result.points[1].value, 50'000);
  EXPECT_TRUE(result.points[1].levelled);
  EXPECT_EQ(result.links[0].energy, 0);
  EXPECT_EQ(result.links[1].energy, 10);
}

TEST(RegisterFalls, ASmallDipIsAtMostTwoStepsOrOneThousandth) {
  FoldOptions coarse;
  coarse.resolution = 100;
  EXPECT_EQ(kinds(trace(settled(readings({{0, 50'000}, {15, 49'950}}), 1)))[0], LinkKind::settle);
  EXPECT_EQ(kinds(trace(settled(readings({{0, 50'000}, {15, 49'949}}), 1)))[0], LinkKind::suspect);
  EXPECT_EQ(kinds(trace(settled(readings({{0, 50'000}, {15, 49'800}}), 1), coarse))[0], LinkKind::settle);
  EXPECT_EQ(kinds(trace(settled(readings({{0, 50'000}, {15, 49'799}}), 1), coarse))[0], LinkKind::suspect);
}

TEST(RegisterFalls, ASmallDipThatStaysBooksNothingAndCountsOnFromThere) {
  const RegisterTrace result = trace(settled(readings({{0, 50'000}, {15, 49'990}}), 1));
  EXPECT_EQ(result.links[0], (RegisterLink{LinkKind::settle, 0, false}));
  EXPECT_EQ(result.links[1].energy, 1);
  EXPECT_EQ(epochs(result)[1].offset, 10);
}

TEST(RegisterFalls, AResetCountsOnlyWhenTheProfileSaysItStartsFromZero) {
  const auto facts = settled(readings({{0, 50'000}, {15, 30}}));
  EXPECT_EQ(trace(facts).links[0], (RegisterLink{LinkKind::reset, 0, false}));
  FoldOptions options;
  options.restarts_from_zero = true;
  EXPECT_EQ(trace(facts, options).links[0], (RegisterLink{LinkKind::restart, 30, false}));
}

TEST(RegisterFalls, ATodayCounterRestartsAtAnyFall) {
  FoldOptions options;
  options.daily_reset = true;
  const auto facts = settled(readings({{0, 100}, {15, 60}}));
  EXPECT_EQ(trace(facts, options).links[0], (RegisterLink{LinkKind::restart, 60, false}))
      << "though it is back at 100 after four readings: that is usage";
}

TEST(RegisterFalls, ATodayCounterThatIsLowForMinutesOnlyIsAGlitchToo) {
  FoldOptions options;
  options.daily_reset = true;
  const auto facts = settled(readings({{0, 100}, {2, 0}, {4, 101}}));
  EXPECT_EQ(trace(facts, options).links[0], (RegisterLink{LinkKind::rise, 1, true}));
}

TEST(RegisterFalls, AFallThatNothingExplainsIsSuspect) {
  EXPECT_EQ(kinds(trace(settled(readings({{0, 50'000}, {15, 30'000}}))))[0], LinkKind::suspect);
}

TEST(RegisterFalls, AnExchangePartsEpochsEvenWhenTheRegisterRises) {
  const auto facts = settled(readings({{0, 50'000}, {15, 50'010}, {30, 50'020}}));
  const std::vector<std::int64_t> exchange{kDay0 + 30 * kMsPerMinute};
  const RegisterTrace result = trace_register(facts, exchange, {});
  EXPECT_EQ(kinds(result)[0], LinkKind::rise);
  EXPECT_EQ(kinds(result)[1], LinkKind::exchange) << "a reading at the very time is the new meter's";
  EXPECT_EQ(kinds(result)[2], LinkKind::rise);
  const auto parts = epochs(result);
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_FALSE(parts[1].joined);
  EXPECT_EQ(parts[0].last_index, 1U);
}

TEST(RegisterFalls, AGlitchDoesNotReachOverAnExchange) {
  const auto facts = settled(readings({{0, 50'000}, {15, 0}, {30, 50'020}}));
  const std::vector<std::int64_t> exchange{kDay0 + 20 * kMsPerMinute};
  EXPECT_EQ(kinds(trace_register(facts, exchange, {}))[0], LinkKind::reset);
}

TEST(RegisterFalls, AReadingWithoutAValueIsPassedOver) {
  auto facts = settled(readings({{0, 50'000}, {15, 0}, {30, 50'020}}));
  facts[1].quality = Quality::missing;
  const RegisterTrace result = trace(facts);
  EXPECT_EQ(result.points[1].index, 2U);
  EXPECT_FALSE(result.links[0].skips_glitch);
}

TEST(RegisterFalls, ALeapIsTakenAndMarked) {
  const auto facts = readings({{0, 500'000}, {15, 600'000}});
  EXPECT_EQ(trace(facts).links[0], (RegisterLink{LinkKind::leap, 100'000, false}));
  FoldOptions unlimited;
  unlimited.power_max_w = 0;
  EXPECT_EQ(trace(facts, unlimited).links[0].kind, LinkKind::rise);
}

TEST(RegisterFalls, ALeapToMoreThanTenTimesTheRegisterIsNotBooked) {
  EXPECT_EQ(trace(readings({{0, 1'000}, {1, 10'000}})).links[0], (RegisterLink{LinkKind::leap, 9'000, false}));
  EXPECT_EQ(trace(readings({{0, 1'000}, {1, 10'001}})).links[0], (RegisterLink{LinkKind::suspect, 0, false}));
}

TEST(RegisterFalls, AStepOfACoarseRegisterIsNoLeap) {
  const std::vector<Fact> facts{reading(kDay0, 500'000), reading(kDay0 + 1000, 500'900)};
  EXPECT_EQ(trace(facts).links[0].kind, LinkKind::rise) << "900 Wh in a minute at most";
}

TEST(RegisterFalls, ARiseThatDoesNotFit63BitsIsNotBooked) {
  const std::vector<Fact> facts{reading(kDay0, -9'000'000'000'000'000'000),
                                reading(kDay0 + 1000, 9'000'000'000'000'000'000)};
  FoldOptions unlimited;
  unlimited.power_max_w = 0;
  EXPECT_EQ(trace(facts, unlimited).links[0], (RegisterLink{LinkKind::suspect, 0, false}));
}

TEST(RegisterFalls, AnEmptySeriesHasNoEpochs) {
  EXPECT_TRUE(epochs(trace({})).empty());
}

}  // namespace
}  // namespace wattring::meter
