// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "tests/alert/points_words.hpp"

namespace wattring::alert {
namespace {

constexpr Register kImport = obis(1, 0, 1, 8, 0);
constexpr std::int64_t kQuarter = 15 * kMin;
const std::int64_t kT = at("2026-01-20T12:00:00Z");

/// Register readings a quarter hour apart from kT on.
void read(test::MeterFake& meter, Register reg, std::initializer_list<std::int64_t> values) {
  std::int64_t t = kT;
  for (const std::int64_t value : values) {
    meter.add(reg, t, value);
    t += kQuarter;
  }
}

TEST(IntervalThreshold, AddsTheLastFourQuarters) {
  test::MeterFake meter;
  const Rule rule = rule_of("interval_threshold", "register = \"import\"\nabove = \"1kWh\"");
  read(meter, kImport, {0, 100, 300, 600, 1000, 1600, 1600});
  EXPECT_EQ(seen(rule, meter, kT, kT + kMsPerDay), (std::vector<Seen>{{kT + 4 * kQuarter, 1000, "clears"},
                                                                      {kT + 5 * kQuarter, 1500, "fires"},
                                                                      {kT + 6 * kQuarter, 1300, "fires"}}));
  EXPECT_EQ(seen(rule, meter, kT + 5 * kQuarter, kT + 6 * kQuarter),
            (std::vector<Seen>{{kT + 5 * kQuarter, 1500, "fires"}}));
  EXPECT_TRUE(seen(rule, meter, kT + 5 * kQuarter + 1, kT + 6 * kQuarter).empty());
}

TEST(IntervalThreshold, AnUnknownQuarterLeavesItsNeighboursOut) {
  test::MeterFake meter;
  const Rule rule = rule_of("interval_threshold", "register = \"import\"\nbelow = \"10Wh\"\nintervals = 2");
  // Another meter from 12:30 on: the quarter from 12:15 is unknown.
  read(meter, kImport, {0, 1, 900'000, 900'002, 900'005, 900'009});
  meter.exchange(kT + 2 * kQuarter - 1);
  EXPECT_EQ(seen(rule, meter, kT, kT + kMsPerDay),
            (std::vector<Seen>{{kT + 4 * kQuarter, 5, "fires"}, {kT + 5 * kQuarter, 7, "fires"}}));
}

TEST(IntervalThreshold, WaitsUntilTheGraceIsOver) {
  test::MeterFake meter;
  const Rule rule =
      rule_of("interval_threshold", "register = \"import\"\nabove = \"1kWh\"\nintervals = 1\ngrace = \"2m\"");
  read(meter, kImport, {0, 100, 200});
  const std::int64_t end_ms = kT + 2 * kQuarter;
  EXPECT_EQ(seen(rule, meter, kT, kT + kMsPerDay, end_ms + 2 * kMin - 1).size(), 1U);
  EXPECT_EQ(seen(rule, meter, kT, kT + kMsPerDay, end_ms + 2 * kMin).size(), 2U);
}

TEST(IntervalThreshold, TakesAmountsToo) {
  test::MeterFake meter;
  const Rule rule = rule_of("interval_threshold", "register = \"import_interval\"\nabove = \"1kWh\"\nintervals = 1");
  Fact hour;
  hour.reg = obis(1, 0, 1, 29, 0);
  hour.start_ms = kT;
  hour.end_ms = kT + kMsPerHour;
  hour.value = 4004;
  meter.add(hour);
  EXPECT_EQ(seen(rule, meter, kT, kT + 2 * kMsPerHour).size(), 4U);
  EXPECT_EQ(seen(rule, meter, kT, kT + 2 * kMsPerHour).at(0), (Seen{kT + kQuarter, 1001, "fires"}));
}

TEST(Rollback, AFallThatNothingExplainsFiresInItsPhase) {
  test::MeterFake meter;
  const Rule rule = rule_of("rollback");
  const Register tariff2 = obis(1, 0, 1, 8, 2);
  // 60 % of what it was, and it stays there: neither glitch nor reset.
  read(meter, tariff2, {50'000, 50'010, 30'000, 30'010, 30'020, 30'030, 30'040, 30'050, 30'060, 30'070});
  const std::vector<Seen> points = seen(rule, meter, kT, kT + kMsPerDay);
  ASSERT_GE(points.size(), 2U);
  EXPECT_EQ(points[0], (Seen{kT + kQuarter, 0, "clears", 3}));
  EXPECT_EQ(points[1], (Seen{kT + 2 * kQuarter, 1, "fires", 3}));
  EXPECT_EQ(points[2], (Seen{kT + 3 * kQuarter, 0, "clears", 3}));
  EXPECT_EQ(phase_name(rule.kind, 3), "1.8.2");
  const Rule of_one = rule_of("rollback", "register = \"import_t2\"");
  EXPECT_EQ(seen(of_one, meter, kT, kT + kMsPerDay).at(1), (Seen{kT + 2 * kQuarter, 1, "fires", 0}));
}

TEST(Rollback, AFallThatIsNotDecidedYetHasNoPoint) {
  test::MeterFake meter;
  read(meter, kImport, {50'000, 50'010, 30'000});
  EXPECT_EQ(seen(rule_of("rollback"), meter, kT, kT + kMsPerDay), (std::vector<Seen>{{kT + kQuarter, 0, "clears", 1}}));
}

constexpr Register kV1 = obis(1, 0, 32, 7, 0);
constexpr Register kV2 = obis(1, 0, 52, 7, 0);
constexpr Register kV3 = obis(1, 0, 72, 7, 0);

TEST(Imbalance, IsTheFarthestPhaseFromTheMeanOfTheWindow) {
  test::MeterFake meter;
  const Rule rule = rule_of("imbalance");
  meter.add(kV1, kT, 2300);
  meter.add(kV1, kT + 9 * kMin, 2401);  // mean 2350.5 -> 2350
  meter.add(kV2, kT + 1, 2300);
  meter.add(kV3, kT + 2, 2251);
  // M = floor(6901 / 3) = 2300; 50 x 10000 / 2300 = 217
  EXPECT_EQ(seen(rule, meter, kT, kT + kMsPerHour), (std::vector<Seen>{{kT + 10 * kMin, 217, "fires"}}));
  EXPECT_TRUE(seen(rule, meter, kT + 1, kT + 10 * kMin).empty());
  EXPECT_EQ(seen(rule, meter, kT + 10 * kMin, kT + 10 * kMin + 1).size(), 1U);
  meter.add(kV1, kT + 10 * kMin, 2300);  // the next window has one phase only
  EXPECT_EQ(seen(rule, meter, kT, kT + kMsPerHour).size(), 1U);
}

TEST(Imbalance, OfCurrentNeedsSixAmperes) {
  test::MeterFake meter;
  const Rule rule = rule_of("imbalance", "of = \"current\"");
  for (const unsigned c : {31U, 51U, 71U}) meter.add(obis(1, 0, c, 7, 0), kT, c == 31 ? 1199 : 300);
  EXPECT_TRUE(seen(rule, meter, kT, kT + kMsPerHour).empty());  // M = 599
  meter.add(obis(1, 0, 31, 7, 0), kT + 1, 1201);                // mean 1200: M = 600
  EXPECT_EQ(seen(rule, meter, kT, kT + kMsPerHour), (std::vector<Seen>{{kT + 10 * kMin, 10'000, "fires"}}));
}

TEST(Imbalance, OfAnyNumbersDoesNotOverflow) {
  test::MeterFake meter;
  meter.add(kV1, kT, std::numeric_limits<std::int64_t>::max());
  meter.add(kV2, kT, std::numeric_limits<std::int64_t>::min());
  meter.add(kV3, kT, 4);  // M = 1
  EXPECT_EQ(seen(rule_of("imbalance"), meter, kT, kT + kMsPerHour).at(0).x, std::numeric_limits<std::int64_t>::max());
  meter.add(kV3, kT + 1, -4);  // M = -1
  EXPECT_TRUE(seen(rule_of("imbalance"), meter, kT, kT + kMsPerHour).empty());
}

}  // namespace
}  // namespace wattring::alert
