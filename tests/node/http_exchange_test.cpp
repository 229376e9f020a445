// SPDX-License-Identifier: Apache-2.0
#include "node/http/exchange.hpp"

#include <gtest/gtest.h>

#include "node/http/bind_address.hpp"
#include "node/http/body_budget.hpp"

namespace wattring::http {
namespace {

TEST(PercentDecoding, TurnsEscapesIntoBytes) {
  EXPECT_EQ(percent_decode("a%2Fb%20c", false), "a/b c");
  EXPECT_EQ(percent_decode("%c3%A4", false), "\xc3\xa4");
  EXPECT_EQ(percent_decode("a+b", true), "a b");
  EXPECT_EQ(percent_decode("a+b", false), "a+b");
  EXPECT_EQ(percent_decode("", true), "");
}

TEST(PercentDecoding, RefusesWhatIsCutOffOrNoHex) {
  EXPECT_EQ(percent_decode("%", false), std::nullopt);
  EXPECT_EQ(percent_decode("a%2", false), std::nullopt);
  EXPECT_EQ(percent_decode("%zz", false), std::nullopt);
  EXPECT_EQ(percent_decode("%2", true), std::nullopt);
}

TEST(PathSplitting, SplitsBeforeItDecodesSoThatAnIdMayHoldASlash) {
  const auto segments = split_path("/api/v1/meters/a%2Fb/readings");
  ASSERT_TRUE(segments);
  EXPECT_EQ(*segments, (std::vector<std::string>{"api", "v1", "meters", "a/b", "readings"}));
  EXPECT_EQ(split_path("/")->size(), 0U);
  EXPECT_FALSE(split_path("api"));
  EXPECT_FALSE(split_path(""));
  EXPECT_FALSE(split_path("/a/%4"));
}

TEST(HostAndPort, AreToldApart) {
  EXPECT_EQ(split_host_port("127.0.0.1:7414")->port, "7414");
  EXPECT_EQ(split_host_port("[::1]:0")->host, "::1");
  for (const char* bad :
       {"", ":1", "localhost", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x", "::1:80", "[]:1", "h:-1"})
    EXPECT_FALSE(split_host_port(bad)) << bad;
}

TEST(BodyBudget, GivesNoMoreThanThereIsAndGetsItBack) {
  BodyBudget budget(100);
  {
    BodyBudget::Share first(budget);
    EXPECT_TRUE(first.grow_to(60));
    EXPECT_TRUE(first.grow_to(50)) << "a share only grows";
    BodyBudget::Share second(budget);
    EXPECT_FALSE(second.grow_to(41));
    EXPECT_EQ(second.bytes(), 0U);
    first.shrink_to(10);
    EXPECT_TRUE(second.grow_to(90));
    EXPECT_EQ(budget.free_bytes(), 0U);
  }
  EXPECT_EQ(budget.free_bytes(), 100U);
}

TEST(ErrorResponse, HasCodeMessageAndHint) {
  const Response response = error_response(404, {"NOT_FOUND", "no meter \"X\"", "look"});
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body,
            "{\"error\":{\"code\":\"NOT_FOUND\",\"message\":\"no meter \\\"X\\\"\",\"hint\":\"look\"}}\n");
}

TEST(RetryResponse, RoundsUpToWholeSecondsAndIsNeverZero) {
  EXPECT_EQ(retry_response({}, 0).headers.at(0).second, "1");
  EXPECT_EQ(retry_response({}, 1001).headers.at(0).second, "2");
  EXPECT_EQ(retry_response({}, 4'294'967'295U).headers.at(0).second, "4294968");
}

}  // namespace
}  // namespace wattring::http
