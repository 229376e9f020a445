// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace wattring {
namespace {

TEST(PlainText, IsUtf8ThatATerminalShowsAndDoesNotObey) {
  for (const char* good : {"", "n1", "north hall, rack 2", "Z\xc3\xa4hler", "\xc2\xa0", "\xe2\x82\xac",
                           "\xf0\x9f\x94\x8c", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_plain_text(good)) << good;
  for (const char* bad : {"\n", "a\tb", "\x1b[2J", "\x7f", "\xc2\x80",
                          "a\xc2\x9b"
                          "31m",
                          "\xc2\x9f", "\x9b", "a\xff", "\xc3", "\xe2\x82", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
                          "\xf4\x90\x80\x80"})
    EXPECT_FALSE(is_plain_text(bad)) << bad;
  EXPECT_FALSE(is_plain_text(std::string(1, '\0')));
}

TEST(PlainText, OfEveryCodePointLeavesOutTheControlsAlone) {
  for (std::uint32_t code = 0; code <= 0x10FFFF; ++code) {
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    std::string text;
    append_utf8(code, text);
    const bool control = code < 0x20 || (code >= 0x7F && code < 0xA0);
    ASSERT_EQ(is_plain_text(text), !control) << code;
  }
}

}  // namespace
}  // namespace wattring
