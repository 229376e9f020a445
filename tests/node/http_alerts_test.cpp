// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/node/http_fakes.hpp"

namespace wattring::http {
namespace {

alert::Alert firing() {
  alert::Alert alert;
  alert.id = "5f2a91c0d3e4b718";
  alert.rule = "over-power";
  alert.meter = "EM-3";
  alert.phase = "L1";
  alert.severity = alert::Severity::critical;
  alert.onset_ms = kTestNowMs - 600'000;
  alert.fired_ms = kTestNowMs - 540'000;
  alert.last_ms = kTestNowMs - 1'000;
  alert.peak = -11'420;
  alert.count = 17;
  alert.revision = "17.8a1b2c3d";
  alert.told = true;
  return alert;
}

std::string words(const Response& response) {
  const auto json = parse(response);
  return json["error"].value("message", "") + " | " + json["error"].value("hint", "");
}

TEST(AlertsApi, HasTheShapeOfTheContract) {
  ApiFixture fixture;
  fixture.alerts.list = {{firing()}, 3};
  const Response response = fixture.get("/api/v1/alerts");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(parse(response),
            nlohmann::json::parse(R"({"schema":"wattring.alerts/1","at":"2026-02-11T13:02:11Z","alerts":[
    {"id":"5f2a91c0d3e4b718","revision":"17.8a1b2c3d","rule":"over-power","meter":"EM-3","phase":"L1","state":"firing",
     "severity":"critical","since":"2026-02-11T12:52:11Z","fired":"2026-02-11T12:53:11Z","last":"2026-02-11T13:02:10Z",
     "resolved":null,"value":-11420,"count":17,"flapping":false,"told":true,"acked_by":null,"acked_at":null,"note":null}],
    "total":3})"));
  EXPECT_FALSE(fixture.alerts.alert_query.history);
  EXPECT_EQ(fixture.alerts.alert_query.limit, 1000U);
}

TEST(AlertsApi, ShowsWhoAcknowledgedAndWhenItEnded) {
  ApiFixture fixture;
  alert::Alert alert = firing();
  alert.acked_ms = kTestNowMs;
  alert.acked_by = "kim";
  alert.ack_note = "seen";
  alert::Alert over = firing();
  over.state = alert::State::resolved;
  over.resolved_ms = kTestNowMs;
  fixture.alerts.list = {{alert, over}, 2};
  const auto json = parse(fixture.get("/api/v1/alerts?history=true"))["alerts"];
  EXPECT_EQ(json[0]["state"], "acked");
  EXPECT_EQ(json[0]["acked_by"], "kim");
  EXPECT_EQ(json[0]["acked_at"], "2026-02-11T13:02:11Z");
  EXPECT_EQ(json[0]["note"], "seen");
  EXPECT_EQ(json[1]["state"], "resolved");
  EXPECT_EQ(json[1]["resolved"], "2026-02-11T13:02:11Z");
}

TEST(AlertsApi, PassesEveryFilterOn) {
  ApiFixture fixture;
  EXPECT_EQ(fixture
                .get("/api/v1/alerts?state=firing&rule=over%2A&meter=EM-%3F&from=2026-02-10T00:00:00Z&to=1770814931000"
                     "&history=true&limit=5")
                .status,
            200);
  const AlertQuery& query = fixture.alerts.alert_query;
  EXPECT_EQ(query.state, "firing");
  EXPECT_EQ(query.rule, "over*");
  EXPECT_EQ(query.meter, "EM-?");
  EXPECT_EQ(format_rfc3339(query.from_ms), "2026-02-10T00:00:00Z");
  EXPECT_EQ(query.to_ms, kTestNowMs);
  EXPECT_TRUE(query.history);
  EXPECT_EQ(query.limit, 5U);
}

TEST(AlertsApi, WhatIsOverIsLookedForInTheHistory) {
  for (const std::string state : {"resolved", "retracted"}) {
    ApiFixture fixture;
    EXPECT_EQ(fixture.get("/api/v1/alerts?state=" + state).status, 200);
    EXPECT_TRUE(fixture.alerts.alert_query.history) << state;
  }
}

TEST(AlertsApi, SaysWhatItGotAndWhatItAccepts) {
  ApiFixture fixture;
  const auto hint = [&](std::string_view query) {
    const Response response = fixture.get("/api/v1/alerts?" + std::string(query));
    EXPECT_EQ(response.status, 400) << query;
    return words(response);
  };
  EXPECT_NE(hint("stat=firing").find("did you mean \"state\""), std::string::npos);
  EXPECT_NE(hint("state=open").find("firing, acked, resolved, retracted"), std::string::npos);
  EXPECT_NE(hint("history=yes").find("true, false"), std::string::npos);
  EXPECT_NE(hint("limit=0").find("narrow it"), std::string::npos);
  EXPECT_NE(hint("from=noon").find("from=noon"), std::string::npos);
  EXPECT_NE(hint("from=2000&to=1000").find("not before"), std::string::npos);
  EXPECT_NE(hint("meter=" + std::string(65, 'a')).find("1 to 64 bytes"), std::string::npos);
  EXPECT_NE(hint("rule=%1b").find("control characters"), std::string::npos);
  EXPECT_TRUE(fixture.alerts.asked.empty());
}

TEST(AlertAckApi, RecordsWhoAndWhat) {
  ApiFixture fixture;
  fixture.alerts.alert = firing();
  const Response response = fixture.post("/api/v1/alerts/5F2A/ack", R"({"user":"kim","note":"seen it"})");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(parse(response)["schema"], "wattring.alerts-ack/1");
  EXPECT_EQ(parse(response)["alert"]["id"], "5f2a91c0d3e4b718");
  EXPECT_EQ(fixture.alerts.asked, std::vector<std::string>{"acknowledge 5f2a kim seen it"});
  EXPECT_EQ(fixture.post("/api/v1/alerts/5f2a/ack", R"({"user":"kim"})").status, 200) << "a note is not needed";
}

TEST(AlertAckApi, RefusesWhatIsNoIdOrNobody) {
  ApiFixture fixture;
  const std::string body = R"({"user":"kim"})";
  for (const char* id : {"5f2", "5f2a91c0d3e4b7180", "over-power", "5f2a%00"})
    EXPECT_EQ(fixture.post("/api/v1/alerts/" + std::string(id) + "/ack", body).status, 400) << id;
  EXPECT_NE(words(fixture.post("/api/v1/alerts/5f2a/ack", R"({"note":"x"})")).find("\"user\" is missing"),
            std::string::npos);
  EXPECT_EQ(fixture.post("/api/v1/alerts/5f2a/ack", "").status, 400);
  EXPECT_EQ(fixture.post("/api/v1/alerts/5f2a/ack?force=1", body).status, 400);
  EXPECT_EQ(fixture.post("/api/v1/alerts/5f2a/ack", gzip(body), "gzip").status, 415);
  EXPECT_TRUE(fixture.alerts.asked.empty());
}

TEST(SilencesApi, ListsThemWithWhetherTheyAreInForce) {
  ApiFixture fixture;
  fixture.alerts.silence_list = {{"00c0ffee", "over-power", "*", kTestNowMs - 1, kTestNowMs + 1, "kim", "tests"},
                                 {"0badcafe", "*", "EM-*", kTestNowMs + 1, kTestNowMs + 2, "robin", "works"},
                                 {"11111111", "*", "EM-*", kTestNowMs - 2, kTestNowMs, "robin", "over"}};
  const auto json = parse(fixture.get("/api/v1/silences"));
  EXPECT_EQ(json["schema"], "wattring.silences/1");
  EXPECT_EQ(json["silences"][0],
            nlohmann::json::parse(R"({"id":"00c0ffee","rule":"over-power","meter":"*","from":"2026-02-11T13:02:10.999Z",
              "until":"2026-02-11T13:02:11.001Z","active":true,"by":"kim","why":"tests"})"));
  EXPECT_EQ(json["silences"][1]["active"], false);
  EXPECT_EQ(json["silences"][2]["active"], false) << "the end is exclusive";
}

TEST(SilencesApi, MakesOneThatBeginsNow) {
  ApiFixture fixture;
  const Response response =
      fixture.post("/api/v1/silences", R"({"meter":"EM-*","for":"2h","by":"kim","why":"load test"})");
  EXPECT_EQ(response.status, 200) << response.body;
  const alert::Silence expected{"", "*", "EM-*", kTestNowMs, kTestNowMs + 2 * kMsPerHour, "kim", "load test"};
  EXPECT_EQ(fixture.alerts.silence_wanted, expected);
  EXPECT_EQ(parse(response)["schema"], "wattring.alerts-mute/1");
  EXPECT_EQ(parse(response)["silence"]["id"], "00c0ffee");
  EXPECT_EQ(parse(response)["silence"]["active"], true);
}

TEST(SilencesApi, MakesAWindowAhead) {
  ApiFixture fixture;
  EXPECT_EQ(fixture
                .post("/api/v1/silences", R"({"rule":"over-power","from":"2026-02-14T06:00:00Z","for":"4h",
                  "by":"kim","why":"new transformer"})")
                .status,
            200);
  EXPECT_EQ(format_rfc3339(fixture.alerts.silence_wanted.until_ms), "2026-02-14T10:00:00Z");
  EXPECT_EQ(
      fixture
          .post("/api/v1/silences", R"({"rule":"*","until":"2026-02-11T14:00:00+01:00","from":"0","by":"k","why":"w"})")
          .status,
      400)
      << "that has ended already";
}

