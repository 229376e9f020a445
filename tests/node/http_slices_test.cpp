// SPDX-License-Identifier: Apache-2.0
#include "node/http/slices.hpp"

#include <gtest/gtest.h>

#include <string>

namespace wattring::http {
namespace {

TEST(Slices, LinesAreNeverCut) {
  std::string_view body = "aaaa\nbb\ncccccccccccc\ne";
  EXPECT_EQ(take_lines(body, 7), "aaaa\nbb\n");
  EXPECT_EQ(take_lines(body, 7), "cccccccccccc\n") << "a line longer than a slice goes whole";
  EXPECT_EQ(take_lines(body, 7), "e");
  EXPECT_EQ(take_lines(body, 7), "");
}

TEST(Slices, ABodyOfOneEndlessLineIsOneSlice) {
  std::string_view body = "aaaaaaaaaa";
  EXPECT_EQ(take_lines(body, 3), "aaaaaaaaaa");
  EXPECT_TRUE(body.empty());
}

TEST(Slices, ObjectsThatSpanLinesAreNeverCut) {
  const std::string object = "{\n \"a\":\n{},\n \"b\":1\n}";
  const std::string text = object + "\r\n\n" + object + "\n" + object;
  std::string_view body = text;
  EXPECT_EQ(take_objects(body, object.size() + 4), object + "\r\n\n");
  EXPECT_EQ(take_objects(body, 3), object + "\n");
  EXPECT_EQ(take_objects(body, 3), object);
  EXPECT_TRUE(body.empty());
}

TEST(Slices, TelegramsAreNeverCut) {
  const std::string telegram = "/ISK5\\2M550T-1012\r\n\r\n1-0:1.8.1(000001.000*kWh)\r\n!ABCD\r\n";
  const std::string text = telegram + telegram + telegram;
  std::string_view body = text;
  EXPECT_EQ(take_telegrams(body, telegram.size() * 2), telegram + telegram);
  EXPECT_EQ(take_telegrams(body, 10), telegram);
  EXPECT_TRUE(body.empty());
  body = text;
  EXPECT_EQ(take_telegrams(body, 1), telegram) << "a telegram longer than a slice goes whole";
}

}  // namespace
}  // namespace wattring::http
