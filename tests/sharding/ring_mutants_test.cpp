// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <iterator>

#include "tests/sharding/ring_schedules.hpp"
#include "tests/sharding/ring_world.hpp"

namespace wattring::sharding {
namespace {

struct Defect {
  RingMutant mutant;
  std::uint64_t seed;  ///< the search begins there: where it showed last, so that the test is quick
};
constexpr Defect kDefects[] = {{RingMutant::send_before_persist, 118},  {RingMutant::majority_of_living, 3},
                               {RingMutant::forget_vote, 41},           {RingMutant::keep_own_value, 41},
                               {RingMutant::accept_below_promise, 132}, {RingMutant::reuse_ballot, 1326},
                               {RingMutant::adopt_when_accepting, 489}, {RingMutant::vote_of_anyone, 91}};

bool is_caught(const Defect& defect) {
  for (std::uint64_t seed = defect.seed; seed < defect.seed + 5000; ++seed)
    if (!run_random_schedule(seed, defect.mutant).empty()) return true;
  return false;
}

TEST(RingMutants, RandomSchedulesCatchAllButOne) {
  EXPECT_EQ(std::size(kDefects) + 1, static_cast<std::size_t>(kLastRingMutant));
  for (const Defect& defect : kDefects) EXPECT_TRUE(is_caught(defect)) << static_cast<int>(defect.mutant);
}

TEST(RingMutants, AForgottenPromiseIsCaughtByASchedule) {
  EXPECT_EQ(rings_after_a_voter_restarts_between_two_promises(RingMutant::forget_promise_on_disk), 2U);
}

TEST(RingMutants, WithoutADefectNothingIsFound) {
  EXPECT_EQ(rings_after_a_voter_restarts_between_two_promises(RingMutant::none), 1U);
  for (std::uint64_t seed = 1; seed <= 200; ++seed)
    ASSERT_EQ(run_random_schedule(seed, RingMutant::none), "") << "seed " << seed;
}

}  // namespace
}  // namespace wattring::sharding
