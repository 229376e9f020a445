// SPDX-License-Identifier: Apache-2.0
#include "base/json_writer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace wattring {
namespace {

std::string written(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(JsonWriter, PlacesCommasBetweenMembersAndElementsOnly) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("a").integer(-1).array("b").begin_object().end_object().string("x").null().end_array();
  json.object("c").key("d").boolean(true).end_object().key("e").count(18446744073709551615U).end_object();
  EXPECT_EQ(out, R"({"a":-1,"b":[{},"x",null],"c":{"d":true},"e":18446744073709551615})");
}

TEST(JsonWriter, EscapesQuotesBackslashesAndControlCharacters) {
  EXPECT_EQ(written("a\"b\\c\n\r\t\x01\x1f\x7f"), R"("a\"b\\c\n\r\t\u0001\u001f\u007f")");
  EXPECT_EQ(written(std::string_view("\0", 1)), R"("\u0000")");
}

TEST(JsonWriter, KeepsWellFormedUtf8) {
  const std::string text = "Zähler \u20ac \U0001F50C";
  EXPECT_EQ(nlohmann::json::parse(written(text)).get<std::string>(), text);
}

TEST(JsonWriter, ReplacesBytesThatAreNotUtf8) {
  const std::string mark = "\xef\xbf\xbd";
  EXPECT_EQ(written("\xff"), "\"" + mark + "\"");
  EXPECT_EQ(written("a\xc3"), "\"a" + mark + "\"") << "cut off";
  EXPECT_EQ(written("\xc0\xaf"), "\"" + mark + mark + "\"") << "overlong";
  EXPECT_EQ(written("\xed\xa0\x80"), "\"" + mark + mark + mark + "\"") << "surrogate";
  EXPECT_EQ(written("\xf4\x90\x80\x80"), "\"" + mark + mark + mark + mark + "\"") << "above U+10FFFF";
}

TEST(JsonWriter, WritesDoublesThatReadBackAndNullForTheRest) {
  std::string out;
  JsonWriter json(out);
  json.begin_array()
      .number(0.0064)
      .number(1e300)
      .number(0)
      .number(std::nan(""))
      .number(std::numeric_limits<double>::infinity());
  json.end_array();
  const auto parsed = nlohmann::json::parse(out);
  EXPECT_EQ(parsed[0].get<double>(), 0.0064);
  EXPECT_EQ(parsed[1].get<double>(), 1e300);
  EXPECT_EQ(parsed[2].get<double>(), 0);
  EXPECT_TRUE(parsed[3].is_null());
  EXPECT_TRUE(parsed[4].is_null());
}

}  // namespace
}  // namespace wattring
