// SPDX-License-Identifier: Apache-2.0
#include "node/http/json_body.hpp"

#include <gtest/gtest.h>

#include <array>

namespace wattring::http {
namespace {

constexpr std::array<std::string_view, 2> kAccepted{"user", "note"};

std::string refusal(std::string_view body) {
  const auto parsed = JsonBody::parse(body, kAccepted);
  return parsed ? "" : parsed.error().text();
}

TEST(JsonBody, IsAFlatObjectOfTexts) {
  const auto body = JsonBody::parse(" {\"user\" : \"k\\u00e4the\",\n\"note\":\"a \\\"b\\\"\"} \n", kAccepted);
  ASSERT_TRUE(body) << body.error().text();
  EXPECT_EQ(body->get("user"), "k\xc3\xa4the");
  EXPECT_EQ(body->get("note"), "a \"b\"");
  EXPECT_EQ(body->get("other"), std::nullopt);
}

TEST(JsonBody, NullAndEmptyCountAsAbsent) {
  const auto body = JsonBody::parse(R"({"user":null,"note":""})", kAccepted);
  ASSERT_TRUE(body);
  EXPECT_EQ(body->get("user"), std::nullopt);
  EXPECT_EQ(body->get("note"), std::nullopt);
  const auto user = body->require("user", "who it was");
  ASSERT_FALSE(user);
  EXPECT_EQ(user.error().text(), "the member \"user\" is missing (who it was)");
}

TEST(JsonBody, SaysWhatItGotAndWhatItAccepts) {
  EXPECT_EQ(refusal(R"({"usr":"k"})"), "unknown member \"usr\" (did you mean \"user\"? accepted: user, note)");
  EXPECT_NE(refusal(R"({"user":"a","user":"b"})").find("given twice"), std::string::npos);
  EXPECT_NE(refusal(R"({"user":1})").find("is no text"), std::string::npos);
  EXPECT_NE(refusal(R"({"user":{"a":"b"}})").find("is no text"), std::string::npos);
  EXPECT_NE(refusal(R"({"user":"a"} x)").find("something follows"), std::string::npos);
  EXPECT_NE(refusal(R"({"user":"a\u001b[31m"})").find("control characters"), std::string::npos);
  EXPECT_NE(refusal("{\"user\":\"\xc2\x9b\"}").find("control characters"), std::string::npos) << "CSI in one byte";
  EXPECT_NE(refusal("{\"user\":\"\xff\"}").find("no UTF-8"), std::string::npos);
  EXPECT_NE(refusal("{\"user\":\"" + std::string(1025, 'a') + "\"}").find("1025 bytes"), std::string::npos);
  EXPECT_NE(refusal(std::string(JsonBody::kBytesMax + 1, ' ')).find("at most 16384"), std::string::npos);
}

TEST(JsonBody, RubbishIsNotAnObject) {
  for (const std::string_view body : {"", "null", "[]", "\"user\"", "{", "{\"user\"", "{\"user\":", "{\"user\":\"a\"",
                                      "{\"user\":\"a\",}", "{,}", "{\"user\" \"a\"}", "{user:\"a\"}", "{\"user\":tru}"})
    EXPECT_NE(refusal(body).find("is not a JSON object"), std::string::npos) << body;
}

}  // namespace
}  // namespace wattring::http
