// SPDX-License-Identifier: Apache-2.0
#include "node/http/params.hpp"

#include <gtest/gtest.h>

#include "base/time.hpp"
#include "tests/node/http_fakes.hpp"

namespace wattring::http {
namespace {

constexpr std::string_view kNames[] = {"register", "from", "to", "limit", "level", "token"};

Params parsed(std::string_view query) {
  auto params = Params::parse(query, kNames);
  EXPECT_TRUE(params.has_value()) << params.error().text();
  return params.value_or(Params());
}

TEST(Params, AreDecodedAndAnEmptyOneCountsAsAbsent) {
  const Params params = parsed("from=a%26b+c&&to=&limit");
  EXPECT_EQ(params.get("from"), "a&b c");
  EXPECT_EQ(params.get("to"), std::nullopt);
  EXPECT_EQ(params.get("limit"), std::nullopt);
}

TEST(Params, RefuseAnUnknownNameAndNameTheNearest) {
  const auto params = Params::parse("frum=1", kNames);
  ASSERT_FALSE(params);
  EXPECT_NE(params.error().message.find("\"frum\""), std::string::npos);
  EXPECT_NE(params.error().hint.find("did you mean \"from\"?"), std::string::npos);
  EXPECT_NE(params.error().hint.find("register, from, to"), std::string::npos);
  EXPECT_EQ(Params::parse("x=1", {}).error().hint, "this path takes none");
}

TEST(Params, RefuseWhatIsGivenTwiceOrBadlyEncoded) {
  EXPECT_FALSE(Params::parse("to=1&to=1", kNames));
  EXPECT_FALSE(Params::parse("to=%g1", kNames));
}

TEST(Times, AreRfc3339OrMilliseconds) {
  EXPECT_EQ(read_time("from", "2026-02-11T13:02:11Z").value(), kTestNowMs);
  EXPECT_EQ(read_time("from", "2026-02-11T14:02:11+01:00").value(), kTestNowMs);
  EXPECT_EQ(read_time("from", "2026-02-11T14:02:11 01:00").value(), kTestNowMs) << "a plus that was decoded to a space";
  EXPECT_EQ(read_time("from", "1770814931000").value(), kTestNowMs);
  for (const char* bad : {"yesterday", "-5", "1.5", "99999999999999999999", "253402300800000", "2026-02-11"})
    EXPECT_FALSE(read_time("from", bad)) << bad;
}

TEST(TimeRange, IsTheLastDayUnlessSaidOtherwise) {
  const auto range = read_range(parsed(""), kTestNowMs, kMsPerDay);
  ASSERT_TRUE(range);
  EXPECT_EQ(range->from_ms, kTestNowMs - kMsPerDay);
  EXPECT_EQ(range->to_ms, kTestNowMs);
  EXPECT_EQ(read_range(parsed("to=86400000"), kTestNowMs, kMsPerDay)->from_ms, 0);
}

TEST(TimeRange, NamesTheLimitThatItIsOver) {
  const auto range = read_range(parsed("from=0&to=864000001"), kTestNowMs, 10 * kMsPerDay);
  ASSERT_FALSE(range);
  EXPECT_NE(range.error().hint.find("at most 10 days"), std::string::npos);
  EXPECT_FALSE(read_range(parsed("from=5&to=5"), kTestNowMs, kMsPerDay)) << "empty";
  EXPECT_FALSE(read_range(parsed("from=2026-02-11T13:02:12Z"), kTestNowMs, kMsPerDay)) << "from after now";
}

TEST(Limit, IsAnIntegerWithinBounds) {
  EXPECT_EQ(read_limit(parsed(""), 7, 10).value(), 7U);
  EXPECT_EQ(read_limit(parsed("limit=10"), 7, 10).value(), 10U);
  for (const char* bad : {"limit=0", "limit=11", "limit=-1", "limit=x", "limit=1e3"})
    EXPECT_NE(read_limit(parsed(bad), 7, 10).error().hint.find("1 to 10"), std::string::npos) << bad;
}

TEST(RegisterParameter, IsACodeOrAnAlias) {
  EXPECT_EQ(read_register(parsed("register=1-0:1.8.0")).value().info->reg, kImport);
  EXPECT_EQ(read_register(parsed("register=import_kwh")).value().info->reg, kImport);
  EXPECT_NE(read_register(parsed("")).error().message.find("missing"), std::string::npos);
  EXPECT_NE(read_register(parsed("register=imporr_wh")).error().hint.find("import_wh"), std::string::npos);
}

TEST(Consistency, LevelIsOneOfThreeAndATokenIsShort) {
  for (const char* good : {"", "level=any", "level=home", "level=quorum", "token=abc"})
    EXPECT_TRUE(read_consistency(parsed(good))) << good;
  EXPECT_NE(read_consistency(parsed("level=all")).error().hint.find("any, home, quorum"), std::string::npos);
  EXPECT_FALSE(read_consistency(parsed("token=" + std::string(257, 'a'))));
}

}  // namespace
}  // namespace wattring::http
