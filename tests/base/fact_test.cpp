// SPDX-License-Identifier: Apache-2.0
#include "base/fact.hpp"

#include <gtest/gtest.h>

namespace wattring {
namespace {

Fact fact(std::int64_t value, Quality quality = Quality::actual, std::uint64_t revision = 0) {
  return Fact{obis(1, 0, 1, 8, 0), 1000, 1000, value, revision, quality, 0, 0};
}

bool wins_over(const Fact& a, const Fact& b) {
  return compare_for_conflict(a, b) == std::strong_ordering::greater;
}

TEST(Obis, IsReadAndPrintedInTheUsualForm) {
  const auto import = parse_obis("1-0:1.8.0");
  ASSERT_TRUE(import.has_value());
  EXPECT_EQ(*import, obis(1, 0, 1, 8, 0));
  EXPECT_EQ(import->packed, 0x0100010800ffU);
  EXPECT_EQ(format_obis(*import), "1-0:1.8.0");
  EXPECT_EQ(format_obis(parse_obis("0-1:24.2.1*7").value()), "0-1:24.2.1*7");
}

TEST(Obis, GroupFOf255MeansNone) {
  EXPECT_EQ(parse_obis("1-0:1.8.0*255").value(), parse_obis("1-0:1.8.0").value());
  EXPECT_NE(parse_obis("1-0:1.8.0*0").value(), parse_obis("1-0:1.8.0").value());
}

TEST(Obis, GroupsAreCountedFromTheLeft) {
  const Register reg = obis(1, 2, 3, 4, 5, 6);
  for (int index = 0; index < 6; ++index) EXPECT_EQ(reg.group(index), index + 1);
}

TEST(Obis, RefusesWhatIsNotACode) {
  for (const char* text :
       {"", "1", "1-0", "1-0:1.8", "1-0:1.8.", "1-0:1.8.0*", "1-0:1.8.0*256", "256-0:1.8.0", "1-0:1.8.0.0",
        "1-0:1.8.0*1*1", "1.0:1.8.0", " 1-0:1.8.0", "1-0:1.8.0 ", "1-0:1.8.-1", "1-0:1.8.0001", "a-0:1.8.0"}) {
    const auto parsed = parse_obis(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid_argument);
    EXPECT_FALSE(parsed.error().hint.empty());
  }
}

TEST(Obis, AnErrorQuotesOnlyTheBeginningOfHugeInput) {
  EXPECT_LT(parse_obis(std::string(100'000, '9')).error().message.size(), 100U);
}

TEST(Fact, FlagsAreNoPartOfItsIdentity) {
  const Fact plain = fact(5);
  Fact rounded = plain;
  rounded.flags = kFlagRounded;
  EXPECT_TRUE(same_identity(plain, rounded));
  EXPECT_FALSE(plain == rounded);
}

TEST(Fact, TheSameKeyWithAnotherValueIsAConflict) {
  EXPECT_TRUE(same_key(fact(5), fact(6)));
  EXPECT_FALSE(same_identity(fact(5), fact(6)));
  Fact later = fact(5);
  later.end_ms = 2000;
  EXPECT_FALSE(same_key(fact(5), later)) << "an interval and an instant do not conflict";
}

TEST(FactConflict, QualityDecidesFirstThenRevision) {
  EXPECT_TRUE(wins_over(fact(1, Quality::actual, 0), fact(2, Quality::estimated, 9)));
  EXPECT_TRUE(wins_over(fact(1, Quality::edited, 0), fact(2, Quality::validated, 9)));
  EXPECT_TRUE(wins_over(fact(1, Quality::actual, 2), fact(2, Quality::actual, 1)));
}

TEST(FactConflict, OtherwiseTheFactsThemselvesDecideAndAlwaysAlike) {
  EXPECT_NE(wins_over(fact(1), fact(2)), wins_over(fact(2), fact(1)));
  EXPECT_TRUE(compare_for_conflict(fact(1), fact(1)) == 0);
}

TEST(FactConflict, TheMethodTellsEqualValuesApart) {
  Fact other = fact(1);
  other.method = 1;
  EXPECT_TRUE(compare_for_conflict(fact(1), other) != 0);
}

TEST(TextValue, IsNeverNegativeAndFollowsTheText) {
  EXPECT_EQ(text_value("E0123"), text_value("E0123"));
  EXPECT_NE(text_value("E0123"), text_value("E0124"));
  for (const char* text : {"", "a", "b", "c", "d", "e", "f", "g"}) EXPECT_GE(text_value(text), 0);
}

TEST(Quality, EveryRankHasItsName) {
  EXPECT_EQ(to_string(Quality::missing), "missing");
  EXPECT_EQ(to_string(Quality::estimated), "estimated");
  EXPECT_EQ(to_string(Quality::substituted), "substituted");
  EXPECT_EQ(to_string(Quality::actual), "actual");
  EXPECT_EQ(to_string(Quality::validated), "validated");
  EXPECT_EQ(to_string(kQualityMax), "edited");
}

}  // namespace
}  // namespace wattring
