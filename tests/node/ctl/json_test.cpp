// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/json.hpp"

#include <gtest/gtest.h>

namespace wattring::ctl {
namespace {

TEST(Json, KeepsOrderAndKindsOfWhatItRead) {
  const std::string text =
      R"({"z":1,"a":[true,null,-3,2.5,"x\"\n"],"big":9223372036854775807,"more":18446744073709551615,"e":{},"f":[]})";
  const auto json = parse_json(text);
  ASSERT_TRUE(json);
  EXPECT_EQ(
      json->compact(),
      R"({"z":1,"a":[true,null,-3,2.5,"x\"\n"],"big":9223372036854775807,"more":1.8446744073709552e+19,"e":{},"f":[]})");
  EXPECT_EQ((*json)["a"].items()[2].integer(), -3);
  EXPECT_EQ((*json)["a"].items()[3].number(), 2.5);
  EXPECT_EQ((*json)["big"].integer(), INT64_MAX);
}

TEST(Json, WhatIsNotThereIsNullAndOfNoKind) {
  const auto json = parse_json(R"({"a":"text"})");
  ASSERT_TRUE(json);
  EXPECT_TRUE((*json)["b"]["c"].is_null());
  EXPECT_EQ((*json)["a"].integer(7), 7);
  EXPECT_EQ((*json)["a"]["x"].string(), "");
  EXPECT_TRUE((*json)["a"].items().empty());
}

TEST(Json, IsIndentedByTwo) {
  Json json;
  json.set("a", Json::Array{}).set("b", Json().push(1).push("x"));
  EXPECT_EQ(json.pretty(), "{\n  \"a\": [],\n  \"b\": [\n    1,\n    \"x\"\n  ]\n}");
}

TEST(Json, WhatIsBrokenOrTooDeepIsRefused) {
  for (const std::string& text : {std::string(""), std::string("{"), std::string("{\"a\":}"), std::string("[1,]"),
                                  std::string("<html>"), std::string("1 2"), std::string("\"\xff\""),
                                  std::string(100, '[') + std::string(100, ']'), std::string(1U << 20U, '[')}) {
    EXPECT_FALSE(parse_json(text)) << text.substr(0, 20);
  }
  EXPECT_TRUE(parse_json(std::string(60, '[') + std::string(60, ']')));
}

}  // namespace
}  // namespace wattring::ctl
