// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/source_vitals.hpp"

#include <gtest/gtest.h>

#include "base/time.hpp"

namespace wattring::gateway {
namespace {

constexpr Register kClockDrift = obis(0, 0, 199, 128, 1);
constexpr Register kBadFrames = obis(0, 0, 199, 128, 2);
constexpr std::int64_t kNoon = 1'767'614'400'000;

Batch telegram(std::int64_t at_ms, std::uint8_t flags = 0) {
  Batch batch;
  batch.meter("E-1");
  Fact fact;
  fact.reg = obis(1, 0, 1, 7, 0);
  fact.start_ms = fact.end_ms = at_ms;
  fact.flags = flags;
  batch.add(fact);
  return batch;
}

std::vector<Fact> of(const Batch& batch, Register reg) {
  std::vector<Fact> found;
  for (const Fact& fact : batch.facts())
    if (fact.reg == reg) found.push_back(fact);
  return found;
}

TEST(SourceVitals, TheMedianOfTenMinutesIsTheDrift) {
  SourceVitals vitals("cellar", "");
  for (int second = 0; second < 600; ++second) {
    Batch batch = telegram(kNoon + second * 1000 - (second % 10 == 0 ? 60'000 : 12'000));
    vitals.observe(kNoon + second * 1000, 0, batch);
    EXPECT_TRUE(of(batch, kClockDrift).empty());
  }
  Batch last = telegram(kNoon + 588'000);
  vitals.observe(kNoon + 600'000, 0, last);
  const auto drift = of(last, kClockDrift);
  ASSERT_EQ(drift.size(), 1U);
  EXPECT_EQ(drift[0].value, 12'000);
  EXPECT_EQ(drift[0].start_ms, kNoon + 600'000);
  EXPECT_EQ(last.id(last.runs().back()), "E-1");
}

TEST(SourceVitals, ATelegramWithoutATimeSaysNothingOfTheClock) {
  SourceVitals vitals("cellar", "");
  for (int minute = 0; minute < 30; ++minute) {
    Batch batch = telegram(kNoon + minute * kMsPerMinute, kFlagReceiveTime);
    vitals.observe(kNoon + minute * kMsPerMinute, 0, batch);
    EXPECT_TRUE(of(batch, kClockDrift).empty());
  }
}

TEST(SourceVitals, ABadShareIsToldEachMinuteAndOnceMoreWhenItIsOver) {
  SourceVitals vitals("cellar", "");
  std::vector<std::int64_t> told;
  for (int second = 0; second < 300; ++second) {
    Batch batch;
    vitals.observe(kNoon + second * 1000, second < 150 ? 0.125 : 0, batch);
    for (const Fact& fact : of(batch, kBadFrames)) told.push_back(fact.value);
    if (!batch.facts().empty()) {
      EXPECT_EQ(batch.id(batch.runs().back()), "p1:cellar");
    }
  }
  EXPECT_EQ(told, (std::vector<std::int64_t>{125, 125, 125, 0}));
}

TEST(SourceVitals, AGivenMeterIdIsUsed) {
  SourceVitals vitals("cellar", "M-7");
  Batch batch = telegram(kNoon);
  vitals.observe(kNoon, 1, batch);
  EXPECT_EQ(batch.id(batch.runs().back()), "M-7");
  EXPECT_EQ(of(batch, kBadFrames).at(0).value, 1000);
}

}  // namespace
}  // namespace wattring::gateway
