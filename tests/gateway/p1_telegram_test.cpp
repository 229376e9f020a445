// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/p1_telegram.hpp"

#include <gtest/gtest.h>

#include "tests/gateway/p1_support.hpp"

namespace wattring::gateway {
namespace {

/// The frame as P1Framer gives it: up to the last digit of the checksum.
std::string frame(std::initializer_list<std::string_view> lines) {
  std::string text = with_checksum(lines);
  text.resize(text.size() - 2);
  return text;
}
std::string without_checksum(std::initializer_list<std::string_view> lines) {
  std::string text = frame(lines);
  text.resize(text.size() - 4);
  return text;
}

TEST(Crc16Arc, HasTheWellKnownCheckValue) {
  EXPECT_EQ(crc16_arc("123456789"), 0xBB3D);
}

TEST(P1Code, IsAnObisCodeWithOrWithoutTheLastGroup) {
  EXPECT_EQ(parse_p1_code("1-0:1.8.1"), obis(1, 0, 1, 8, 1));
  EXPECT_EQ(parse_p1_code("1-0:1.8.0*255"), obis(1, 0, 1, 8, 0));
  EXPECT_EQ(parse_p1_code("1-0:21.7.0.255"), obis(1, 0, 21, 7, 0));
  for (const std::string_view text : {"", "1.8.0", "1-0:1.8", "1-0:1.8.", "1-0:1.8.256", "1-0:1.8.0001", "1-0:1.8.0*",
                                      "1-0:1.8.0*255x", "-1-0:1.8.0", "1 0:1.8.0", "C.1.0"})
    EXPECT_FALSE(parse_p1_code(text)) << text;
}

TEST(P1Telegram, ChecksumMayBeLowerCaseOrUnpadded) {
  P1Telegram telegram;
  std::string text = "/T\r\n1-0:1.8.0(0*Wh)\r\n!";
  int unpadded = 0;
  for (int i = 0; unpadded == 0; ++i) {  // find a telegram whose checksum begins with a zero
    text = fmt::format("/T{}\r\n1-0:1.8.0(1*Wh)\r\n!", i);
    if (crc16_arc(text) < 0x1000) ++unpadded;
  }
  EXPECT_FALSE(parse_p1_telegram(text + fmt::format("{:x}", crc16_arc(text)), telegram));
  EXPECT_FALSE(parse_p1_telegram(text + fmt::format("{:04X}", crc16_arc(text)), telegram));
  EXPECT_TRUE(telegram.has_checksum);
}

TEST(P1Telegram, AWrongChecksumIsNamedWithTheRightOne) {
  P1Telegram telegram;
  std::string text = frame({"1-0:1.8.1(000001.000*kWh)"});
  const std::string right = text.substr(text.size() - 4);
  text[30] ^= 1;
  const auto fault = parse_p1_telegram(text, telegram);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->reason, Reason::bad_crc);
  EXPECT_EQ(fault->got, right);
  EXPECT_EQ(fault->limit.size(), 4U);
  EXPECT_NE(fault->limit, right);
}

TEST(P1Telegram, ChecksumHoldsAfterARelayTurnedCrlfIntoLf) {
  P1Telegram telegram;
  std::string text = frame({"1-0:1.8.1(000001.000*kWh)", "1-0:1.8.2(000002.000*kWh)"});
  EXPECT_FALSE(parse_p1_telegram(text, telegram));
  EXPECT_FALSE(telegram.line_ends_restored);
  std::erase(text, '\r');
  EXPECT_FALSE(parse_p1_telegram(text, telegram));
  EXPECT_TRUE(telegram.line_ends_restored);
  EXPECT_EQ(telegram.lines.size(), 2U);
}

TEST(P1Telegram, OldTelegramsHaveNoChecksum) {
  P1Telegram telegram;
  EXPECT_FALSE(parse_p1_telegram(without_checksum({"1-0:1.8.1(00001.001*kWh)"}), telegram));
  EXPECT_FALSE(telegram.has_checksum);
}

TEST(P1Telegram, ATelegramThatSendsItsVersionOrTimeMustHaveAChecksum) {
  P1Telegram telegram;
  for (const std::string_view version : {"1-3:0.2.8(50)", "0-0:96.1.4(50217)", "0-0:1.0.0(200512135409S)"}) {
    const auto fault = parse_p1_telegram(without_checksum({version, "1-0:1.8.1(00001.001*kWh)"}), telegram);
    ASSERT_TRUE(fault) << version;
    EXPECT_EQ(fault->reason, Reason::bad_crc);
  }
}

TEST(P1Telegram, ALineMayHaveSeveralGroupsAndGoOnInTheNextLine) {
  P1Telegram telegram;
  const std::string text = without_checksum({"0-1:24.3.0(161107190000)(00)(60)(1)(0-1:24.2.1)(m3)", "(00001.001)"});
  ASSERT_FALSE(parse_p1_telegram(text, telegram));
  ASSERT_EQ(telegram.lines.size(), 1U);
  const auto groups = telegram.groups(telegram.lines[0]);
  ASSERT_EQ(groups.size(), 7U);
  EXPECT_EQ(groups[0], "161107190000");
  EXPECT_EQ(groups[4], "0-1:24.2.1");
  EXPECT_EQ(groups[6], "00001.001");
}

TEST(P1Telegram, EmptyValuesAreGroups) {
  P1Telegram telegram;
  const std::string text = frame({"0-0:96.13.0()"});
  ASSERT_FALSE(parse_p1_telegram(text, telegram));
  ASSERT_EQ(telegram.lines.size(), 1U);
  ASSERT_EQ(telegram.lines[0].group_count, 1U);
  EXPECT_EQ(telegram.groups(telegram.lines[0])[0], "");
}

TEST(P1Telegram, ABrokenLineIsLeftOutWhenTheChecksumHolds) {
  P1Telegram telegram;
  ASSERT_FALSE(parse_p1_telegram(
      frame({"1-0:1.8.1(1*Wh)", "1-0:1.8.2(2*Wh", "garbage", "1-0:2.8.1(3*Wh)x", "1-0:2.8.2((4*Wh)", "1-0:1.7.0(5*W)"}),
      telegram));
  EXPECT_EQ(telegram.broken_lines, 4U);
  EXPECT_EQ(telegram.lines.size(), 2U);
}

TEST(P1Telegram, ABrokenLineWithoutAChecksumSpoilsTheTelegram) {
  P1Telegram telegram;
  const auto fault = parse_p1_telegram(without_checksum({"1-0:1.8.1(1*Wh)", "1-0:1.8.2(2*Wh"}), telegram);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->reason, Reason::syntax);
  EXPECT_EQ(fault->got, "1-0:1.8.2(2*Wh");
}

