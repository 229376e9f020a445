// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "node/alert/rule_document.hpp"

namespace wattring::alert {
namespace {

std::vector<std::string> errors_of(std::string_view toml) {
  const ParsedDocuments parsed = parse_documents(toml, 0);
  std::vector<std::string> texts;
  texts.reserve(parsed.errors.size());
  for (const DocumentError& error : parsed.errors)
    texts.push_back(std::to_string(error.line) + ":" + std::to_string(error.column) + " " + error.message);
  return texts;
}
/// The one error of a rule of that kind with these lines from line 4 on.
std::string error_of(std::string_view kind, std::string_view lines) {
  const auto errors =
      errors_of("[[rule]]\nname = \"r\"\nkind = \"" + std::string(kind) + "\"\n" + std::string(lines) + "\n");
  return errors.size() == 1 ? errors.front() : std::to_string(errors.size()) + " errors";
}

TEST(RuleErrors, AKeyThatNobodyHasIsSaidWithItsPlaceAndTheNearest) {
  EXPECT_EQ(error_of("rollback", "severty = \"info\""), "4:1 unknown key \"severty\" (did you mean \"severity\"?)");
  EXPECT_EQ(error_of("rollback", "  colour = \"red\""), "4:3 unknown key \"colour\"");
  EXPECT_EQ(error_of("rollback", "\"a\\u0000b\" = 1"), "4:1 unknown key \"a\\u0000b\"");
}

TEST(RuleErrors, AKeyOfAnotherKindIsRefused) {
  EXPECT_EQ(error_of("rollback", "zone = \"Europe/Brussels\""),
            "4:1 rollback has no key \"zone\"; it belongs to: peak_projection, night_baseline, sudden_drop");
  EXPECT_EQ(error_of("no_data", "hold = \"1m\"").substr(0, 28), "4:1 no_data has no key \"hold");
  EXPECT_EQ(error_of("voltage_sag", "above = \"240V\"").substr(0, 33), "4:1 voltage_sag has no key \"above");
}

TEST(RuleErrors, AQuantityNeedsAUnitThatFits) {
  EXPECT_EQ(error_of("over_power", "above = 9200"), "4:9 above needs a unit, for example \"9.2kW\"");
  EXPECT_EQ(error_of("over_power", "above = \"9200\""), "4:9 above needs a unit, for example \"9.2kW\"");
  EXPECT_EQ(error_of("over_power", "above = \"9kVA\""),
            "4:9 above has the unit \"kVA\", which does not fit; write it like \"9.2kW\"");
  EXPECT_EQ(error_of("threshold", "register = \"voltage_l1\"\nbelow = \"9kW\""),
            "5:9 below has the unit \"kW\", which does not fit; write it like \"253V\"");
  EXPECT_EQ(error_of("night_baseline", "above = \"1.5\""), "4:9 above needs a unit, for example \"90%\"");
  EXPECT_EQ(error_of("over_power", "above = 9.2"), "4:9 above is not a quantity, for example \"9.2kW\"");
  EXPECT_EQ(error_of("over_power", "above = \"kW\""), "4:9 above is not a quantity, for example \"9.2kW\"");
  EXPECT_EQ(error_of("over_power", "above = \"0.5W\""), "4:9 above is finer than what is kept, W");
  EXPECT_EQ(error_of("over_power", "above = \"99999999999999MW\""), "4:9 above is too large");
  EXPECT_EQ(error_of("over_power", "hold = 60"), "4:8 hold needs a unit, for example \"45m\"");
}

TEST(RuleErrors, ARegisterMustBeKnownAndOfUse) {
  EXPECT_EQ(error_of("threshold", "register = \"voltag_l1\"\nabove = \"1V\""),
            "4:12 register is no known register (did you mean \"voltage_l1\"?)");
  EXPECT_EQ(error_of("threshold", "register = \"import\"\nabove = \"1kWh\""),
            "4:12 register is import (1-0:1.8.0); threshold needs a momentary value");
  EXPECT_EQ(error_of("stuck_register", "register = \"mbus1_volume\""),
            "4:12 register is mbus1_volume (0-1:24.2.1); stuck_register needs a counter of active energy");
  EXPECT_EQ(error_of("interval_threshold", "above = \"1kWh\""), "1:1 this interval_threshold has no register");
}

TEST(RuleErrors, ARuleFiresOnOneSideAndClearsOnTheOther) {
  const std::string reg = "register = \"power\"\n";
  EXPECT_EQ(error_of("threshold", reg), "1:1 this threshold has neither above nor below");
  EXPECT_EQ(error_of("threshold", reg + "above = \"2W\"\nbelow = \"1W\""),
            "6:9 below stands beside above: a rule fires on one side");
  EXPECT_EQ(error_of("threshold", reg + "above = \"2W\"\nclear = \"3W\""),
            "6:9 clear is higher than above: it would clear while it fires");
  EXPECT_EQ(error_of("threshold", reg + "below = \"2W\"\nclear = \"1W\""),
            "6:9 clear is lower than below: it would clear while it fires");
  EXPECT_EQ(error_of("voltage_sag", "clear = \"200V\""),
            "4:9 clear is lower than below: it would clear while it fires");
  EXPECT_EQ(error_of("over_power", "clear = \"1kW\""),
            "4:9 clear needs above beside it: it is 95 % of the profile's connection_limit");
  EXPECT_EQ(error_of("reverse_flow", "above = \"-1W\""), "4:9 above is negative");
}

TEST(RuleErrors, EverythingHasALimit) {
  EXPECT_EQ(error_of("rollback", "hold = \"8d\""), "4:8 hold is more than the most, \"7d\"");
  EXPECT_EQ(error_of("rollback", "count = 0"), "4:9 count is not a whole number from 1 to 1000");
  EXPECT_EQ(error_of("no_data", "group_share = \"0%\""), "4:15 group_share is not between 0.1% and 100%");
  EXPECT_EQ(error_of("no_data", "after = \"0s\""), "4:9 after is less than the least, \"1s\"");
  EXPECT_EQ(error_of("rollback", "match = []"), "4:9 match is empty: the rule would be for no meter");
  EXPECT_EQ(error_of("rollback", "match = \"" + std::string(65, 'a') + "\"").substr(0, 17), "4:9 match is neit");
  EXPECT_EQ(error_of("rollback", "effective = 2026-01-01T00:00:00"),
            "4:13 effective is not a time with offset, for example 2026-01-31T00:00:00+01:00");
  EXPECT_EQ(error_of("sudden_drop", "zone = \"Mars/Olympus\""),
            "4:8 zone is not a time zone that this system knows, for example \"Europe/Brussels\"");
  std::string patterns = "match = [";
  for (int i = 0; i < 65; ++i) patterns += "\"a\",";
  EXPECT_EQ(error_of("rollback", patterns + "]"), "4:9 match has more than 64 patterns");
}

TEST(RuleErrors, AllAreToldAtOnceInTheirOrder) {
  EXPECT_EQ(errors_of("[[rule]]\nname = \"A b\"\nkind = \"rolback\"\ncolour = 1\ncount = \"x\"\n"
                      "[[profile]]\nroster = [\"a\", \"a\"]\n"
                      "[other]\nx = 1\n"),
            (std::vector<std::string>{"2:8 name is not a name: 1 to 48 of a-z, 0-9 and \"-\"",
                                      "3:8 kind is no kind of rule (did you mean \"rollback\"?)",
                                      "4:1 unknown key \"colour\"", "5:9 count is not a whole number from 1 to 1000",
                                      "6:1 this [[profile]] has no name", "6:1 this [[profile]] has no match",
                                      "7:10 roster \"a\" is there twice (line 7, column 16)",
                                      "8:2 \"other\" stands outside of [[rule]] and [[profile]]"}));
}

TEST(RuleErrors, ADocumentWithErrorsStillShowsWhatIsRight) {
  const ParsedDocuments parsed =
      parse_documents("[[rule]]\nname = \"a\"\nkind = \"rollback\"\n[[rule]]\nname = \"b\"\n", 0);
  EXPECT_EQ(parsed.errors.size(), 1U);
  EXPECT_EQ(parsed.documents.rules.size(), 1U);
}

TEST(RuleErrors, AVersionIsThereOnce) {
  const std::string rule = "[[rule]]\nname = \"a\"\nkind = \"rollback\"\n";
  EXPECT_EQ(errors_of(rule + rule),
            std::vector<std::string>{"4:1 [[rule]] \"a\" is there twice with the same effective time"});
}

TEST(RuleErrors, HostileDocumentsAreRefusedQuietly) {
  std::string deep;
  for (int i = 0; i < 130'000; ++i) deep += "a.";
  EXPECT_EQ(errors_of(deep + "a = 1").size(), 1U);
  EXPECT_EQ(errors_of("[" + deep + "a]").size(), 1U);
  EXPECT_EQ(errors_of("a = " + std::string(200'000, '[')).size(), 1U);
  EXPECT_EQ(errors_of(std::string(kDocumentBytesMax + 1, ' ')).size(), 1U);
  EXPECT_EQ(errors_of(std::string(1000, '\0')).size(), 1U);
  std::string nested = "rule = ";
  for (int i = 0; i < 120; ++i) nested += "[{" + deep.substr(0, 60) + "a =\n";
  EXPECT_EQ(errors_of(nested).size(), 1U);
}

TEST(RuleErrors, OfACrowdOnlyTheFirstAreTold) {
  std::string rule = "[[rule]]\nname = \"a\"\nkind = \"rollback\"\n";
  for (int i = 0; i < 5000; ++i) rule += "k" + std::to_string(i) + " = 1\n";
  const auto errors = errors_of(rule);
  ASSERT_EQ(errors.size(), 201U);
  EXPECT_NE(errors.back().find("and 4800 errors more"), std::string::npos);
  std::string many;
  for (int i = 0; i < 257; ++i) many += "[[rule]]\n";
  EXPECT_EQ(errors_of(many), std::vector<std::string>{"257:1 more than 256 [[rule]] tables in one document"});
}

}  // namespace
}  // namespace wattring::alert
