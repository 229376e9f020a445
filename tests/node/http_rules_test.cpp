// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/node/http_fakes.hpp"

namespace wattring::http {
namespace {

constexpr std::string_view kRule = "[[rule]]\nname = \"feeds-back\"\nkind = \"reverse_flow\"\nmatch = [\"EM-*\"]\n";

RuleVersion version(const std::string& name, bool current) {
  RuleVersion out;
  out.rule.name = name;
  out.rule.kind = alert::RuleKind::reverse_flow;
  out.rule.match = {"EM-*"};
  out.rule.exclude = {"EM-1"};
  out.rule.fire = 50;
  out.rule.clear = 50;
  out.rule.effective_ms = kTestNowMs;
  out.rule.revision = 2;
  out.toml = "[[rule]]\n";
  out.current = current;
  out.meters = 12;
  out.firing = 1;
  return out;
}

TEST(RulesApi, ListsEveryVersionAndTheProfiles) {
  ApiFixture fixture;
  fixture.alerts.rule_list = {version("a", false), version("a", true), version("b", true)};
  alert::Profile profile;
  profile.name = "house";
  profile.match = {"EM-*"};
  profile.connection_limit_w = 9200;
  fixture.alerts.profile_list = {profile};
  const auto json = parse(fixture.get("/api/v1/rules"));
  EXPECT_EQ(json["schema"], "wattring.rules/1");
  ASSERT_EQ(json["rules"].size(), 3U);
  const auto& rule = json["rules"][1];
  EXPECT_EQ(rule["name"], "a");
  EXPECT_EQ(rule["kind"], "reverse_flow");
  EXPECT_EQ(rule["severity"], "warn");
  EXPECT_EQ(rule["match"], nlohmann::json::parse(R"(["EM-*"])"));
  EXPECT_EQ(rule["exclude"], nlohmann::json::parse(R"(["EM-1"])"));
  EXPECT_EQ(rule["effective"], "2026-02-11T13:02:11Z");
  EXPECT_EQ(rule["revision"], 2);
  EXPECT_EQ(rule["current"], true);
  EXPECT_EQ(rule["disabled"], false);
  EXPECT_EQ(rule["meters"], 12);
  EXPECT_EQ(rule["firing"], 1);
  EXPECT_EQ(rule["toml"], "[[rule]]\n");
  EXPECT_FALSE(rule["does"].get<std::string>().empty());
  EXPECT_EQ(json["profiles"][0]["connection_limit_w"], 9200);
  EXPECT_TRUE(json["profiles"][0]["nominal_period_ms"].is_null());
}

TEST(RulesApi, ShowsOneByItsNameOrTheNearestName) {
  ApiFixture fixture;
  fixture.alerts.rule_list = {version("over-power", false), version("over-power", true), version("night", true)};
  EXPECT_EQ(parse(fixture.get("/api/v1/rules?name=over-power"))["rules"].size(), 2U);
  const Response response = fixture.get("/api/v1/rules?name=over-powr");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(parse(response)["error"]["hint"], "did you mean \"over-power\"?");
}

TEST(RulesApi, AppliesADocument) {
  ApiFixture fixture;
  fixture.alerts.applied = {{"feeds-back"}, {"house"}};
  const Response response = fixture.send("PUT", "/api/v1/rules", std::string(kRule));
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(
      parse(response),
      nlohmann::json::parse(R"({"schema":"wattring.rules-apply/1","created":["feeds-back"],"unchanged":["house"]})"));
  ASSERT_EQ(fixture.alerts.documents.rules.size(), 1U);
  EXPECT_EQ(fixture.alerts.documents.rules[0].name, "feeds-back");
  EXPECT_EQ(fixture.alerts.documents.rules[0].effective_ms, kTestNowMs);
}

TEST(RulesApi, ErrorsHaveTheirPlacesAndNothingIsApplied) {
  ApiFixture fixture;
  const Response response =
      fixture.send("PUT", "/api/v1/rules", std::string(kRule) + "[[rule]]\nname = \"b\"\nkind = \"revers_flow\"\n");
  EXPECT_EQ(response.status, 400);
  const auto error = parse(response)["error"];
  EXPECT_EQ(error["code"], "BAD_RULES");
  ASSERT_GE(error["errors"].size(), 1U) << response.body;
  EXPECT_EQ(error["errors"][0]["line"], 7);
  EXPECT_GE(error["errors"][0]["column"], 1);
  EXPECT_NE(error["message"].get<std::string>().find("the first at 7:"), std::string::npos) << response.body;
  EXPECT_TRUE(fixture.alerts.asked.empty());
}

TEST(RulesApi, RubbishIsRefused) {
  for (const std::string& body :
       {std::string("\0\xff[[", 4), std::string("{\"rule\":1}"), std::string(), std::string("# nothing\n")}) {
    ApiFixture fixture;
    EXPECT_EQ(fixture.send("PUT", "/api/v1/rules", body).status, 400) << body;
    EXPECT_EQ(fixture.post("/api/v1/rules/test?meter=%2A", body).status, 400) << body;
    EXPECT_TRUE(fixture.alerts.asked.empty());
  }
  ApiFixture fixture;
  EXPECT_EQ(fixture.send("PUT", "/api/v1/rules", std::string(alert::kDocumentBytesMax + 1, '#')).status, 413);
}

TEST(RuleTestApi, TriesEachRuleFromTheBeginningOfTheRange) {
  ApiFixture fixture;
  alert::Alert alert;
  alert.id = "5f2a91c0d3e4b718";
  fixture.alerts.trial.alerts = {alert};
  fixture.alerts.trial.meters = 12;
  fixture.alerts.trial.complete = false;
  const std::string second = "[[rule]]\nname = \"b\"\nkind = \"reverse_flow\"\neffective = 2030-01-01T00:00:00Z\n";
  const Response response = fixture.post(
      "/api/v1/rules/test?meter=EM-%2A&from=2026-02-01T00:00:00Z&to=2026-02-02T00:00:00Z", std::string(kRule) + second);
  EXPECT_EQ(response.status, 200) << response.body;
  const auto json = parse(response);
  EXPECT_EQ(json["schema"], "wattring.rules-test/1");
  EXPECT_EQ(json["from"], "2026-02-01T00:00:00Z");
  EXPECT_EQ(json["trials"][0]["rule"], "feeds-back");
  EXPECT_EQ(json["trials"][0]["alerts"][0]["id"], "5f2a91c0d3e4b718");
  EXPECT_EQ(json["trials"][0]["total"], 1);
  EXPECT_EQ(json["trials"][1]["meters"], 12);
  EXPECT_EQ(json["trials"][1]["complete"], false);
  ASSERT_EQ(fixture.alerts.tried.size(), 2U);
  for (const alert::Rule& rule : fixture.alerts.tried)
    EXPECT_EQ(format_rfc3339(rule.effective_ms), "2026-02-01T00:00:00Z") << "also what counts only later";
  EXPECT_EQ(fixture.alerts.asked[0], "try_rule feeds-back EM-* 1769904000000 1769990400000");
}

TEST(RuleTestApi, NeedsMetersRulesAndABoundedRange) {
  ApiFixture fixture;
  const auto refused = [&](std::string_view query, std::string body) {
    const Response response = fixture.post("/api/v1/rules/test" + std::string(query), std::move(body));
    EXPECT_EQ(response.status, 400) << query;
    return parse(response)["error"].value("message", "");
  };
  EXPECT_NE(refused("", std::string(kRule)).find("\"meter\" is missing"), std::string::npos);
  EXPECT_NE(refused("?meter=" + std::string(65, 'x'), std::string(kRule)).find("no pattern"), std::string::npos);
  EXPECT_NE(refused("?meter=a&from=0", std::string(kRule)).find("days long"), std::string::npos);
  EXPECT_NE(refused("?meter=a", "[[profile]]\nname = \"house\"\nmatch = [\"EM-*\"]\n").find("0 rules"),
            std::string::npos);
  std::string many;
  for (int i = 0; i < 33; ++i) many += "[[rule]]\nname = \"r" + std::to_string(i) + "\"\nkind = \"reverse_flow\"\n";
  EXPECT_NE(refused("?meter=a", many).find("33 rules"), std::string::npos);
  EXPECT_TRUE(fixture.alerts.tried.empty());
}

}  // namespace
}  // namespace wattring::http
