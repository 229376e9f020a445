// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "tests/alert/points_words.hpp"

namespace wattring::alert {
namespace {

constexpr Register kPowerReg = obis(1, 0, 1, 7, 0);
constexpr Register kDemandReg = obis(1, 0, 1, 4, 0);
constexpr Register kPeakReg = obis(1, 0, 1, 6, 0);
const std::int64_t kT = at("2026-01-20T12:00:00Z");

TEST(PeakProjection, AddsWhatTheRestOfTheQuarterWillBringAtThisPower) {
  test::MeterFake meter;
  meter.add(kDemandReg, kT + 4 * kMin, 1000);
  meter.add(kPowerReg, kT + 5 * kMin, 3001);
  // 1000 + floor(3001 x 600 / 900) - 2500 = 1000 + 2000 - 2500
  EXPECT_EQ(seen(rule_of("peak_projection"), meter, kT, kT + 30 * kMin),
            (std::vector<Seen>{{kT + 5 * kMin, 500, "fires"}, {kT + 15 * kMin, 0, "clears"}}));
  EXPECT_EQ(seen(rule_of("peak_projection", "margin = \"600W\"\nfloor = \"4kW\""), meter, kT, kT + 30 * kMin),
            (std::vector<Seen>{{kT + 5 * kMin, -1000, "clears"}, {kT + 15 * kMin, -600, "clears"}}));
}

TEST(PeakProjection, ADemandOfTheQuarterBeforeDoesNotCount) {
  test::MeterFake meter;
  const Rule rule = rule_of("peak_projection");
  meter.add(kDemandReg, kT - 1, 2000);
  meter.add(kPowerReg, kT, 9000);
  EXPECT_TRUE(seen(rule, meter, kT, kT + 30 * kMin).empty());
  meter.add(kDemandReg, kT, 0);
  meter.add(kDemandReg, kT + 1, 5000);
  EXPECT_EQ(seen(rule, meter, kT, kT + 30 * kMin),
            (std::vector<Seen>{{kT, 6500, "fires"}, {kT + 15 * kMin, 0, "clears"}}));
}

TEST(PeakProjection, AQuarterThatEndsWhenTheRangeBeginsClearsInItAndBeforeTheNextOneFires) {
  test::MeterFake meter;
  const Rule rule = rule_of("peak_projection");
  for (const std::int64_t t : {kT - kMin, kT}) {
    meter.add(kDemandReg, t, 3000);
    meter.add(kPowerReg, t, 0);
  }
  EXPECT_EQ(seen(rule, meter, kT, kT + kMin), (std::vector<Seen>{{kT, 0, "clears"}, {kT, 500, "fires"}}));
  EXPECT_EQ(seen(rule, meter, kT - kMin, kT), (std::vector<Seen>{{kT - kMin, 500, "fires"}}));
}

TEST(PeakProjection, NobodyIsWarnedBelowAPeakThatIsPaidForAndEachLocalMonthBeginsAnew) {
  test::MeterFake meter;
  const Rule rule = rule_of("peak_projection", "zone = \"Europe/Brussels\"");
  const std::int64_t february = at("2026-01-31T23:00:00Z");  // midnight in Brussels
  meter.add(kPeakReg, at("2025-12-31T22:59:59Z"), 9000);     // December
  meter.add(kPeakReg, at("2025-12-31T23:00:00Z"), 4000);     // January
  meter.add(kPeakReg, at("2026-01-10T00:00:00Z"), 3000);
  meter.add(kPeakReg, february + 3 * kMin, 2600);
  for (const std::int64_t t : {february - kMin, february, february + 3 * kMin}) {
    meter.add(kDemandReg, t, 3500);
    meter.add(kPowerReg, t, 0);
  }
  EXPECT_EQ(seen(rule, meter, february - kMin, february + 4 * kMin),
            (std::vector<Seen>{{february - kMin, -500, "clears"},
                               {february, 0, "clears"},
                               {february, 1000, "fires"},
                               {february + 3 * kMin, 900, "fires"}}));
}

TEST(PeakProjection, OfAnyNumbersDoesNotOverflow) {
  test::MeterFake meter;
  meter.add(kDemandReg, kT, std::numeric_limits<std::int64_t>::max());
  meter.add(kPowerReg, kT, std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(seen(rule_of("peak_projection"), meter, kT, kT + kMin).at(0).x, std::numeric_limits<std::int64_t>::max());
}

}  // namespace
}  // namespace wattring::alert
