// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/alert/troubled_shard.hpp"

namespace wattring::alert {
namespace {

constexpr std::int64_t kMin = kMsPerMinute;
constexpr std::int64_t kNoon = kStart + 12 * kMsPerHour;
constexpr std::int64_t kGrace = 5 * kMin;

constexpr std::string_view kStuck = R"(
[[rule]]
name = "stuck"
kind = "stuck_register"
effective = 2026-01-01T00:00:00Z
)";
constexpr std::string_view kUse = R"(
[[rule]]
name = "use"
kind = "interval_threshold"
register = "import_wh"
above = "1kWh"
intervals = 1
effective = 2026-01-01T00:00:00Z
)";
constexpr std::string_view kUneven = R"(
[[rule]]
name = "uneven"
kind = "imbalance"
of = "voltage"
effective = 2026-01-01T00:00:00Z
)";
constexpr std::string_view kHigh = R"(
[[rule]]
name = "high"
kind = "threshold"
register = "1-0:1.7.0"
above = "5kW"
effective = 2026-01-01T00:00:00Z
)";

/// Facts that come at once are looked at together.
void take(Shard& shard, const std::vector<Fact>& facts, std::int64_t now_ms) {
  shard.apply(facts);
  shard.work(now_ms);
}

/// "stuck resolved": rule and state of each alert.
std::vector<std::string> states(const Shard& shard) {
  std::vector<std::string> all;
  for (const auto& [id, alert] : shard.alerts()) all.push_back(alert.rule + " " + std::string(state_name(alert)));
  return all;
}
using States = std::vector<std::string>;

/// Stands from noon to 13:10 while 2 kW flow.
std::vector<Fact> standing() {
  std::vector<Fact> facts;
  for (std::int64_t at = kNoon; at <= kNoon + 70 * kMin; at += 10 * kMin) {
    facts.push_back(fact(kImport, at, 1000));
    facts.push_back(fact(kPowerNow, at, 2000));
  }
  return facts;
}

TEST(AlertWatch, APointThatStandsAtAReadingIsDueWhenTheGraceOfThatReadingIsOver) {
  Shard shard(kStuck);
  take(shard, standing(), kNoon + 70 * kMin + 1000);
  EXPECT_EQ(states(shard), States{"stuck firing"});
  take(shard, {fact(kImport, kNoon + 72 * kMin, 1001)}, kNoon + 72 * kMin + 1000);
  wait_until(shard, kNoon + 72 * kMin + kGrace - 1);
  EXPECT_EQ(states(shard), States{"stuck firing"});
  wait_until(shard, kNoon + 72 * kMin + kGrace);
  EXPECT_EQ(states(shard), States{"stuck resolved"});
}

TEST(AlertWatch, WhatOpensLateIsHeldAgainstTheReadingsThatWait) {
  Shard shard(kStuck);
  std::vector<Fact> facts = standing();
  const std::int64_t rises_ms = kNoon + 72 * kMin;
  facts.push_back(fact(kImport, rises_ms, 1001));
  const auto is_first = [](const Fact& one) { return one.reg == kImport && one.start_ms == kNoon; };
  std::erase_if(facts, is_first);  // so that it stands for less than an hour at 13:00
  take(shard, facts, rises_ms + 1000);
  wait_until(shard, rises_ms + 2 * kMin);
  EXPECT_EQ(states(shard), States{});
  take(shard, {fact(kImport, kNoon, 1000)}, rises_ms + 4 * kMin);
  EXPECT_EQ(states(shard), States{"stuck firing"});
  wait_until(shard, rises_ms + kGrace);
  EXPECT_EQ(states(shard), States{"stuck resolved"});
}

TEST(AlertWatch, PowerThatComesAfterTheReadingsCounts) {
  for (const bool before : {false, true}) {
    SCOPED_TRACE(before);
    Shard shard(kStuck);
    std::vector<Fact> readings = standing();
    std::vector<Fact> powers = readings;
    std::erase_if(readings, [](const Fact& one) { return one.reg == kPowerNow; });
    std::erase_if(powers, [](const Fact& one) { return one.reg != kPowerNow; });
    if (before) take(shard, {fact(kPowerNow, kNoon - kMsPerHour, 0)}, kNoon - kMsPerHour);
    for (const Fact& one : readings) take(shard, {one}, one.start_ms);
    wait_until(shard, kNoon + 2 * kMsPerHour);
    for (const Fact& one : powers) take(shard, {one}, kNoon + 2 * kMsPerHour);
    EXPECT_EQ(states(shard), States{"stuck firing"});
  }
}

