// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/node/http_fakes.hpp"

namespace wattring::http {
namespace {

ReadingRow row(std::int64_t time_ms, std::int64_t value) {
  ReadingRow out;
  out.fact.reg = kImport;
  out.fact.start_ms = out.fact.end_ms = time_ms;
  out.fact.value = value;
  return out;
}

TEST(MetersApi, ListsIdsRegistersAndWhereTheNextPageBegins) {
  ApiFixture fixture;
  MeterSummary meter;
  meter.id = "E0001 \"ä\"";
  meter.last_time_ms = kTestNowMs;
  meter.registers = {{kImport, kTestNowMs, 3'432'827, Quality::actual, {}}};
  fixture.query.page.meters = {meter};
  fixture.query.page.next = "E0001";
  const Response response = fixture.get("/api/v1/meters?prefix=E0&after=A%2FB&limit=1");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(fixture.query.asked, "E0|A/B|1");
  const auto json = parse(response);
  EXPECT_EQ(json["meters"][0]["meter"], "E0001 \"ä\"");
  EXPECT_EQ(json["meters"][0]["registers"][0], "1-0:1.8.0");
  EXPECT_EQ(json["meters"][0]["last_time"], "2026-02-11T13:02:11Z");
  EXPECT_EQ(json["next"], "E0001");
}

TEST(MetersApi, TheLastPageHasNoNextAndADefaultLimit) {
  ApiFixture fixture;
  const auto json = parse(fixture.get("/api/v1/meters"));
  EXPECT_EQ(fixture.query.asked, "||100");
  EXPECT_TRUE(json["meters"].is_array());
  EXPECT_TRUE(json["next"].is_null());
}

TEST(MetersApi, RefusesALimitBeyondTheLargest) {
  ApiFixture fixture;
  const Response response = fixture.get("/api/v1/meters?limit=10001");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(parse(response)["error"]["code"], "BAD_REQUEST");
  EXPECT_NE(parse(response)["error"]["hint"].get<std::string>().find("10000"), std::string::npos);
}

TEST(MeterApi, ShowsEachRegisterWithItsLastValueAndUnit) {
  ApiFixture fixture;
  fixture.query.summary.id = "M1";
  fixture.query.summary.shard = 87;
  fixture.query.summary.last_time_ms = kTestNowMs;
  fixture.query.summary.registers = {{kImport, kTestNowMs, 3'432'827, Quality::validated, {}},
                                     {obis(0, 0, 96, 1, 1), kTestNowMs, 123, Quality::actual, "E\n1"},
                                     {obis(9, 9, 9, 9, 9), kTestNowMs, 5, Quality::missing, {}}};
  const Response response = fixture.get("/api/v1/meters/M1");
  const auto json = parse(response);
  EXPECT_EQ(json["meter"], "M1");
  EXPECT_EQ(json["shard"], 87);
  EXPECT_EQ(json["home"], "n1");
  const auto& registers = json["registers"];
  EXPECT_EQ(registers[0]["register"], "1-0:1.8.0");
  EXPECT_EQ(registers[0]["unit"], "Wh");
  EXPECT_EQ(registers[0]["last_value"], 3'432'827);
  EXPECT_EQ(registers[0]["last_quality"], "actual");
  EXPECT_EQ(registers[1]["last_value"], "E\n1");
  EXPECT_TRUE(registers[1]["unit"].is_null());
  EXPECT_TRUE(registers[2]["name"].is_null()) << "a code that the table does not know";
  EXPECT_TRUE(registers[2]["last_value"].is_null()) << "missing has no value";
}

TEST(MeterApi, ShowsTheOpenAlertsOfThisMeterAlone) {
  ApiFixture fixture;
  fixture.query.summary.id = "M?";
  alert::Alert mine;
  mine.id = "5f2a91c0d3e4b718";
  mine.meter = "M?";
  alert::Alert other = mine;
  other.meter = "M1";
  fixture.alerts.list.alerts = {other, mine};
  const auto json = parse(fixture.get("/api/v1/meters/M%3F"));
  EXPECT_EQ(fixture.alerts.alert_query.meter, "M?");
  EXPECT_FALSE(fixture.alerts.alert_query.history);
  ASSERT_EQ(json["alerts"].size(), 1U) << "an id that looks like a pattern";
  EXPECT_EQ(json["alerts"][0]["id"], "5f2a91c0d3e4b718");
}

TEST(MeterApi, IsAnsweredAlsoWhenAlertsCannotBeTold) {
  ApiFixture without({}, false);
  without.query.summary.id = "M1";
  EXPECT_TRUE(parse(without.get("/api/v1/meters/M1"))["alerts"].is_null());
  ApiFixture busy;
  busy.query.summary.id = "M1";
  busy.alerts.error = Error{ErrorCode::busy, "m", "h"};
  const Response response = busy.get("/api/v1/meters/M1");
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(parse(response)["alerts"].is_null());
}

TEST(MeterApi, AnUnknownMeterIsNotFound) {
  ApiFixture fixture;
  fixture.query.error = Error{ErrorCode::not_found, "no meter \"X\"", "see GET /api/v1/meters"};
  for (const char* target : {"/api/v1/meters/X", "/api/v1/meters/X/readings?register=import_wh",
                             "/api/v1/meters/X/intervals?register=import_wh"}) {
    const Response response = fixture.get(target);
    EXPECT_EQ(response.status, 404) << target;
    EXPECT_EQ(parse(response)["error"]["code"], "NOT_FOUND");
    EXPECT_EQ(parse(response)["error"]["message"], "no meter \"X\"");
    EXPECT_EQ(parse(response)["error"]["hint"], "see GET /api/v1/meters");
  }
}

TEST(QueryErrors, BecomeTheStatusThatFits) {
  EXPECT_EQ(respond_to({ErrorCode::busy, "m", "h"}).status, 503);
  EXPECT_EQ(header(respond_to({ErrorCode::busy, "m", "h"}), "Retry-After"), "1");
  EXPECT_EQ(parse(respond_to({ErrorCode::no_space, "m", "h"}))["error"]["code"], "DISK_RESERVE");
  EXPECT_EQ(respond_to({ErrorCode::corrupt, "m", "h"}).status, 500);
  EXPECT_EQ(parse(respond_to({ErrorCode::io, "m", "h"}))["error"]["code"], "INTERNAL");
}

TEST(ReadingsApi, HasTheShapeOfTheContract) {
  ApiFixture fixture;
  fixture.query.readings_answer.rows = {row(kTestNowMs, 3'432'827)};
  fixture.query.readings_answer.as_of_ms = kTestNowMs;
  const auto json = parse(fixture.get("/api/v1/meters/M1/readings?register=import_kwh"));
  EXPECT_EQ(json["meter"], "M1");
  EXPECT_EQ(json["register"], "1-0:1.8.0");
  EXPECT_EQ(json["unit"], "Wh");
  EXPECT_EQ(json["complete"], true);
  EXPECT_EQ(json["as_of"], "2026-02-11T13:02:11Z");
  EXPECT_TRUE(json["next"].is_null());
  const auto expected =
      nlohmann::json::parse(R"({"time":"2026-02-11T13:02:11Z","value":3432827,"quality":"actual","flags":[]})");
  EXPECT_EQ(json["readings"][0], expected);
  EXPECT_EQ(fixture.query.readings_query.from_ms, kTestNowMs - kMsPerDay);
  EXPECT_EQ(fixture.query.readings_query.to_ms, kTestNowMs);
  EXPECT_EQ(fixture.query.readings_query.limit, 1000U);
  EXPECT_EQ(fixture.query.readings_query.reg, kImport);
}

TEST(ReadingsApi, ShowsFlagsConflictsPeriodsAndMissingValues) {
  ApiFixture fixture;
  ReadingRow odd = row(kTestNowMs, 5);
  odd.conflict = true;
  odd.fact.end_ms += 900'000;
  odd.fact.flags = kFlagRounded | kFlagReceiveTime | kFlagTimeAmbiguous;
  odd.fact.quality = Quality::substituted;
  ReadingRow missing = row(kTestNowMs + 1, 5);
  missing.fact.quality = Quality::missing;
  fixture.query.readings_answer.rows = {odd, missing};
  fixture.query.readings_answer.complete = false;
  fixture.query.readings_answer.next_ms = kTestNowMs + 2;
  const auto json = parse(fixture.get("/api/v1/meters/M1/readings?register=1-0:1.8.0&level=quorum&token=abc&limit=2"));
  EXPECT_EQ(json["complete"], false);
  EXPECT_EQ(json["readings"][0]["end"], "2026-02-11T13:17:11Z");
  EXPECT_EQ(json["readings"][0]["quality"], "estimated");
  EXPECT_EQ(json["readings"][0]["flags"],
            (std::vector<std::string>{"conflict", "rounded", "receive_time", "time_ambiguous", "substituted"}));
  EXPECT_TRUE(json["readings"][1]["value"].is_null());
  EXPECT_EQ(json["readings"][1]["quality"], "missing");
  EXPECT_EQ(json["next"], "2026-02-11T13:02:11.002Z");
}

TEST(ReadingsApi, ATextRegisterHasTextsAndNoUnit) {
  ApiFixture fixture;
  ReadingRow text = row(kTestNowMs, 7);
  text.fact.reg = obis(0, 0, 96, 1, 1);
  text.text = "E0044007\xff";
  fixture.query.readings_answer.rows = {text};
  const auto json = parse(fixture.get("/api/v1/meters/M1/readings?register=0-0:96.1.1"));
  EXPECT_TRUE(json["unit"].is_null());
  EXPECT_EQ(json["readings"][0]["value"], "E0044007\xef\xbf\xbd");
}

TEST(ReadingsApi, TheNextPageGoesOnWhereThePageBeforeSaid) {
  ApiFixture fixture;
  const Response response = fixture.get(
      "/api/v1/meters/M1/readings?register=power_w&from=2026-02-01T00:00:00Z&to=2026-02-11T00:00:00Z"
      "&after=2026-02-03T00:00:00.5Z");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(format_rfc3339(fixture.query.readings_query.from_ms), "2026-02-03T00:00:00.500Z");
  EXPECT_EQ(format_rfc3339(fixture.query.readings_query.to_ms), "2026-02-11T00:00:00Z");
  EXPECT_EQ(fixture.get("/api/v1/meters/M1/readings?register=power_w&after=1770814931000").status, 400)
      << "after what was asked for";
}

TEST(ReadingsApi, SaysWhatItGotAndWhatItAccepts) {
  ApiFixture fixture;
  const auto hint = [&](std::string_view query) {
    const Response response = fixture.get("/api/v1/meters/M1/readings?" + std::string(query));
    EXPECT_EQ(response.status, 400) << query;
    return parse(response)["error"].value("message", "") + " | " + parse(response)["error"].value("hint", "");
  };
  EXPECT_NE(hint("registre=import_wh").find("did you mean \"register\""), std::string::npos);
  EXPECT_NE(hint("from=1").find("\"register\" is missing"), std::string::npos);
  EXPECT_NE(hint("register=volts").find("\"volts\""), std::string::npos);
  EXPECT_NE(hint("register=power_w&from=noon").find("from=noon"), std::string::npos);
  EXPECT_NE(hint("register=power_w&limit=10001").find("1 to 10000"), std::string::npos);
  EXPECT_NE(hint("register=power_w&level=most").find("any, home, quorum"), std::string::npos);
  EXPECT_NE(hint("register=power_w&from=2000-01-01T00:00:00Z").find("at most 3660 days"), std::string::npos);
  EXPECT_NE(hint("register=power_w&after=x").find("after=x"), std::string::npos);
}

class IntervalsApi : public ::testing::Test {
 protected:
  IntervalsApi() {
    auto& answer = fixture.query.intervals_answer;
    answer.as_of_ms = kTestNowMs;
    meter::Interval plain{1'770'814'800'000, 1'770'815'700'000, 25, meter::IntervalQuality::actual, 0, 0};
    meter::Interval gap{1'770'815'700'000,
                        1'770'816'600'000,
                        std::nullopt,
                        meter::IntervalQuality::missing,
                        0,
                        meter::kIntervalGap | meter::kIntervalPartial};
    meter::Interval estimate = plain;
    estimate.method = 3;
    estimate.value = -7;
    estimate.quality = meter::IntervalQuality::estimated;
    answer.intervals = {plain, gap, estimate};
  }
  ApiFixture fixture;
};

TEST_F(IntervalsApi, HaveTheShapeOfTheContract) {
  const Response response = fixture.get("/api/v1/meters/M1/intervals?register=import_wh");
  EXPECT_EQ(response.content_type, "application/json");
  const auto json = parse(response);
  EXPECT_EQ(json["every"], "15m");
  EXPECT_EQ(json["unit"], "Wh");
  EXPECT_EQ(json["complete"], true);
  EXPECT_EQ(json["as_of"], "2026-02-11T13:02:11Z");
  EXPECT_EQ(json["intervals"][0], nlohmann::json::parse(R"({"start":"2026-02-11T13:00:00Z","end":"2026-02-11T13:15:00Z",
    "value":25,"quality":"actual","method":null,"flags":[]})"));
  EXPECT_TRUE(json["intervals"][1]["value"].is_null());
  EXPECT_EQ(json["intervals"][1]["quality"], "missing");
  EXPECT_EQ(json["intervals"][1]["flags"], (std::vector<std::string>{"gap", "partial"}));
  EXPECT_EQ(json["intervals"][2]["method"], 3);
  EXPECT_EQ(json["intervals"][2]["value"], -7);
}

TEST_F(IntervalsApi, AsCsvHaveOneLineEachAndTheRestInHeaders) {
  const Response response = fixture.get("/api/v1/meters/a%2Cb%22c/intervals?register=import_wh&format=csv");
  EXPECT_EQ(response.content_type, "text/csv; charset=utf-8");
  EXPECT_EQ(header(response, "X-Wattring-Complete"), "true");
  EXPECT_EQ(header(response, "X-Wattring-As-Of"), "2026-02-11T13:02:11Z");
  EXPECT_EQ(response.body,
            "meter,register,unit,start,end,value,quality,method,flags\n"
            "\"a,b\"\"c\",1-0:1.8.0,Wh,2026-02-11T13:00:00Z,2026-02-11T13:15:00Z,25,actual,,\n"
            "\"a,b\"\"c\",1-0:1.8.0,Wh,2026-02-11T13:15:00Z,2026-02-11T13:30:00Z,,missing,,gap|partial\n"
            "\"a,b\"\"c\",1-0:1.8.0,Wh,2026-02-11T13:00:00Z,2026-02-11T13:15:00Z,-7,estimated,3,\n");
}

TEST_F(IntervalsApi, FollowTheAcceptHeaderUnlessAFormatIsGiven) {
  const std::string target = "/api/v1/meters/M1/intervals?register=import_wh";
  EXPECT_EQ(fixture.get(target, "text/csv").content_type, "text/csv; charset=utf-8");
  EXPECT_EQ(fixture.get(target, "*/*").content_type, "application/json");
  EXPECT_EQ(fixture.get(target + "&format=json", "text/csv").content_type, "application/json");
}

TEST_F(IntervalsApi, PassOnEveryZoneAndRange) {
  const Response response = fixture.get(
      "/api/v1/meters/M1/intervals?register=gas_m3&every=1mo&tz=Europe/"
      "Brussels&from=2025-01-01T00:00:00%2B01:00&to=2026-01-01T00:00:00%2B01:00");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(fixture.query.intervals_query.every, meter::Every::month);
  EXPECT_EQ(fixture.query.intervals_query.zone.name(), "Europe/Brussels");
  EXPECT_EQ(format_rfc3339(fixture.query.intervals_query.from_ms), "2024-12-31T23:00:00Z");
  EXPECT_EQ(parse(response)["tz"], "Europe/Brussels");
}

TEST_F(IntervalsApi, RefuseWhatTheyDoNotKnowAndNameTheLimit) {
  const auto hint = [&](std::string_view query) {
    const Response response = fixture.get("/api/v1/meters/M1/intervals?register=import_wh&" + std::string(query));
    EXPECT_EQ(response.status, 400) << query;
    return parse(response)["error"].value("message", "") + " | " + parse(response)["error"].value("hint", "");
  };
  EXPECT_NE(hint("every=5m").find("15m, 1h, 1d, 1mo"), std::string::npos);
  EXPECT_NE(hint("format=xml").find("json, csv"), std::string::npos);
  EXPECT_NE(hint("tz=Europe/Atlantis").find("Europe/Atlantis"), std::string::npos);
  EXPECT_NE(hint("from=2020-01-01T00:00:00Z").find("at most 416 days"), std::string::npos);
  EXPECT_NE(hint("every=1d&from=2010-01-01T00:00:00Z").find("at most 3660 days"), std::string::npos);
  EXPECT_NE(hint("everyy=1d").find("did you mean \"every\""), std::string::npos);
  EXPECT_EQ(fixture.get("/api/v1/meters/M1/intervals?register=import_wh&every=1h&from=2023-01-01T00:00:00Z").status,
            200)
      << "hours may reach further back than quarters";
}

}  // namespace
}  // namespace wattring::http
