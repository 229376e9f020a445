// SPDX-License-Identifier: Apache-2.0
#include "node/alert/rule_document.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "node/alert/rule_keys.hpp"

namespace wattring::alert {
namespace {

constexpr std::int64_t kNow = 1'767'225'600'000;  // 2026-01-01T00:00:00Z

/// One rule of the kind with what it cannot do without, and the lines given.
Rule rule_of(std::string_view kind, std::string_view lines = {}) {
  const std::string toml = "[[rule]]\nname = \"r\"\nkind = \"" + std::string(kind) + "\"\n" + std::string(lines) + "\n";
  const ParsedDocuments parsed = parse_documents(toml, kNow);
  for (const DocumentError& error : parsed.errors) ADD_FAILURE() << kind << ": " << error.message;
  return parsed.documents.rules.empty() ? Rule{} : parsed.documents.rules.front();
}

std::string content_of(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(RuleDocument, TheReferenceNamesEveryKeyAndKind) {
  const std::string page = content_of(WATTRING_RULES_PAGE);
  for (const std::string_view key : rule_keys()) EXPECT_NE(page.find("`" + std::string(key) + "`"), page.npos) << key;
  for (const std::string_view key : profile_keys())
    EXPECT_NE(page.find("| `" + std::string(key) + "` |"), page.npos) << key;
  for (std::size_t i = 0; i < kRuleKindCount; ++i) {
    const std::string kind(to_string(static_cast<RuleKind>(i)));
    EXPECT_NE(page.find("| `" + kind + "` |"), page.npos) << kind;
  }
}

TEST(RuleDocument, TheExampleHasEveryKindAndReadsBack) {
  const std::string text = content_of(WATTRING_RULES_EXAMPLE);
  const ParsedDocuments parsed = parse_documents(text, kNow);
  for (const DocumentError& error : parsed.errors) ADD_FAILURE() << error.line << ": " << error.message;
  std::set<RuleKind> kinds;
  for (const Rule& rule : parsed.documents.rules) {
    kinds.insert(rule.kind);
    EXPECT_FALSE(describe(rule).empty());
    const ParsedDocuments again = parse_documents(to_toml(rule), 0);
    ASSERT_EQ(again.documents.rules.size(), 1U) << to_toml(rule);
    EXPECT_EQ(again.documents.rules.front(), rule) << to_toml(rule);
  }
  EXPECT_EQ(kinds.size(), kRuleKindCount);
  ASSERT_EQ(parsed.documents.profiles.size(), 1U);
  const Profile& profile = parsed.documents.profiles.front();
  EXPECT_EQ(profile.connection_limit_w, 9200);
  EXPECT_EQ(profile.nominal_period_ms, 15 * kMsPerMinute);
  EXPECT_EQ(profile.roster, (std::vector<std::string>{"E0001", "E0002"}));
}

TEST(RuleDocument, WhatIsLeftOutHasADefault) {
  const Rule rule = rule_of("reverse_flow");
  EXPECT_EQ(rule.match, std::vector<std::string>{"*"});
  EXPECT_EQ(rule.effective_ms, kNow);
  EXPECT_EQ(rule.severity, Severity::warn);
  EXPECT_EQ(rule.page_within_ms, kMsPerHour);
  EXPECT_EQ(rule.hold_ms, kMsPerMinute);
  EXPECT_EQ(rule.count_min, 1U);
  EXPECT_EQ(rule.fire, 50);
  EXPECT_EQ(rule.clear, 50);
  EXPECT_TRUE(rule.notify);
  EXPECT_EQ(rule_of("night_baseline").count_min, 3U);
  EXPECT_EQ(rule_of("night_baseline").page_within_ms, kMsPerDay);
}

struct Usual {
  std::string_view kind;
  bool below;
  std::int64_t fire;
  std::int64_t clear;
  std::int64_t hold_ms;
};
TEST(RuleDocument, EveryKindFiresAndClearsWhereThePageSays) {
  for (const Usual& usual :
       {Usual{"reverse_flow", false, 50, 50, 60'000}, Usual{"voltage_sag", true, 2070, 2116, 10'000},
        Usual{"voltage_swell", false, 2530, 2484, 10'000}, Usual{"missing_phase", true, 1150, 1380, 10'000},
        Usual{"clock_drift", false, 10'000, 10'000, 0}, Usual{"bad_frames", false, 100, 100, 0},
        Usual{"peak_projection", false, 0, 0, 0}, Usual{"imbalance", false, 200, 150, 0},
        Usual{"night_baseline", false, 1500, 1500, 0}, Usual{"sudden_drop", true, 300, 500, 0},
        Usual{"rollback", false, 0, 0, 0}, Usual{"stuck_register", false, 50, 50, 0},
        Usual{"quarantined", false, 0, 0, 0}}) {
    const Rule rule = rule_of(usual.kind);
    EXPECT_EQ(rule.below, usual.below) << usual.kind;
    EXPECT_EQ(rule.fire, usual.fire) << usual.kind;
    EXPECT_EQ(rule.clear, usual.clear) << usual.kind;
    EXPECT_EQ(rule.hold_ms, usual.hold_ms) << usual.kind;
  }
}

TEST(RuleDocument, ClearingFollowsAThresholdOfOnesOwn) {
  EXPECT_EQ(rule_of("over_power", "above = \"9.2kW\"").clear, 8740);
  EXPECT_EQ(rule_of("voltage_sag", "below = \"200V\"").clear, 2046);
  EXPECT_EQ(rule_of("voltage_swell", "nominal = \"400V\"").fire, 4400);
  EXPECT_EQ(rule_of("voltage_swell", "nominal = \"400V\"").clear, 4320);
  EXPECT_EQ(rule_of("imbalance", "of = \"current\"").clear, 3750);
  EXPECT_EQ(rule_of("sudden_drop", "below = \"20%\"").clear, 400);
  EXPECT_EQ(rule_of("threshold", "register = \"power\"\nabove = \"1kW\"").clear, 1000);
  EXPECT_EQ(rule_of("threshold", "register = \"power\"\nabove = \"1kW\"\nclear = \"900W\"").clear, 900);
}

TEST(RuleDocument, QuantitiesAreExactInTheRegistersUnit) {
  struct Case {
    std::string_view reg;
    std::string_view quantity;
    std::int64_t value;
  };
  for (const Case& each :
       {Case{"power_w", "9.2kW", 9200}, Case{"1-0:32.7.0", "253V", 2530}, Case{"voltage_l2", "252.9 V", 2529},
        Case{"current_l1", "25A", 2500}, Case{"net", "-2.5kWh", -2500}, Case{"frequency", "49.8Hz", 49'800},
        Case{"power_factor", "90.5%", 905}, Case{"clock_drift", "-10s", -10'000},
        Case{"power", "999999999999999W", 999'999'999'999'999}}) {
    const Rule rule = rule_of(
        "threshold", "register = \"" + std::string(each.reg) + "\"\nabove = \"" + std::string(each.quantity) + "\"");
    EXPECT_EQ(rule.fire, each.value) << each.quantity;
  }
  EXPECT_EQ(rule_of("increase", "register = \"power_failures\"\nabove = 2").fire, 2);
  EXPECT_EQ(rule_of("interval_threshold", "register = \"import\"\nbelow = \"2.5kWh\"").fire, 2500);
}

TEST(RuleDocument, VoltagesMayBeAShareOfNominal) {
  const Rule rule = rule_of("voltage_sag", "nominal = \"231V\"\nbelow = \"85%\"\nclear = \"90%\"");
  EXPECT_EQ(rule.fire, 1964);  // 1963.5, half to even
  EXPECT_EQ(rule.clear, 2079);
}

TEST(RuleDocument, TimesAreTomlOrText) {
  EXPECT_EQ(rule_of("rollback", "effective = 2026-01-31T00:00:00+01:00").effective_ms,
            kNow + 30 * kMsPerDay - kMsPerHour);
  EXPECT_EQ(rule_of("rollback", "effective = \"2026-01-31T00:00:00.250Z\"").effective_ms, kNow + 30 * kMsPerDay + 250);
}

TEST(RuleDocument, OverPowerWithoutALimitAsksTheProfile) {
  EXPECT_TRUE(rule_of("over_power").limit_of_profile);
  EXPECT_FALSE(rule_of("over_power", "above = \"1kW\"").limit_of_profile);
  EXPECT_TRUE(rule_of("no_data").after_of_profile);
  EXPECT_FALSE(rule_of("no_data", "after = \"1h\"").after_of_profile);
}

TEST(RuleDocument, AMarginWarnsEarlier) {
  const Rule rule = rule_of("peak_projection", "margin = \"300W\"\nfloor = \"4kW\"");
  EXPECT_EQ(rule.fire, -300);
  EXPECT_EQ(rule.clear, -300);
  EXPECT_EQ(rule.peak_floor_w, 4000);
}

TEST(RuleDocument, VersionsOfOneRuleMayStandInOneDocument) {
  const ParsedDocuments parsed = parse_documents(
      "[[rule]]\nname = \"r\"\nkind = \"rollback\"\neffective = 2026-01-01T00:00:00Z\n"
      "[[rule]]\nname = \"r\"\nkind = \"rollback\"\ndisabled = true\neffective = 2026-02-01T00:00:00Z\n",
      kNow);
  EXPECT_TRUE(parsed.errors.empty());
  ASSERT_EQ(parsed.documents.rules.size(), 2U);
  EXPECT_TRUE(parsed.documents.rules[1].disabled);
}

TEST(Describe, SaysWhenARuleFires) {
  EXPECT_EQ(describe(rule_of("over_power", "above = \"9.2kW\"")), "above 9200W for 1m, clears at 8740W");
  EXPECT_EQ(describe(rule_of("over_power")), "above the profile's connection_limit for 1m");
  EXPECT_EQ(describe(rule_of("voltage_sag")), "below 207V for 10s, clears at 211.6V");
  EXPECT_EQ(describe(rule_of("interval_threshold", "register = \"import\"\nabove = \"6kWh\"")),
            "import above 6000Wh over 1h");
  EXPECT_EQ(describe(rule_of("night_baseline")), "above 150%, 3 in a row");
  EXPECT_EQ(describe(rule_of("no_data", "after = \"1h\"\ndisabled = true")), "silent for 1h (disabled)");
}

}  // namespace
}  // namespace wattring::alert
