// SPDX-License-Identifier: Apache-2.0
#include "tests/meter/oracle.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <iostream>

#include "tests/meter/generated_series.hpp"

namespace wattring::meter {
namespace {

using test::GeneratedSeries;

void compare(const GeneratedSeries& series) {
  const auto chunk = test::chunk_of(series.facts);
  const auto expected =
      test::oracle_register(chunk.winners, series.exchange_times_ms, series.options, series.from_ms, series.to_ms);
  test::assert_same(expected, derive_intervals(chunk.winners, series.exchange_times_ms, series.options, series.from_ms,
                                               series.to_ms));
}

TEST(Oracle, AgreesOnHonestRegisters) {
  EXPECT_TRUE(test::holds_for_seeds([](Prng& prng) { compare(test::honest_register(prng)); }));
}

TEST(Oracle, AgreesOnTroubledRegisters) {
  EXPECT_TRUE(test::holds_for_seeds([](Prng& prng) { compare(test::troubled_register(prng)); }));
}

TEST(Oracle, AgreesOnWildRegisters) {
  EXPECT_TRUE(test::holds_for_seeds([](Prng& prng) { compare(test::wild_register(prng)); }));
}

TEST(Oracle, AgreesOnSpikyRegisters) {
  EXPECT_TRUE(test::holds_for_seeds([](Prng& prng) { compare(test::spiky_register(prng)); }));
}

TEST(Oracle, AgreesOnAmounts) {
  EXPECT_TRUE(test::holds_for_seeds([](Prng& prng) {
    GeneratedSeries series = test::any_kind(prng);
    series.options.kind = Kind::interval;
    const auto chunk = test::chunk_of(series.facts);
    const auto expected = test::oracle_amounts(chunk.winners, series.options, series.from_ms, series.to_ms);
    const auto actual = derive_intervals(chunk.winners, {}, series.options, series.from_ms, series.to_ms);
    RC_ASSERT(expected.size() == actual.size());
    for (std::size_t i = 0; i < expected.size(); ++i) RC_ASSERT(expected[i] == actual[i].value);
  }));
}

TEST(Oracle, AgreesOnGaugesToTheUnit) {
  EXPECT_TRUE(test::holds_for_seeds([](Prng& prng) {
    GeneratedSeries series = test::any_kind(prng);
    series.options.kind = Kind::gauge;
    for (Fact& fact : series.facts) fact.end_ms = fact.start_ms;
    const auto chunk = test::chunk_of(series.facts);
    const auto expected = test::oracle_gauge(chunk.winners, series.options, series.from_ms, series.to_ms);
    const auto actual = derive_intervals(chunk.winners, {}, series.options, series.from_ms, series.to_ms);
    RC_ASSERT(expected.size() == actual.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      RC_ASSERT(expected[i].has_value() == actual[i].value.has_value());
      if (expected[i]) RC_ASSERT(std::abs(*expected[i] - static_cast<long double>(*actual[i].value)) <= 0.51L);
    }
  }));
}

}  // namespace
}  // namespace wattring::meter
