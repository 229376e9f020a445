// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <limits>
#include <tuple>

#include "node/sim/fleet.hpp"
#include "node/sim/run_plan.hpp"

namespace wattring::sim {
namespace {

std::vector<Reading> all_of(const FleetOptions& options, std::uint32_t clients, std::size_t batch, std::int64_t steps) {
  std::vector<Reading> all;
  for (std::uint32_t i = 0; i < clients; ++i) {
    const MeterShare share = share_of(options.meters, clients, i);
    Fleet fleet(options, share.first, share.count);
    std::vector<Reading> part;
    do {
      part.clear();
      fleet.fill(batch, options.start_ms + steps * options.every_ms, part);
      all.insert(all.end(), part.begin(), part.end());
    } while (!part.empty());
    fleet.finish();
    do {
      part.clear();
      fleet.fill(batch, std::numeric_limits<std::int64_t>::max(), part);
      all.insert(all.end(), part.begin(), part.end());
    } while (!part.empty());
  }
  std::sort(all.begin(), all.end(), [](const Reading& a, const Reading& b) {
    return std::tie(a.meter, a.reg, a.time_ms, a.value) < std::tie(b.meter, b.reg, b.time_ms, b.value);
  });
  return all;
}

TEST(FleetProperty, HoweverItIsSplitItMakesTheSameReadings) {
  EXPECT_TRUE(rc::check([] {
    FleetOptions options;
    options.seed = *rc::gen::arbitrary<std::uint64_t>();
    options.meters = *rc::gen::inRange<std::uint32_t>(1, 40);
    options.registers = *rc::gen::inRange(1, 5);
    options.start_ms = 1'700'000'000'000;
    options.faults = {0.1, 0.1, 0.1, 0.1, 0.02, 0.02};
    const auto clients = *rc::gen::inRange<std::uint32_t>(1, options.meters + 1);
    const auto batch = *rc::gen::inRange<std::size_t>(1, 200);
    const std::int64_t steps = 30;
    RC_ASSERT(all_of(options, clients, batch, steps) == all_of(options, 1, 10'000, steps));
  }));
}

}  // namespace
}  // namespace wattring::sim
