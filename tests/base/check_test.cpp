// SPDX-License-Identifier: Apache-2.0
#include "base/check.hpp"

#include <gtest/gtest.h>

namespace {

TEST(CheckDeathTest, ABrokenInvariantAbortsInEveryBuildAndNamesThePlace) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const int ring_size = 0;
  EXPECT_DEATH(WATTRING_CHECK(ring_size > 0), "CHECK failed: ring_size > 0 at .*check_test.cpp:[0-9]+");
}

TEST(Check, EvaluatesItsConditionOnceAndGoesOn) {
  int calls = 0;
  WATTRING_CHECK(++calls > 0);
  EXPECT_EQ(calls, 1);
}

}  // namespace
