// SPDX-License-Identifier: Apache-2.0
#include "node/sim/fleet.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "base/time.hpp"

namespace wattring::sim {
namespace {

constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max() / 2;

FleetOptions options(std::uint32_t meters = 20) {
  FleetOptions options;
  options.seed = 11;
  options.meters = meters;
  options.start_ms = *parse_rfc3339("2024-06-03T00:00:00Z");
  return options;
}

std::vector<Reading> make(const FleetOptions& options, std::size_t readings, std::size_t batch = 1000) {
  Fleet fleet(options, 0, options.meters);
  std::vector<Reading> all;
  while (all.size() < readings) {
    std::vector<Reading> part;
    fleet.fill(std::min(batch, readings - all.size()), kForever, part);
    EXPECT_FALSE(part.empty());
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

using Key = std::tuple<std::uint32_t, std::uint16_t, std::int64_t>;
Key key(const Reading& reading) {
  return {reading.meter, reading.reg, reading.time_ms};
}

TEST(Fleet, TheSameSeedGivesTheSameReadings) {
  EXPECT_EQ(make(options(), 10'000), make(options(), 10'000));
  FleetOptions other = options();
  other.seed = 12;
  EXPECT_NE(make(options(), 10'000), make(other, 10'000));
}

TEST(Fleet, BatchSizesDoNotChangeTheReadings) {
  FleetOptions disturbed = options();
  disturbed.faults = {0.05, 0.05, 0.05, 0.05, 0.001, 0.001};
  EXPECT_EQ(make(disturbed, 20'000, 64), make(disturbed, 20'000, 5000));
}

TEST(Fleet, RegistersOfACalmFleetNeverFallAndHaveOneReadingAStep) {
  std::map<std::pair<std::uint32_t, std::uint16_t>, Reading> last;
  for (const Reading& reading : make(options(), 40'000)) {
    const auto [before, first] = last.try_emplace({reading.meter, reading.reg}, reading);
    if (first) continue;
    EXPECT_EQ(reading.time_ms, before->second.time_ms + 900'000);
    EXPECT_GE(reading.value, before->second.value);
    before->second = reading;
  }
  EXPECT_EQ(last.size(), 40U);
}

TEST(Fleet, ADaysEnergyIsPlausibleForEachProfile) {
  const auto day_mean_wh = [](Profile profile, std::uint16_t reg) {
    FleetOptions one = options(200);
    one.profile = profile;
    const std::size_t per_step = 400;
    const std::vector<Reading> all = make(one, per_step * 97, per_step);
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < per_step; ++i) {
      if (all[i].reg == reg) sum += all[all.size() - per_step + i].value - all[i].value;
    }
    return sum / 200;
  };
  const std::int64_t home = day_mean_wh(Profile::household, kImportT1) + day_mean_wh(Profile::household, kImportT2);
  EXPECT_GT(home, 4'000);
  EXPECT_LT(home, 25'000);
  const std::int64_t plant = day_mean_wh(Profile::industry, kImportT1) + day_mean_wh(Profile::industry, kImportT2);
  EXPECT_GT(plant, 150'000);
  EXPECT_LT(plant, 1'200'000);
  EXPECT_GT(day_mean_wh(Profile::solar, kExport), 1'000);
}

TEST(Fleet, SolarExportsAtNoonAndImportsAtNight) {
  FleetOptions one = options(1);
  one.profile = Profile::solar;
  std::map<std::int64_t, std::int64_t> exported;
  for (const Reading& reading : make(one, 2 * 96)) {
    if (reading.reg == kExport) exported[reading.time_ms] = reading.value;
  }
  const auto rise = [&](std::string_view from, std::string_view to) {
    return exported.at(*parse_rfc3339(to)) - exported.at(*parse_rfc3339(from));
  };
  EXPECT_GT(rise("2024-06-03T10:00:00Z", "2024-06-03T12:00:00Z"), 0);
  EXPECT_EQ(rise("2024-06-03T00:00:00Z", "2024-06-03T02:00:00Z"), 0);
}

TEST(Fleet, GaugesComeOnRequest) {
  FleetOptions four = options(1);
  four.registers = 4;
  const std::vector<Reading> step = make(four, 4);
  ASSERT_EQ(step.size(), 4U);
  EXPECT_EQ(step[2].reg, kPower);
  EXPECT_EQ(step[3].reg, kVoltage);
  EXPECT_NEAR(static_cast<double>(step[3].value), 2300, 60);
}

TEST(Fleet, StopsAtTheHorizonAndGoesOnWhenItMoves) {
  FleetOptions one = options(10);
  Fleet fleet(one, 0, 10);
  std::vector<Reading> out;
  fleet.fill(1000, one.start_ms + 2 * one.every_ms, out);
  EXPECT_EQ(out.size(), 40U);
  out.clear();
  fleet.fill(1000, one.start_ms + 2 * one.every_ms, out);
  EXPECT_TRUE(out.empty());
  fleet.fill(1000, one.start_ms + 3 * one.every_ms, out);
  EXPECT_EQ(out.size(), 20U);
  for (const Reading& reading : out) EXPECT_LT(reading.time_ms, one.start_ms + 3 * one.every_ms);
}

TEST(Fleet, JitterIsConstantForAMeterAndBelowItsLimit) {
  FleetOptions one = options(50);
  one.jitter_ms = 300'000;
  std::map<std::uint32_t, std::set<std::int64_t>> offsets;
  for (const Reading& reading : make(one, 5'000))
    offsets[reading.meter].insert((reading.time_ms - one.start_ms) % 900'000);
  std::set<std::int64_t> different;
  for (const auto& [meter, seen] : offsets) {
    ASSERT_EQ(seen.size(), 1U) << meter;
    EXPECT_LT(*seen.begin(), 300'000);
    EXPECT_EQ(*seen.begin() % 1000, 0);
    different.insert(*seen.begin());
  }
  EXPECT_GT(different.size(), 10U);
}

TEST(Fleet, FaultRatesAreNearWhatWasAskedFor) {
  FleetOptions disturbed = options(500);
  disturbed.faults = {0.02, 0.03, 0.01, 0.05, 0.002, 0.004};
  Fleet fleet(disturbed, 0, 500);
  std::vector<Reading> all;
  fleet.fill(1'000'000, disturbed.start_ms + 500 * disturbed.every_ms, all);
  fleet.finish();
  fleet.fill(1'000'000, kForever, all);
  const double made = 500.0 * 500 * 2;
  const FaultCounts& counts = fleet.fault_counts();
  const auto near = [&](std::uint64_t count, double share) {
    EXPECT_NEAR(static_cast<double>(count) / made, share, share * 0.1);
  };
  near(counts.late, 0.02);
  near(counts.dup, 0.03);
  near(counts.out_of_order, 0.01);
  near(counts.gap, 0.05);
  near(counts.reset, 0.002);
  near(counts.glitch, 0.004);
  // Everything but the gaps is delivered, the duplicates twice.
  EXPECT_EQ(static_cast<double>(all.size()), made - static_cast<double>(counts.gap) + static_cast<double>(counts.dup));
  EXPECT_EQ(fleet.delayed(), 0U);
}

TEST(Fleet, ARepeatHasTheSameValue) {
  FleetOptions disturbed = options(100);
  disturbed.faults = {0.05, 0.2, 0.05, 0.05, 0.01, 0.01};
  std::map<Key, std::int64_t> values;
  std::size_t repeats = 0;
  for (const Reading& reading : make(disturbed, 50'000)) {
    const auto [at, fresh] = values.try_emplace(key(reading), reading.value);
    EXPECT_EQ(at->second, reading.value);
    if (!fresh) ++repeats;
  }
  EXPECT_GT(repeats, 1000U);
}

TEST(Fleet, OutOfOrderMeansAfterTheSuccessor) {
  FleetOptions disturbed = options(100);
  disturbed.faults.out_of_order = 0.1;
  std::map<std::pair<std::uint32_t, std::uint16_t>, std::int64_t> latest;
  std::size_t behind = 0;
  for (const Reading& reading : make(disturbed, 50'000)) {
    std::int64_t& last = latest[{reading.meter, reading.reg}];
    if (reading.time_ms < last) ++behind;
    last = std::max(last, reading.time_ms);
  }
  EXPECT_GT(behind, 3500U);
  EXPECT_LT(behind, 6000U);
}

TEST(Fleet, AGlitchReadsZeroOnceAndAResetStartsAgain) {
  FleetOptions glitchy = options(50);
  glitchy.faults.glitch = 0.01;
  std::map<std::pair<std::uint32_t, std::uint16_t>, std::int64_t> before;
  for (const Reading& reading : make(glitchy, 50'000)) {
    std::int64_t& last = before[{reading.meter, reading.reg}];
    if (reading.value != 0) {
      EXPECT_GE(reading.value, last);
      last = reading.value;
    }
  }
  FleetOptions resetting = options(50);
  resetting.faults.reset = 0.01;
  std::size_t falls = 0;
  before.clear();
  for (const Reading& reading : make(resetting, 50'000)) {
    std::int64_t& last = before[{reading.meter, reading.reg}];
    if (reading.value < last) {
      ++falls;
      EXPECT_LT(reading.value, 50'000);
    }
    last = reading.value;
  }
  EXPECT_GT(falls, 300U);
}

TEST(MeterNames, AreThePrefixAndTheIndex) {
  MeterNames names("M-", 1000);
  EXPECT_EQ(names(0), "M-000000");
  EXPECT_EQ(names(731), "M-000731");
  MeterNames many("M-", 12'000'000);
  EXPECT_EQ(many(11'999'999), "M-11999999");
  EXPECT_EQ(many(1), "M-00000001");
}

}  // namespace
}  // namespace wattring::sim
