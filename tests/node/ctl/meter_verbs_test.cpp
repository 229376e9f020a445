// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/time.hpp"
#include "tests/node/ctl/fake_nodes.hpp"
#include "tests/node/ctl/replies.hpp"

namespace wattring::ctl {
namespace {

constexpr std::int64_t kQuarterMs = 15 * kMsPerMinute;

std::int64_t at(const char* text) {
  return *parse_rfc3339(text);
}

std::string intervals_target(const std::string& reg, std::int64_t from_ms, std::int64_t to_ms,
                             const std::string& every = "15m") {
  return fmt::format("/api/v1/meters/M-1/intervals?register={}&from={}&to={}&every={}&tz=Europe%2FBrussels", reg,
                     from_ms, to_ms, every);
}

/// Quarter-hours of `value(n)` Wh; a negative one is missing and flagged.
template <class Value>
std::string intervals(const std::string& reg, std::int64_t from_ms, std::int64_t to_ms, Value value,
                      bool complete = true) {
  std::string text = fmt::format(R"({{"meter":"M-1","register":"{}","name":"import_t1","unit":"Wh","every":"15m",)"
                                 R"("tz":"Europe/Brussels","complete":{},"as_of":"2026-02-11T13:07:30Z","intervals":[)",
                                 reg, complete);
  int n = 0;
  for (std::int64_t start = from_ms; start < to_ms; start += kQuarterMs, ++n) {
    const std::int64_t wh = value(n);
    text += fmt::format(R"({}{{"start":"{}","end":"{}","value":{},"quality":"{}","method":null,"flags":[{}]}})",
                        n == 0 ? "" : ",", format_rfc3339(start), format_rfc3339(start + kQuarterMs),
                        wh < 0 ? "null" : std::to_string(wh), wh < 0 ? "missing" : "actual", wh < 0 ? "\"gap\"" : "");
  }
  return text + "]}";
}

/// A day of the meter: tariff 1 by night, tariff 2 by day, an hour missing in the morning.
void prepare_day(Ctl& ctl) {
  const std::int64_t from = at("2026-02-10T14:00:00Z");
  const std::int64_t to = at("2026-02-11T13:15:00Z");
  ctl.nodes.answer("/api/v1/meters/M-1", 200, replies::kMeter);
  const auto missing = [](int n) { return n >= 72 && n < 76; };
  ctl.nodes.answer(intervals_target("1-0%3A1.8.1", from, to), 200, intervals("1-0:1.8.1", from, to, [&](int n) {
                     return missing(n) ? -1 : n >= 30 && n < 60 ? 50 : 0;
                   }));
  ctl.nodes.answer(intervals_target("1-0%3A1.8.2", from, to), 200, intervals("1-0:1.8.2", from, to, [&](int n) {
                     return missing(n) ? -1 : n < 30 ? 100 + 10 * n : n >= 76 ? 900 : 0;
                   }));
  ctl.nodes.answer(intervals_target("1-0%3A2.8.1", from, to), 200,
                   intervals("1-0:2.8.1", from, to, [](int n) { return n == 80 ? 12 : 0; }));
}

TEST(MeterShow, ShowsLastValuesTheDayAndTwentyFourHours) {
  Ctl ctl;
  prepare_day(ctl);
  const Ran ran = ctl.run({"meter", "show", "M-1"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(matches_golden("meter_show.txt", ran.out));
  const Ran json = ctl.run({"meter", "show", "M-1", "-o", "json"});
  EXPECT_TRUE(matches_golden("meter_show.schema", shape_of(json.out)));
  // Since 23:00Z of the day before (quarter 36): 24 night quarters of 50 Wh and 17 day quarters of 900 Wh.
  EXPECT_EQ((*parse_json(json.out))["imported"]["today_wh"].number(), 24 * 50 + 17 * 900);
}

TEST(MeterShow, DrawsInAsciiWithoutAUtf8Locale) {
  Ctl ctl;
  ctl.environment = {{"LANG", "C"}};
  prepare_day(ctl);
  const Ran ran = ctl.run({"meter", "show", "M-1"});
  EXPECT_TRUE(std::all_of(ran.out.begin(), ran.out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
  EXPECT_NE(ran.out.find("kW 24 h   "), std::string::npos);
}

TEST(MeterShow, AMeterWithoutEnergyHasNoDailySum) {
  Ctl ctl;
  ctl.nodes.answer("/api/v1/meters/G-1", 200,
                   R"({"meter":"G-1","shard":3,"home":"n1","last_time":"2026-02-11T13:00:00Z","registers":[)"
                   R"({"register":"0-1:24.2.1","name":"gas","unit":"l","last_time":"2026-02-11T13:00:00Z",)"
                   R"("last_value":1234567,"last_quality":"actual"}]})");
  const Ran ran = ctl.run({"meter", "show", "G-1"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_NE(ran.out.find("1,234.567 m3"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("No energy register"), std::string::npos);
}

TEST(MeterShow, ShowsOpenAlertsWhenTheNodeKnowsThem) {
  const std::string begin = R"({"meter":"G-1","shard":3,"home":"n1","last_time":"2026-02-11T13:00:00Z","registers":[])";
  Ctl ctl;
  ctl.nodes.answer("/api/v1/meters/G-1", 200,
                   begin + R"(,"alerts":[)" + replies::kFiring + "," + replies::kAcked + "]}");
  ctl.nodes.answer("/api/v1/meters/G-1", 200, begin + R"(,"alerts":[]})");
  ctl.nodes.answer("/api/v1/meters/G-1", 200, begin + R"(,"alerts":null})");
  EXPECT_TRUE(matches_golden("meter_show_alerts.txt", ctl.run({"meter", "show", "G-1"}).out));
  EXPECT_NE(ctl.run({"meter", "show", "G-1"}).out.find("Alerts    none\n"), std::string::npos);
  EXPECT_EQ(ctl.run({"meter", "show", "G-1"}).out.find("Alerts"), std::string::npos);
}

TEST(MeterShow, AnUnknownMeterIsExitFour) {
  Ctl ctl;
  ctl.nodes.answer("/api/v1/meters/nobody", 404,
                   R"({"error":{"code":"NOT_FOUND","message":"no meter \"nobody\"","hint":""}})");
  const Ran ran = ctl.run({"meter", "show", "nobody"});
  EXPECT_EQ(ran.code, 4);
  EXPECT_EQ(ran.err, "127.0.0.1:7414 answered 404: no meter \"nobody\"\n");
}

TEST(MeterList, FollowsThePagesUpToTheLimit) {
  Ctl ctl;
  ctl.nodes.answer(
      "/api/v1/meters?prefix=M&limit=3", 200,
      R"({"meters":[{"meter":"M-1","registers":["1-0:1.8.0","1-0:1.7.0"],"last_time":"2026-02-11T13:00:00Z"},)"
      R"({"meter":"M-2","registers":[],"last_time":"2026-02-11T12:00:00Z"}],"next":"M-2"})");
  ctl.nodes.answer(
      "/api/v1/meters?prefix=M&limit=1&after=M-2", 200,
      R"({"meters":[{"meter":"M-3","registers":["1-0:1.8.0"],"last_time":"2026-02-10T13:00:00Z"}],"next":"M-3"})");
  const Ran ran = ctl.run({"meter", "list", "--prefix", "M", "--limit", "3"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(matches_golden("meter_list.txt", ran.out));
  EXPECT_EQ(ran.err, "The list goes on after M-3; see more with --limit or --prefix.\n");
}

TEST(MeterList, HasASchema) {
  Ctl ctl;
  ctl.nodes.answer(
      "/api/v1/meters?prefix=&limit=1000", 200,
      R"({"meters":[{"meter":"M-1","registers":["1-0:1.8.0"],"last_time":"2026-02-11T13:00:00Z"}],"next":null})");
  EXPECT_TRUE(matches_golden("meter_list.schema", shape_of(ctl.run({"meter", "list", "-o", "json"}).out)));
}

TEST(MeterIntervals, ChoosesTheImportRegisterAndTheLastDay) {
  Ctl ctl;
  const std::int64_t to = FakeClock().now_ms;
  ctl.nodes.answer("/api/v1/meters/M-1", 200, replies::kMeter);
  ctl.nodes.answer(intervals_target("1-0%3A1.8.1", to - kMsPerDay, to), 200,
                   intervals(
                       "1-0:1.8.1", at("2026-02-11T12:00:00Z"), at("2026-02-11T13:00:00Z"),
                       [](int n) { return n == 2 ? -1 : 25 + n; }, false));
  const Ran ran = ctl.run({"meter", "intervals", "M-1"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_TRUE(matches_golden("meter_intervals.txt", ran.out));
  EXPECT_NE(ran.err.find("Incomplete"), std::string::npos);
  EXPECT_TRUE(matches_golden("meter_intervals.csv", ctl.run({"meter", "intervals", "M-1", "-o", "csv"}).out));
  EXPECT_TRUE(
      matches_golden("meter_intervals.schema", shape_of(ctl.run({"meter", "intervals", "M-1", "-o", "json"}).out)));
}

TEST(MeterIntervals, TakesDaysInTheLocalZoneAndTimesBackFromNow) {
  Ctl ctl;
  const std::string target =
      intervals_target("import_kwh", at("2026-02-08T23:00:00Z"), FakeClock().now_ms - 2 * kMsPerHour, "1h");
  ctl.nodes.answer(target, 200, intervals("1-0:1.8.0", 0, 0, [](int) { return 0; }));
  const Ran ran = ctl.run(
      {"meter", "intervals", "M-1", "--register", "import_kwh", "--every", "1h", "--from", "2026-02-09", "--to=-2h"});
  EXPECT_EQ(ran.code, 0) << ran.err;
}

TEST(MeterIntervals, ATimeThatIsNoneIsWrongUsage) {
  for (const std::vector<std::string>& span :
       std::vector<std::vector<std::string>>{{"--from", "yesterday"},
                                             {"--from", "2026-02-30"},
                                             {"--from", "2026-02-10", "--to", "2026-02-09"},
                                             {"--tz", "Mars/North"}}) {
    Ctl ctl;
    std::vector<std::string> arguments{"meter", "intervals", "M-1", "--register", "import_kwh"};
    arguments.insert(arguments.end(), span.begin(), span.end());
    EXPECT_EQ(ctl.run(arguments).code, 2) << span.back();
    EXPECT_TRUE(ctl.nodes.seen.empty());
  }
}

TEST(MeterTail, PrintsEachReadingOnce) {
  Ctl ctl;
  const auto meter = [](const char* last) {
    return fmt::format(
        R"({{"meter":"M-1","registers":[{{"register":"1-0:1.7.0","name":"power","unit":"W","last_time":"{}"}}]}})",
        last);
  };
  const auto readings = [](std::int64_t from, std::int64_t to) {
    return fmt::format("/api/v1/meters/M-1/readings?register=1-0%3A1.7.0&from={}&to={}&limit=10000", from, to);
  };
  const auto page = [](std::initializer_list<std::pair<const char*, int>> rows) {
    std::string text = R"({"complete":true,"readings":[)";
    for (const auto& [time, value] : rows) {
      text += fmt::format(R"({}{{"time":"{}","value":{},"quality":"actual","flags":["rounded"]}})",
                          text.ends_with('[') ? "" : ",", time, value);
    }
    return text + R"(],"next":null})";
  };
  const std::int64_t first = at("2026-02-11T13:07:20Z");
  const std::int64_t last = at("2026-02-11T13:07:40Z");
  ctl.nodes.answer("/api/v1/meters/M-1", 200, meter("2026-02-11T13:07:20Z"));
  ctl.nodes.answer("/api/v1/meters/M-1", 200, meter("2026-02-11T13:07:20Z"));
  ctl.nodes.answer("/api/v1/meters/M-1", 200, meter("2026-02-11T13:07:40Z"));
  ctl.nodes.answer(readings(first, first + 1), 200, page({{"2026-02-11T13:07:20Z", 1420}}));
  ctl.nodes.answer(readings(first + 1, last + 1), 200,
                   page({{"2026-02-11T13:07:30Z", 1500}, {"2026-02-11T13:07:40Z", 90}}));
  const Ran ran = ctl.run({"meter", "tail", "M-1", "--for", "4s"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out,
            "2026-02-11 13:07:20Z  1-0:1.7.0                 1.420 kW  actual  rounded\n"
            "2026-02-11 13:07:30Z  1-0:1.7.0                 1.500 kW  actual  rounded\n"
            "2026-02-11 13:07:40Z  1-0:1.7.0                 0.090 kW  actual  rounded\n");
  const Ran json = ctl.run({"meter", "tail", "M-1", "--for", "0s", "-o", "jsonl", "--register", "power"});
  EXPECT_EQ(json.code, 3) << "nothing was prepared for this time";
}

TEST(MeterTail, WaitsForANodeThatRestarts) {
  Ctl ctl;
  const std::string meter = R"({"meter":"M-1","registers":[]})";
  ctl.nodes.answer("/api/v1/meters/M-1", 200, meter);
  ctl.nodes.silence("/api/v1/meters/M-1", "connection refused");
  ctl.nodes.answer("/api/v1/meters/M-1", 200, meter);
  const Ran ran = ctl.run({"meter", "tail", "M-1", "--for", "3s"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.err, "no answer at the moment; trying again\n");
}

/// A register that rises by 25 Wh each quarter-hour, read every five minutes with one page border.
void prepare_verify(Ctl& ctl, int wrong_interval) {
  ctl.nodes.answer(
      "/api/v1/meters/M-1", 200,
      R"({"meter":"M-1","registers":[{"register":"1-0:1.8.0","unit":"Wh"},{"register":"1-0:1.7.0","unit":"W"}]})");
  const std::int64_t from = at("2026-02-11T10:00:00Z");
  const std::int64_t to = at("2026-02-11T12:00:00Z");
  std::string pages[2];
  for (int i = 0; i < 24; ++i) {
    std::string& page = pages[i / 12];
    page += fmt::format(R"({}{{"time":"{}","value":{},"quality":"actual","flags":[]}})", page.empty() ? "" : ",",
                        format_rfc3339(from + i * 5 * kMsPerMinute), 1000 + i * 25 / 3);
  }
  const std::string target =
      fmt::format("/api/v1/meters/M-1/readings?register=1-0%3A1.8.0&from={}&to={}&limit=10000", from, to);
  ctl.nodes.answer(target, 200, R"({"complete":true,"readings":[)" + pages[0] + R"(],"next":"2026-02-11T11:00:00Z"})");
  ctl.nodes.answer(target + "&after=2026-02-11T11%3A00%3A00Z", 200,
                   R"({"complete":true,"readings":[)" + pages[1] + R"(],"next":null})");
  ctl.nodes.answer(intervals_target("1-0%3A1.8.0", from, to), 200,
                   intervals("1-0:1.8.0", from, to, [&](int n) { return n == wrong_interval ? 26 : 25; }));
}

TEST(MeterVerify, HoldsWhenIntervalsAddUpToTheRegister) {
  Ctl ctl;
  prepare_verify(ctl, -1);
  const std::vector<std::string> arguments{
      "meter", "verify", "M-1", "--from", "2026-02-11T10:00:00Z", "--to", "2026-02-11T12:00:00Z"};
  const Ran ran = ctl.run(arguments);
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(matches_golden("meter_verify.txt", ran.out));
}

TEST(MeterVerify, FindsOneWattHourTooMuch) {
  Ctl ctl;
  prepare_verify(ctl, 3);
  std::vector<std::string> arguments{
      "meter", "verify", "M-1", "--from", "2026-02-11T10:00:00Z", "--to", "2026-02-11T12:00:00Z"};
  const Ran ran = ctl.run(arguments);
  EXPECT_EQ(ran.code, 21);
  EXPECT_TRUE(matches_golden("meter_verify_differs.txt", ran.out));
  arguments.insert(arguments.end(), {"-o", "json"});
  EXPECT_TRUE(matches_golden("meter_verify.schema", shape_of(ctl.run(arguments).out)));
}

}  // namespace
}  // namespace wattring::ctl
