// SPDX-License-Identifier: Apache-2.0
#include "tests/alert/points_words.hpp"

namespace wattring::alert {
namespace {

constexpr Register kImport = obis(1, 0, 1, 8, 0);
constexpr Register kPowerReg = obis(1, 0, 1, 7, 0);
const std::int64_t kT = at("2026-01-20T12:00:00Z");

TEST(StuckRegister, CountsThePowerThatFlowedWhileItStoodStill) {
  test::MeterFake meter;
  const Rule rule = rule_of("stuck_register");
  meter.add(kImport, kT - kMin, 999);
  for (std::int64_t i = 0; i < 5; ++i) meter.add(kImport, kT + i * 30 * kMin, 1000);
  meter.add(kImport, kT + 150 * kMin, 1001);
  meter.add(kPowerReg, kT - 5 * kMin, 600);    // 10 of its 15 minutes are in the stretch: 100 Wh
  meter.add(kPowerReg, kT + 30 * kMin, 1200);  // until the next one, 10 minutes: 200 Wh
  meter.add(kPowerReg, kT + 40 * kMin, 61);    // 15 minutes: 15.25 Wh
  meter.add(kPowerReg, kT + 80 * kMin, 400);   // 66.7 Wh until 13:30, 100 Wh in all
  EXPECT_EQ(seen(rule, meter, kT, kT + kMsPerDay), (std::vector<Seen>{{kT, 0, "clears"},
                                                                      {kT + 30 * kMin, 0, "clears"},  // not an hour yet
                                                                      {kT + 60 * kMin, 315, "fires"},
                                                                      {kT + 90 * kMin, 381, "fires"},
                                                                      {kT + 120 * kMin, 415, "fires"},
                                                                      {kT + 150 * kMin, 0, "clears"}}));
  EXPECT_EQ(seen(rule, meter, kT + 90 * kMin, kT + 90 * kMin + 1), (std::vector<Seen>{{kT + 90 * kMin, 381, "fires"}}));
}

TEST(StuckRegister, TheStretchIsLookedAtFor26Hours) {
  test::MeterFake meter;
  const Rule rule = rule_of("stuck_register");
  for (int hour = 0; hour <= 60; ++hour) {
    meter.add(kImport, kT + hour * kMsPerHour, 7);
    meter.add(kPowerReg, kT + hour * kMsPerHour, 400);  // 100 Wh in its quarter hour
  }
  const std::vector<Seen> points = seen(rule, meter, kT + 60 * kMsPerHour, kT + 61 * kMsPerHour);
  EXPECT_EQ(points, (std::vector<Seen>{{kT + 60 * kMsPerHour, 2600, "fires"}}));
}

TEST(StuckRegister, AFirstReadingHasNoPointAndALateOneHasZero) {
  test::MeterFake meter;
  const Rule rule = rule_of("stuck_register");
  meter.add(kPowerReg, kT, 5000);
  meter.add(kImport, kT, 7);
  EXPECT_TRUE(seen(rule, meter, kT, kT + kMsPerDay).empty());
  meter.add(kImport, kT + 30 * kMsPerDay, 7);
  EXPECT_EQ(seen(rule, meter, kT + kMsPerDay, kT + 31 * kMsPerDay),
            (std::vector<Seen>{{kT + 30 * kMsPerDay, 0, "clears"}}));
}

TEST(StuckRegister, WithoutPowerThereIsNothingToCompare) {
  test::MeterFake meter;
  meter.add(kImport, kT, 7);
  meter.add(kImport, kT + 2 * kMsPerHour, 7);
  EXPECT_TRUE(seen(rule_of("stuck_register"), meter, kT, kT + kMsPerDay).empty());
}

}  // namespace
}  // namespace wattring::alert