TEST(SilencesApi, AnEndAReasonAndASubjectAreNeeded) {
  ApiFixture fixture;
  const auto hint = [&](std::string body) {
    const Response response = fixture.post("/api/v1/silences", std::move(body));
    EXPECT_EQ(response.status, 400);
    return words(response);
  };
  EXPECT_NE(hint(R"({"rule":"a","by":"k","why":"w"})").find("has no end"), std::string::npos);
  EXPECT_NE(hint(R"({"rule":"a","for":"1h","until":"2026-03-01T00:00:00Z","by":"k","why":"w"})").find("both"),
            std::string::npos);
  EXPECT_NE(hint(R"({"rule":"a","for":"1h","by":"k"})").find("\"why\" is missing"), std::string::npos);
  EXPECT_NE(hint(R"({"rule":"a","for":"1h","why":"w"})").find("\"by\" is missing"), std::string::npos);
  EXPECT_NE(hint(R"({"for":"1h","by":"k","why":"w"})").find("neither"), std::string::npos);
  EXPECT_NE(hint(R"({"rule":"a","for":"soon","by":"k","why":"w"})").find("for=soon"), std::string::npos);
  EXPECT_NE(hint(R"({"rule":"a","for":"2y","by":"k","why":"w"})").find("366 days"), std::string::npos);
  EXPECT_NE(hint(R"({"rule":"a","for":"10y","by":"k","why":"w"})").find("366 days"), std::string::npos);
  EXPECT_NE(hint(R"({"rule":"a","form":"1h"})").find("did you mean"), std::string::npos);
  EXPECT_TRUE(fixture.alerts.asked.empty());
}

