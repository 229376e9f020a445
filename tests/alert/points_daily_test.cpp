// SPDX-License-Identifier: Apache-2.0
#include "node/meter/zone.hpp"
#include "tests/alert/points_words.hpp"

namespace wattring::alert {
namespace {

constexpr Register kImport = obis(1, 0, 1, 8, 0);
constexpr Register kTariff1 = obis(1, 0, 1, 8, 1);
constexpr Register kTariff2 = obis(1, 0, 1, 8, 2);
constexpr std::int64_t kQuarter = 15 * kMin;
constexpr std::string_view kBrussels = "zone = \"Europe/Brussels\"";

/// Reads a register every quarter hour of [from, to), and at `to`; use: Wh in the quarter that begins then.
template <class Use>
void live(test::MeterFake& meter, Register reg, std::string_view from, std::string_view to, const Use& use) {
  std::int64_t value = 1'000'000;
  for (std::int64_t t = at(from); t <= at(to); t += kQuarter) {
    meter.add(reg, t, value);
    value += use(t);
  }
}

/// The local day of the month in Brussels.
int day_in_brussels(std::int64_t t) {
  static const meter::Zone kZone = *meter::Zone::find("Europe/Brussels");
  return civil_from_days(day_of(kZone.to_local_ms(t))).day;
}

TEST(NightBaseline, ComparesTheLeastQuarterOfANightWithTheMedianOfThoseBefore) {
  test::MeterFake meter;
  const Rule rule = rule_of("night_baseline", kBrussels);
  // Nights of 1 to 8 January use 10, 20, ... 80 Wh a quarter, the ninth 90.
  live(meter, kImport, "2025-12-31T23:00:00Z", "2026-01-10T00:00:00Z", [](std::int64_t t) {
    const bool cut = t == at("2026-01-09T01:00:00Z");  // one quarter more, of no importance
    return day_in_brussels(t) * 10 + (cut ? 500 : 0);
  });
  // The eighth night has seven before it: median 40, 1000 x 80 / 40. The ninth has eight: lower median 40.
  EXPECT_EQ(
      seen(rule, meter, at("2026-01-01T00:00:00Z"), at("2026-01-10T00:00:00Z")),
      (std::vector<Seen>{{at("2026-01-08T04:00:00Z"), 2000, "fires"}, {at("2026-01-09T04:00:00Z"), 2250, "fires"}}));
  EXPECT_TRUE(seen(rule, meter, at("2026-01-08T04:00:01Z"), at("2026-01-09T04:00:00Z")).empty());
  EXPECT_EQ(seen(rule, meter, at("2026-01-08T04:00:00Z"), at("2026-01-08T04:00:01Z")).size(), 1U);
}

TEST(NightBaseline, AMedianOfNothingCountsAsOne) {
  test::MeterFake meter;
  live(meter, kImport, "2025-12-31T23:00:00Z", "2026-01-08T12:00:00Z",
       [](std::int64_t t) { return day_in_brussels(t) == 8 ? 3 : 0; });
  EXPECT_EQ(seen(rule_of("night_baseline", kBrussels), meter, at("2026-01-01T00:00:00Z"), at("2026-01-09T00:00:00Z")),
            (std::vector<Seen>{{at("2026-01-08T04:00:00Z"), 3000, "fires"}}));
}

TEST(NightBaseline, TheNightOfSpringIsShorterAndThatOfAutumnLonger) {
  test::MeterFake spring;
  const Rule rule = rule_of("night_baseline", kBrussels);
  // 29 March 2026: 02:00 is 03:00. The night is 01:00Z to 03:00Z; what happens before does not count.
  live(spring, kImport, "2026-03-20T00:00:00Z", "2026-03-30T00:00:00Z", [](std::int64_t t) {
    if (t >= at("2026-03-29T01:00:00Z") && t < at("2026-03-29T03:00:00Z")) return 40;
    return t >= at("2026-03-29T00:00:00Z") ? 5 : 20;
  });
  EXPECT_EQ(seen(rule, spring, at("2026-03-29T00:00:00Z"), at("2026-03-30T00:00:00Z")),
            (std::vector<Seen>{{at("2026-03-29T03:00:00Z"), 2000, "fires"}}));

  test::MeterFake autumn;
  // 25 October 2026: 02:00 comes twice. The night is 00:00Z to 04:00Z; its first hour counts.
  live(autumn, kImport, "2026-10-16T00:00:00Z", "2026-10-26T00:00:00Z", [](std::int64_t t) {
    if (t < at("2026-10-25T00:00:00Z")) return 20;
    return t < at("2026-10-25T00:15:00Z") ? 30 : 40;
  });
  EXPECT_EQ(seen(rule, autumn, at("2026-10-25T00:00:00Z"), at("2026-10-25T12:00:00Z")),
            (std::vector<Seen>{{at("2026-10-25T04:00:00Z"), 1500, "clears"}}));
}

TEST(NightBaseline, ANightWithAnUnknownQuarterIsNone) {
  test::MeterFake meter;
  live(meter, kImport, "2025-12-31T23:00:00Z", "2026-01-10T00:00:00Z", [](std::int64_t) { return 10; });
  meter.exchange(at("2026-01-08T02:20:00Z"));
  EXPECT_EQ(seen(rule_of("night_baseline", kBrussels), meter, at("2026-01-01T00:00:00Z"), at("2026-01-10T00:00:00Z")),
            (std::vector<Seen>{{at("2026-01-09T04:00:00Z"), 1000, "clears"}}));
}

TEST(NightBaseline, TariffsStandInForAMissingTotal) {
  test::MeterFake meter;
  const Rule rule = rule_of("night_baseline", kBrussels);
  const std::int64_t from = at("2026-01-01T00:00:00Z");
  const std::int64_t to = at("2026-01-10T00:00:00Z");
  live(meter, kTariff1, "2025-12-31T23:00:00Z", "2026-01-10T00:00:00Z", [](std::int64_t) { return 10; });
  EXPECT_TRUE(seen(rule, meter, from, to).empty());
  EXPECT_EQ(meter.questions(), 0U);
  live(meter, kTariff2, "2025-12-31T23:00:00Z", "2026-01-10T00:00:00Z",
       [](std::int64_t t) { return day_in_brussels(t) == 9 ? 20 : 0; });
  EXPECT_EQ(seen(rule, meter, from, to), (std::vector<Seen>{{at("2026-01-08T04:00:00Z"), 1000, "clears"},
                                                            {at("2026-01-09T04:00:00Z"), 3000, "fires"}}));
  meter.add(kImport, from, 5);
  EXPECT_TRUE(seen(rule, meter, from, to).empty());
}

TEST(SuddenDrop, ComparesADayWithTheSameWeekdaysBefore) {
  test::MeterFake meter;
  const Rule rule = rule_of("sudden_drop", kBrussels);
  // Thursdays 1 and 8 January use 96 x 100 and 96 x 50, on the 15th 96 x 22 Wh.
  live(meter, kImport, "2025-12-31T23:00:00Z", "2026-01-16T12:00:00Z", [](std::int64_t t) {
    const int day = day_in_brussels(t);
    return day < 8 ? 100 : day < 15 ? 50 : 22;
  });
  // mean 7200, use 2112: 293. The 16th is not over.
  EXPECT_EQ(seen(rule, meter, at("2026-01-01T00:00:00Z"), at("2026-01-17T00:00:00Z")),
            (std::vector<Seen>{{at("2026-01-15T23:00:00Z"), 293, "fires"}}));
  EXPECT_TRUE(seen(rule, meter, at("2026-01-15T00:00:00Z"), at("2026-01-15T23:00:00Z")).empty());
}

TEST(SuddenDrop, ADayHas92Or100QuartersWhenTheClockChanges) {
  test::MeterFake meter;
  const Rule rule = rule_of("sudden_drop", kBrussels);
  live(meter, kImport, "2026-03-14T23:00:00Z", "2026-04-05T12:00:00Z", [](std::int64_t) { return 100; });
  // Sunday 29 March: 23 hours, 9200 Wh against 9600; it ends at 22:00Z.
  EXPECT_EQ(seen(rule, meter, at("2026-03-29T12:00:00Z"), at("2026-03-30T12:00:00Z")),
            (std::vector<Seen>{{at("2026-03-29T22:00:00Z"), 958, "clears"}}));
  test::MeterFake autumn;
  live(autumn, kImport, "2026-10-10T22:00:00Z", "2026-10-27T12:00:00Z", [](std::int64_t) { return 100; });
  // Sunday 25 October: 25 hours, 10000 Wh against 9600; it ends at 23:00Z.
  EXPECT_EQ(seen(rule, autumn, at("2026-10-25T12:00:00Z"), at("2026-10-26T12:00:00Z")),
            (std::vector<Seen>{{at("2026-10-25T23:00:00Z"), 1041, "clears"}}));
}

TEST(SuddenDrop, OfAMeterThatHardlyUsesAnythingIsNotLookedFor) {
  test::MeterFake meter;
  live(meter, kImport, "2025-12-31T23:00:00Z", "2026-01-16T12:00:00Z",
       [](std::int64_t t) { return day_in_brussels(t) < 15 ? 10 : 0; });  // 960 Wh a day
  EXPECT_TRUE(
      seen(rule_of("sudden_drop", kBrussels), meter, at("2026-01-01T00:00:00Z"), at("2026-01-17T00:00:00Z")).empty());
}

TEST(SuddenDrop, NeedsTwoWeekdaysAndTheGrace) {
  test::MeterFake meter;
  const Rule rule = rule_of("sudden_drop", "zone = \"Europe/Brussels\"\ngrace = \"1h\"");
  live(meter, kImport, "2026-01-07T23:00:00Z", "2026-01-23T12:00:00Z", [](std::int64_t) { return 100; });
  const std::int64_t end = at("2026-01-22T23:00:00Z");  // of Thursday 22, after the 8th and 15th
  const auto points = [&](std::int64_t now_ms) {
    return seen(rule, meter, at("2026-01-01T00:00:00Z"), at("2026-02-01T00:00:00Z"), now_ms);
  };
  EXPECT_EQ(points(end + kMsPerHour), (std::vector<Seen>{{end, 1000, "clears"}}));
  EXPECT_TRUE(points(end + kMsPerHour - 1).empty());
}

TEST(SuddenDrop, ADayThatTheCalendarLeftOutHasNoPoint) {
  test::MeterFake meter;
  // Samoa had no 30 December 2011.
  live(meter, kImport, "2011-12-01T00:00:00Z", "2012-01-02T00:00:00Z", [](std::int64_t) { return 100; });
  const Rule rule = rule_of("sudden_drop", "zone = \"Pacific/Apia\"");
  std::vector<std::int64_t> ends;
  for (const Seen& each : seen(rule, meter, at("2011-12-29T00:00:00Z"), at("2012-01-01T12:00:00Z")))
    ends.push_back(each.at_ms);
  EXPECT_EQ(ends, (std::vector<std::int64_t>{at("2011-12-29T10:00:00Z"), at("2011-12-30T10:00:00Z"),
                                             at("2011-12-31T10:00:00Z"), at("2012-01-01T10:00:00Z")}));
  const Rule nights = rule_of("night_baseline", "zone = \"Pacific/Apia\"");
  ends.clear();
  for (const Seen& each : seen(nights, meter, at("2011-12-29T00:00:00Z"), at("2012-01-01T00:00:00Z")))
    ends.push_back(each.at_ms);
  EXPECT_EQ(ends, (std::vector<std::int64_t>{at("2011-12-29T15:00:00Z"), at("2011-12-30T15:00:00Z"),
                                             at("2011-12-31T15:00:00Z")}));
}

}  // namespace
}  // namespace wattring::alert
