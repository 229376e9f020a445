// SPDX-License-Identifier: Apache-2.0
#include "base/prng.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace wattring {
namespace {

// The published algorithms (xoshiro256** over splitmix64), computed apart from this code. Simulations are replayed from
// their seed, so the stream may never change.
TEST(Prng, GivesTheReferenceStream) {
  Prng zero(0);
  EXPECT_EQ(zero.next(), 0x99ec5f36cb75f2b4U);
  EXPECT_EQ(zero.next(), 0xbf6e1f784956452aU);
  EXPECT_EQ(zero.next(), 0x1a5f849d4933e6e0U);
  EXPECT_EQ(zero.next(), 0x6aa594f1262d2d2cU);
  Prng seven(7);
  EXPECT_EQ(seven.next(), 0xb358faf74ef9765aU);
  EXPECT_EQ(seven.next(), 0x475c3d964f482cd2U);
}

TEST(Prng, BelowStaysBelowAndReachesEveryValue) {
  Prng prng(1);
  std::vector<int> count(10);
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t drawn = prng.below(10);
    ASSERT_LT(drawn, 10U);
    ++count[drawn];
  }
  EXPECT_GT(*std::min_element(count.begin(), count.end()), 800);
  EXPECT_LT(*std::max_element(count.begin(), count.end()), 1200);
}

TEST(Prng, BelowOneIsAlwaysZero) {
  Prng prng(1);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(prng.below(1), 0U);
}

TEST(Prng, UnitIsInTheHalfOpenInterval) {
  Prng prng(2);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double drawn = prng.unit();
    ASSERT_GE(drawn, 0.0);
    ASSERT_LT(drawn, 1.0);
    sum += drawn;
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
}

TEST(Prng, ChanceOfZeroNeverHappensAndOfOneAlways) {
  Prng prng(3);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(prng.chance(0.0));
    EXPECT_TRUE(prng.chance(1.0));
  }
}

TEST(Prng, AForkIsNotShiftedByTheOthersDraws) {
  Prng parent_a(4);
  Prng child_a = parent_a.fork();
  Prng parent_b(4);
  Prng child_b = parent_b.fork();
  for (int i = 0; i < 10; ++i) parent_b.next();
  EXPECT_EQ(child_a.next(), child_b.next());
  EXPECT_NE(child_a.next(), parent_a.next());
}

TEST(OsRandom, DrawsDiffer) {
  EXPECT_NE(os_random_128(), os_random_128());
}

}  // namespace
}  // namespace wattring