TEST(SilencesApi, EndsOne) {
  ApiFixture fixture;
  const Response response = fixture.send("DELETE", "/api/v1/silences/00c0ffee");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(parse(response)["removed"], "00c0ffee");
  EXPECT_EQ(fixture.alerts.asked, std::vector<std::string>{"unsilence 00c0ffee"});
  fixture.alerts.error = Error{ErrorCode::not_found, "no silence 00c0ffee", "see GET /api/v1/silences"};
  EXPECT_EQ(fixture.send("DELETE", "/api/v1/silences/00c0ffee").status, 404);
}

struct Call {
  const char* method;
  const char* target;
  std::string body;
};
const std::vector<Call>& all_calls() {
  static const std::vector<Call> kCalls{
      {"GET", "/api/v1/alerts", ""},
      {"POST", "/api/v1/alerts/5f2a/ack", R"({"user":"kim"})"},
      {"GET", "/api/v1/silences", ""},
      {"POST", "/api/v1/silences", R"({"rule":"a","for":"1h","by":"k","why":"w"})"},
      {"DELETE", "/api/v1/silences/1", ""},
      {"GET", "/api/v1/rules", ""},
      {"PUT", "/api/v1/rules", "[[rule]]\nname = \"a\"\nkind = \"reverse_flow\"\n"},
      {"POST", "/api/v1/rules/test?meter=%2A", "[[rule]]\nname = \"a\"\nkind = \"reverse_flow\"\n"},
      {"GET", "/api/v1/actors", ""},
      {"POST", "/api/v1/actors/resume?path=/shards/1", ""},
      {"GET", "/api/v1/quarantine", ""},
      {"POST", "/api/v1/quarantine/1-2-3/release", ""},
      {"DELETE", "/api/v1/quarantine/1-2-3", ""},
      {"POST", "/api/v1/meters", R"({"meter":"EM-9"})"}};
  return kCalls;
}

TEST(OperatorApi, ANodeWithoutAlertsSaysSoAndWhenToComeBack) {
  for (const Call& call : all_calls()) {
    ApiFixture fixture({}, false);
    const Response response = fixture.send(call.method, call.target, call.body);
    EXPECT_EQ(response.status, 503) << call.target;
    EXPECT_EQ(header(response, "Retry-After"), "10");
    EXPECT_EQ(parse(response)["error"]["code"], "UNAVAILABLE");
  }
}

TEST(OperatorApi, EveryPathReachesItsDoorAndPassesErrorsOn) {
  for (const Call& call : all_calls()) {
    ApiFixture fixture;
    const Response good = fixture.send(call.method, call.target, call.body);
    EXPECT_EQ(good.status, 200) << call.target << good.body;
    EXPECT_EQ(parse(good)["schema"].get<std::string>().substr(0, 9), "wattring.") << call.target;
    EXPECT_EQ(fixture.alerts.asked.size(), 1U) << call.target;
    fixture.alerts.error = Error{ErrorCode::no_space, "no room", "make some"};
    EXPECT_EQ(fixture.send(call.method, call.target, call.body).status, 503) << call.target;
  }
}

TEST(OperatorApi, RefusesParametersThatItDoesNotKnow) {
  for (const Call& call : all_calls()) {
    ApiFixture fixture;
    const std::string target = call.target;
    const std::string with = target + (target.find('?') == std::string::npos ? "?" : "&") + "verbose=1";
    EXPECT_EQ(fixture.send(call.method, with, call.body).status, 400) << with;
    EXPECT_TRUE(fixture.alerts.asked.empty()) << with;
  }
}

}  // namespace
}  // namespace wattring::http
