// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "tests/alert/points_words.hpp"

namespace wattring::alert {
namespace {

constexpr Register kPowerReg = obis(1, 0, 1, 7, 0);
constexpr Register kL1 = obis(1, 0, 32, 7, 0);
constexpr Register kL2 = obis(1, 0, 52, 7, 0);
constexpr Register kL3 = obis(1, 0, 72, 7, 0);
constexpr Register kFailures = obis(0, 0, 96, 7, 21);
constexpr std::int64_t kT = 1'767'225'600'000;  // 2026-01-01T00:00:00Z

TEST(Threshold, EveryReadingIsAPointThatFiresClearsOrNeither) {
  test::MeterFake meter;
  const Rule rule = rule_of("threshold", "register = \"power\"\nabove = \"1kW\"\nclear = \"900W\"");
  meter.add(kPowerReg, kT, 1000);
  meter.add(kPowerReg, kT + 10, 1001);
  meter.add(kPowerReg, kT + 20, 900);
  meter.add(kPowerReg, kT + 30, 5000, Quality::missing);
  EXPECT_EQ(seen(rule, meter, kT, kT + 100),
            (std::vector<Seen>{{kT, 1000, ""}, {kT + 10, 1001, "fires"}, {kT + 20, 900, "clears"}}));
  EXPECT_EQ(seen(rule, meter, kT + 1, kT + 20), (std::vector<Seen>{{kT + 10, 1001, "fires"}}));
}

TEST(Threshold, BelowFiresOnTheOtherSide) {
  test::MeterFake meter;
  const Rule rule = rule_of("threshold", "register = \"frequency\"\nbelow = \"49.8Hz\"\nclear = \"49.9Hz\"");
  const Register frequency = obis(1, 0, 14, 7, 0);
  for (const std::int64_t value : {49'799, 49'800, 49'899, 49'900}) meter.add(frequency, kT + value, value);
  std::vector<std::string> does;
  for (const Seen& each : seen(rule, meter, kT, kT + kMsPerDay)) does.push_back(each.does);
  EXPECT_EQ(does, (std::vector<std::string>{"fires", "", "", "clears"}));
}

TEST(Threshold, OfAConflictTheWinnerCountsAndPeriodsDoNot) {
  test::MeterFake meter;
  const Rule rule = rule_of("threshold", "register = \"power\"\nabove = \"1kW\"");
  meter.add(kPowerReg, kT, 10);
  meter.add(kPowerReg, kT, 20, Quality::edited);
  Fact mean;
  mean.reg = kPowerReg;
  mean.start_ms = kT + 1;
  mean.end_ms = kT + 900'000;
  mean.value = 9000;
  meter.add(mean);
  EXPECT_EQ(seen(rule, meter, kT, kT + 100), (std::vector<Seen>{{kT, 20, "clears"}}));
}

TEST(Voltage, EachPhaseHasItsOwnPointsAndAMissingOneHasNone) {
  test::MeterFake meter;
  const Rule rule = rule_of("voltage_sag");
  meter.add(kL3, kT, 2060);
  meter.add(kL1, kT, 2300);
  meter.add(kL1, kT + 1000, 2100);
  EXPECT_EQ(seen(rule, meter, kT, kT + 2000),
            (std::vector<Seen>{{kT, 2300, "clears", 1}, {kT, 2060, "fires", 3}, {kT + 1000, 2100, "", 1}}));
  EXPECT_EQ(phase_name(rule.kind, 3), "L3");
  meter.add(kL2, kT, 0);
  EXPECT_EQ(seen(rule_of("missing_phase"), meter, kT, kT + 1),
            (std::vector<Seen>{{kT, 2300, "clears", 1}, {kT, 0, "fires", 2}, {kT, 2060, "clears", 3}}));
  EXPECT_EQ(seen(rule_of("voltage_swell", "above = \"205V\""), meter, kT, kT + 1),
            (std::vector<Seen>{{kT, 2300, "fires", 1}, {kT, 0, "clears", 2}, {kT, 2060, "fires", 3}}));
}

TEST(OverPower, LooksAtImportAndReverseFlowAtExport) {
  test::MeterFake meter;
  meter.add(kPowerReg, kT, 9300);
  meter.add(obis(1, 0, 2, 7, 0), kT, 51);
  EXPECT_EQ(seen(rule_of("over_power", "above = \"9.2kW\""), meter, kT, kT + 1),
            (std::vector<Seen>{{kT, 9300, "fires"}}));
  EXPECT_EQ(seen(rule_of("reverse_flow"), meter, kT, kT + 1), (std::vector<Seen>{{kT, 51, "fires"}}));
}

TEST(ClockDrift, HasNoSign) {
  test::MeterFake meter;
  const Register drift = obis(0, 0, 199, 128, 1);
  meter.add(drift, kT, -10'001);
  meter.add(drift, kT + 1, 10'000);
  meter.add(drift, kT + 2, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(seen(rule_of("clock_drift"), meter, kT, kT + 10),
            (std::vector<Seen>{{kT, 10'001, "fires"},
                               {kT + 1, 10'000, "clears"},
                               {kT + 2, std::numeric_limits<std::int64_t>::max(), "fires"}}));
}

TEST(BadFrames, FireAboveATenth) {
  test::MeterFake meter;
  meter.add(obis(0, 0, 199, 128, 2), kT, 100);
  meter.add(obis(0, 0, 199, 128, 2), kT + 1, 101);
  EXPECT_EQ(seen(rule_of("bad_frames"), meter, kT, kT + 10),
            (std::vector<Seen>{{kT, 100, "clears"}, {kT + 1, 101, "fires"}}));
}

TEST(Increase, IsTheDifferenceFromTheReadingBefore) {
  test::MeterFake meter;
  const Rule rule = rule_of("increase", "register = \"power_failures\"");
  meter.add(kFailures, kT, 4);
  meter.add(kFailures, kT + kMsPerDay, 4);
  meter.add(kFailures, kT + 2 * kMsPerDay, 6);
  meter.add(kFailures, kT + 3 * kMsPerDay, 5);
  const std::vector<Seen> all{
      {kT + kMsPerDay, 0, "clears"}, {kT + 2 * kMsPerDay, 2, "fires"}, {kT + 3 * kMsPerDay, -1, "clears"}};
  EXPECT_EQ(seen(rule, meter, kT, kT + 9 * kMsPerDay), all);
  EXPECT_EQ(seen(rule, meter, kT + 2 * kMsPerDay, kT + 9 * kMsPerDay), (std::vector<Seen>{all[1], all[2]}));
}

TEST(Increase, AReadingMoreThan32DaysBackIsNoPredecessor) {
  test::MeterFake meter;
  const Rule rule = rule_of("increase", "register = \"power_failures\"");
  meter.add(kFailures, kT, 1);
  meter.add(kFailures, kT + 32 * kMsPerDay, 2);
  meter.add(kFailures, kT + 64 * kMsPerDay + 1, 3);
  const std::vector<Seen> one{{kT + 32 * kMsPerDay, 1, "fires"}};
  EXPECT_EQ(seen(rule, meter, kT, kT + 90 * kMsPerDay), one);
  EXPECT_TRUE(seen(rule, meter, kT + 64 * kMsPerDay, kT + 90 * kMsPerDay).empty());
}

TEST(Increase, OfAnyTwoNumbersDoesNotOverflow) {
  test::MeterFake meter;
  meter.add(kFailures, kT, std::numeric_limits<std::int64_t>::min());
  meter.add(kFailures, kT + 1, std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(seen(rule_of("increase", "register = \"power_failures\""), meter, kT, kT + 2).at(0).x,
            std::numeric_limits<std::int64_t>::max());
}

TEST(Points, ThereAreNoneForWhatNoReadingDecides) {
  test::MeterFake meter;
  meter.add(kPowerReg, kT, 1);
  for (const char* kind : {"no_data", "quarantined"}) EXPECT_TRUE(seen(rule_of(kind), meter, kT, kT + 6).empty());
}

TEST(Points, OfAMeterWithoutTheRegisterCostNothing) {
  for (std::size_t i = 0; i < kRuleKindCount; ++i) {
    Rule rule;
    rule.kind = static_cast<RuleKind>(i);
    rule.reg = kFailures;
    rule.zone = "Europe/Brussels";
    test::MeterFake meter;
    meter.add(obis(1, 0, 21, 8, 0), kT, 1);
    EXPECT_TRUE(seen(rule, meter, kT, kT + kMsPerDay).empty());
    EXPECT_EQ(meter.questions(), 0U) << to_string(rule.kind);
  }
}

}  // namespace
}  // namespace wattring::alert