TEST(P1Telegram, HalvesOfTwoTelegramsAreFoundByACodeThatStandsTwice) {
  P1Telegram telegram;
  for (const std::string& text : {frame({"1-0:1.8.1(1*Wh)", "1-0:1.7.0(5*W)", "1-0:1.8.1(2*Wh)"}),
                                  without_checksum({"1-0:1.8.1(1*Wh)", "1-0:1.8.1*255(1*Wh)"})}) {
    const auto fault = parse_p1_telegram(text, telegram);
    ASSERT_TRUE(fault);
    EXPECT_EQ(fault->reason, Reason::bad_frame);
    EXPECT_EQ(fault->got, "1-0:1.8.1");
  }
}

TEST(P1Telegram, CodesOfAnotherFormAreKeptRaw) {
  P1Telegram telegram;
  const std::string text = frame({"C.1.0(123)", "C.1.0(456)", "1-0:1.8.1(1*Wh)"});
  ASSERT_FALSE(parse_p1_telegram(text, telegram));
  ASSERT_EQ(telegram.lines.size(), 3U);
  EXPECT_FALSE(telegram.lines[0].reg);
  EXPECT_EQ(telegram.lines[0].code, "C.1.0");
}

TEST(P1Telegram, WhatIsNoFrameIsRefused) {
  P1Telegram telegram;
  for (const std::string_view text : {"", "/", "!", "abc", "/abc\r\n", "x/a!"})
    EXPECT_TRUE(parse_p1_telegram(text, telegram)) << text;
}

}  // namespace
}  // namespace wattring::gateway
