// SPDX-License-Identifier: Apache-2.0
#include "node/sim/run_plan.hpp"

#include <gtest/gtest.h>

#include "base/time.hpp"

namespace wattring::sim {
namespace {

constexpr std::int64_t kNow = 1'750'000'123'456;

TEST(ChooseStart, LeavesRoomForTheReadingsAndLittleMore) {
  RunOptions options;
  options.fleet.meters = 1000;
  options.load.readings_max = 200'000;
  const std::int64_t start = choose_start_ms(options, kNow);
  EXPECT_EQ(start % options.fleet.every_ms, 0);
  // 100 steps of 2,000 readings.
  EXPECT_LT(start + 100 * options.fleet.every_ms, kNow);
  EXPECT_GT(start + 104 * options.fleet.every_ms, kNow);
}

TEST(ChooseStart, NeverReachesBehindTheAcceptWindow) {
  RunOptions options;
  options.fleet.meters = 1;
  options.load.duration_ns = 3'600'000'000'000;
  EXPECT_GT(choose_start_ms(options, kNow), kNow - 3650 * kMsPerDay);
}

TEST(ChooseStart, IsWhatWasAskedFor) {
  RunOptions options;
  options.start_ms = 42;
  EXPECT_EQ(choose_start_ms(options, kNow), 42);
}

TEST(PlanOf, SharesAddUpToTheWhole) {
  LoadPlan all;
  all.rate = 1000;
  all.readings_max = 100'001;
  std::uint32_t meters = 0;
  std::uint64_t readings = 0;
  double rate = 0;
  for (std::uint32_t i = 0; i < 7; ++i) {
    const MeterShare share = share_of(1000, 7, i);
    EXPECT_EQ(share.first, meters);
    meters += share.count;
    const LoadPlan plan = plan_of(all, 1000, share);
    readings += plan.readings_max;
    rate += plan.rate;
  }
  EXPECT_EQ(meters, 1000U);
  EXPECT_EQ(readings, 100'001U);
  EXPECT_NEAR(rate, 1000, 1e-6);
}

}  // namespace
}  // namespace wattring::sim
