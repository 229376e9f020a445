// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/sharding/ring_world.hpp"

namespace wattring::sharding {
namespace {

constexpr std::uint64_t kSeeds = 2000;

TEST(RingSimulation, ThereIsOneChainOfRingsWhateverFails) {
  std::uint64_t decided = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed)
    ASSERT_EQ(run_random_schedule(seed, RingMutant::none, &decided), "") << "seed " << seed;
  EXPECT_GT(decided, 2 * kSeeds) << "schedules in which nothing is decided test nothing";
}

}  // namespace
}  // namespace wattring::sharding
