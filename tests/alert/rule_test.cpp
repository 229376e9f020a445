// SPDX-License-Identifier: Apache-2.0
#include "node/alert/rule.hpp"

#include <gtest/gtest.h>

#include <set>

namespace wattring::alert {
namespace {

TEST(Pattern, StarIsAnyRunAndQuestionMarkOneByte) {
  for (const auto& [pattern, text] : {std::pair{"*", ""},
                                      {"*", "E0001"},
                                      {"E*", "E"},
                                      {"E*1", "E0001"},
                                      {"E???1", "E0001"},
                                      {"*-*", "home-3"},
                                      {"a*b*c", "a-b-b-c"},
                                      {"**a**", "a"},
                                      {"", ""},
                                      {"[a]", "[a]"},
                                      {"a.c", "a.c"}})
    EXPECT_TRUE(matches_pattern(pattern, text)) << pattern << " " << text;
  for (const auto& [pattern, text] : {std::pair{"", "a"},
                                      {"?", ""},
                                      {"E*1", "E0002"},
                                      {"a*b*c", "a-c-b"},
                                      {"a.c", "abc"},
                                      {"E0001", "E00011"},
                                      {"*a", "ab"},
                                      {"e*", "E1"}})
    EXPECT_FALSE(matches_pattern(pattern, text)) << pattern << " " << text;
}

/// What a pattern means, by recursion; exponential, for short words only.
bool matches_slowly(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '*')
    return matches_slowly(pattern.substr(1), text) || (!text.empty() && matches_slowly(pattern, text.substr(1)));
  return !text.empty() && (pattern.front() == '?' || pattern.front() == text.front()) &&
         matches_slowly(pattern.substr(1), text.substr(1));
}

TEST(Pattern, AgreesWithItsDefinitionOnAllShortWords) {
  std::vector<std::string> patterns{""};
  std::vector<std::string> texts{""};
  for (std::size_t i = 0; i < patterns.size() && patterns[i].size() < 5; ++i)
    for (const char c : {'a', 'b', '?', '*'}) patterns.push_back(patterns[i] + c);
  for (std::size_t i = 0; i < texts.size() && texts[i].size() < 5; ++i)
    for (const char c : {'a', 'b'}) texts.push_back(texts[i] + c);
  for (const std::string& pattern : patterns)
    for (const std::string& text : texts)
      ASSERT_EQ(matches_pattern(pattern, text), matches_slowly(pattern, text)) << pattern << " " << text;
}

TEST(Pattern, ManyStarsOnALongIdEndAtOnce) {
  std::string pattern;
  for (int i = 0; i < 31; ++i) pattern += "*a";
  EXPECT_FALSE(matches_pattern(pattern + "*b", std::string(64, 'a')));
  EXPECT_TRUE(matches_pattern(pattern + "*", std::string(64, 'a')));
}

TEST(RuleKinds, HaveDifferentNamesThatReadBack) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kRuleKindCount; ++i) {
    const auto kind = static_cast<RuleKind>(i);
    EXPECT_TRUE(names.insert(to_string(kind)).second);
    EXPECT_EQ(parse_rule_kind(to_string(kind)), kind);
  }
  EXPECT_EQ(parse_rule_kind("brownout"), std::nullopt);
}

TEST(RuleKinds, OfWindowsNeedGraceAndDailyOnesAreAmongThem) {
  for (std::size_t i = 0; i < kRuleKindCount; ++i) {
    const auto kind = static_cast<RuleKind>(i);
    EXPECT_EQ(is_window_kind(kind), kind >= RuleKind::interval_threshold && kind <= RuleKind::stuck_register);
    EXPECT_EQ(is_daily_kind(kind), kind == RuleKind::night_baseline || kind == RuleKind::sudden_drop);
  }
}

TEST(RuleKinds, PointsOfSlowKindsMayLieFartherApart) {
  Rule rule;
  rule.kind = RuleKind::threshold;
  EXPECT_EQ(gap_limit_ms(rule), 15 * kMsPerMinute);
  rule.hold_ms = 2 * kMsPerHour;
  EXPECT_EQ(gap_limit_ms(rule), 2 * kMsPerHour);
  rule.kind = RuleKind::night_baseline;
  EXPECT_EQ(gap_limit_ms(rule), 26 * kMsPerHour);
  rule.kind = RuleKind::imbalance;
  rule.hold_ms = 0;
  EXPECT_EQ(gap_limit_ms(rule), kMsPerHour);
}

TEST(Severity, ReadsBack) {
  for (const Severity severity : {Severity::info, Severity::warn, Severity::critical})
    EXPECT_EQ(parse_severity(to_string(severity)), severity);
  EXPECT_EQ(parse_severity("page"), std::nullopt);
}

TEST(Silence, CoversFromItsStartUntilItsEnd) {
  const Silence silence{"0a0b0c0d", "under*", "E00??", 1000, 2000, "ann", "works"};
  EXPECT_TRUE(covers(silence, "undervoltage", "E0001", 1000));
  EXPECT_TRUE(covers(silence, "undervoltage", "E0001", 1999));
  EXPECT_FALSE(covers(silence, "undervoltage", "E0001", 999));
  EXPECT_FALSE(covers(silence, "undervoltage", "E0001", 2000));
  EXPECT_FALSE(covers(silence, "overvoltage", "E0001", 1500));
  EXPECT_FALSE(covers(silence, "undervoltage", "E0101", 1500));
}

TEST(Rule, IsForMetersThatMatchAndAreNotExcluded) {
  Rule rule;
  rule.match = {"E*", "home-?"};
  rule.exclude = {"E9*"};
  EXPECT_TRUE(is_for_meter(rule, "E0001"));
  EXPECT_TRUE(is_for_meter(rule, "home-3"));
  EXPECT_FALSE(is_for_meter(rule, "E9001"));
  EXPECT_FALSE(is_for_meter(rule, "home-33"));
}

TEST(Rule, TakesItsLimitFromTheProfile) {
  Rule rule;
  rule.kind = RuleKind::over_power;
  rule.limit_of_profile = true;
  Profile profile;
  EXPECT_FALSE(rule_for(rule, nullptr));
  EXPECT_FALSE(rule_for(rule, &profile));
  profile.connection_limit_w = 9'201;
  const auto settled = rule_for(rule, &profile);
  ASSERT_TRUE(settled);
  EXPECT_EQ(settled->fire, 9'201);
  EXPECT_EQ(settled->clear, 8'740);  // 95 % = 8740.95
  EXPECT_FALSE(settled->limit_of_profile);
}

TEST(Rule, WaitsForThreeNominalPeriodsOfTheProfileAndAtLeastFiveMinutes) {
  Rule rule;
  rule.kind = RuleKind::no_data;
  rule.after_of_profile = true;
  Profile profile;
  EXPECT_EQ(rule_for(rule, nullptr)->after_ms, 45 * kMsPerMinute);
  EXPECT_EQ(rule_for(rule, &profile)->after_ms, 45 * kMsPerMinute);
  profile.nominal_period_ms = kMsPerHour;
  EXPECT_EQ(rule_for(rule, &profile)->after_ms, 3 * kMsPerHour);
  profile.nominal_period_ms = 10 * kMsPerSecond;
  EXPECT_EQ(rule_for(rule, &profile)->after_ms, 5 * kMsPerMinute);
  rule.after_of_profile = false;
  EXPECT_EQ(rule_for(rule, &profile)->after_ms, 45 * kMsPerMinute);
}

}  // namespace
}  // namespace wattring::alert