TEST(AlertWatch, AWindowThatEndedBeforeTheReadingIsDueWithItsOwnGrace) {
  Shard shard(kUse);
  take(shard, {fact(kImport, kNoon, 10'000)}, kNoon);
  take(shard, {fact(kImport, kNoon + 16 * kMin, 12'000)}, kNoon + 16 * kMin);
  EXPECT_EQ(states(shard), States{});
  wait_until(shard, kNoon + 15 * kMin + kGrace);
  EXPECT_EQ(states(shard), States{"use firing"});
}

TEST(AlertWatch, ALateReadingChangesWindowsBehindItThatWait) {
  Shard shard(kUse);
  const std::int64_t last_ms = kNoon + 45 * kMin;
  take(shard, {fact(kImport, kNoon, 10'000)}, kNoon);
  take(shard, {fact(kImport, last_ms, 12'700)}, last_ms);  // 900 Wh in each quarter hour
  take(shard, {fact(kImport, kNoon + 20 * kMin, 10'100)}, last_ms + kMin);
  wait_until(shard, last_ms + kGrace);
  const auto alerts = shard.alerts();
  ASSERT_EQ(alerts.size(), 1U);
  EXPECT_EQ(alerts.begin()->second.last_ms, last_ms);
}

TEST(AlertWatch, EachReadingOfTheFutureCountsWhenTheClockReachesIt) {
  Shard shard(kHigh);
  take(shard, {fact(kPowerNow, kNoon + kMin, 6000), fact(kPowerNow, kNoon + 2 * kMin, 1000)}, kNoon);
  EXPECT_EQ(states(shard), States{});
  wait_until(shard, kNoon + kMin);
  EXPECT_EQ(states(shard), States{"high firing"});
  wait_until(shard, kNoon + 2 * kMin);
  EXPECT_EQ(states(shard), States{"high resolved"});
}

TEST(AlertWatch, PhasesThatComeOneAfterTheOtherAreHeldAgainstEachOther) {
  Shard shard(kUneven);
  for (const unsigned phase : {0U, 1U, 2U})
    for (std::int64_t at = kNoon; at < kNoon + 3 * kMsPerHour; at += 5 * kMin)
      take(shard, {fact(obis(1, 0, 32 + 20 * phase, 7, 0), at, phase == 2 && at >= kNoon + kMsPerHour ? 2000 : 2300)},
           kNoon + 4 * kMsPerHour);
  EXPECT_EQ(states(shard), States{"uneven firing"});
}

TEST(AlertWatch, ATallyIsOnTheDiskBeforeItsFactsAreSealed) {
  Shard shard(kHigh);
  take(shard, {fact(kPowerNow, kNoon, 6000)}, kNoon);
  take(shard, {fact(kPowerNow, kNoon + 1000, 7000)}, kNoon + 1000);
  shard.seal(kNoon + 2000);
  shard.crash();
  shard.work(kNoon + kMin);
  ASSERT_EQ(shard.alerts().size(), 1U);
  EXPECT_EQ(shard.alerts().begin()->second.count, 2U);
  EXPECT_EQ(shard.alerts().begin()->second.peak, 7000);
}

TEST(AlertWatch, ATallyThatGrowsNoMoreIsWrittenAllTheSame) {
  Shard shard(kHigh);
  take(shard, {fact(kPowerNow, kNoon, 6000)}, kNoon);
  take(shard, {fact(kPowerNow, kNoon + 1000, 7000)}, kNoon + 1000);
  EXPECT_EQ(shard.written("high").count, 1U);
  shard.work(kNoon + kMin - 1);
  EXPECT_EQ(shard.written("high").count, 1U);
  shard.work(kNoon + kMin);
  EXPECT_EQ(shard.written("high").count, 2U);
}

TEST(AlertGates, TripWithEachQuarterHourAndWithWhateverComesLate) {
  meter::Gate quarters;
  quarters.each_quarter = true;
  meter::Gate late;
  late.late = true;
  meter::SeriesState before;
  EXPECT_TRUE(meter::trips(quarters, before, fact(kPowerNow, kNoon, 1)));
  EXPECT_TRUE(meter::trips(late, before, fact(kPowerNow, kNoon, 1)));
  before.absorb(fact(kPowerNow, kNoon + kMin, 1));
  EXPECT_FALSE(meter::trips(quarters, before, fact(kPowerNow, kNoon + 14 * kMin, 2)));
  EXPECT_TRUE(meter::trips(quarters, before, fact(kPowerNow, kNoon + 15 * kMin, 1)));
  EXPECT_TRUE(meter::trips(quarters, before, fact(kPowerNow, kNoon, 1)));
  EXPECT_FALSE(meter::trips(late, before, fact(kPowerNow, kNoon + 15 * kMin, 1)));
  EXPECT_TRUE(meter::trips(late, before, fact(kPowerNow, kNoon, 1)));
  EXPECT_TRUE(meter::trips(meter::widest(quarters, late), before, fact(kPowerNow, kNoon + 15 * kMin, 1)));
}

TEST(AlertWatch, WhatIsLookedAtAgainDoesNotGrowWithTime) {
  Shard shard(std::string(kUneven) + std::string(kStuck) + std::string(kUse));
  std::int64_t now_ms = kStart;
  for (; now_ms < kStart + 3 * kMsPerDay; now_ms += 5 * kMin) {
    wait_until(shard, now_ms);
    std::vector<Fact> facts{fact(kImport, now_ms, (now_ms - kStart) / kMin), fact(kPowerNow, now_ms, 60)};
    for (unsigned phase = 0; phase < 3; ++phase) facts.push_back(fact(obis(1, 0, 32 + 20 * phase, 7, 0), now_ms, 2300));
    take(shard, facts, now_ms);
  }
  for (const ShardAlerts::Due& due : shard.take_due(now_ms + kMsPerDay))
    EXPECT_GE(due.changed.first_ms, now_ms - kMsPerHour) << format_rfc3339(due.changed.first_ms);
}

}  // namespace
}  // namespace wattring::alert
