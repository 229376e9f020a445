// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/p1_framer.hpp"

#include <gtest/gtest.h>

namespace wattring::gateway {
namespace {

std::vector<P1Piece> cut(std::string_view stream) {
  P1Framer framer;
  std::vector<P1Piece> pieces;
  framer.feed(stream, pieces);
  framer.finish(pieces);
  return pieces;
}

TEST(P1Framer, FindsATelegramInAStreamThatStartsAnywhere) {
  P1Framer framer;
  std::vector<P1Piece> pieces;
  framer.feed("36.0(00001)\r\n!F21E\r\n/A5x\r\n\r\n1-0:1.8.0(1*Wh)\r\n!12aF\r\n", pieces);
  ASSERT_EQ(pieces.size(), 1U);
  EXPECT_FALSE(pieces[0].fault);
  EXPECT_EQ(pieces[0].number, 1U);
  EXPECT_EQ(pieces[0].bytes, "/A5x\r\n\r\n1-0:1.8.0(1*Wh)\r\n!12aF");
  EXPECT_EQ(framer.counters().telegrams, 1U);
  EXPECT_EQ(framer.counters().dropped_bytes, 16U);  // without the line ends
}

TEST(P1Framer, ATelegramIsWholeWithItsLastChecksumDigit) {
  P1Framer framer;
  std::vector<P1Piece> pieces;
  framer.feed("/A5x\r\n!12A", pieces);
  EXPECT_TRUE(pieces.empty());
  framer.feed("F", pieces);
  EXPECT_EQ(pieces.size(), 1U);
}

TEST(P1Framer, ShortAndMissingChecksumsEndAtTheLineEnd) {
  EXPECT_EQ(cut("/A5x\r\n!B9F\r\n")[0].bytes, "/A5x\r\n!B9F");
  EXPECT_EQ(cut("/A5x\r\n!\r\n")[0].bytes, "/A5x\r\n!");
  EXPECT_EQ(cut("/A5x\n!\n/A5y\n!\n").size(), 2U);
  EXPECT_EQ(cut("/A5x\r\n!B9F")[0].bytes, "/A5x\r\n!B9F");
  EXPECT_EQ(cut("/A5x\r\n!")[0].bytes, "/A5x\r\n!");
}

TEST(P1Framer, BytesAfterTheEndAreDroppedAndCounted) {
  P1Framer framer;
  std::vector<P1Piece> pieces;
  framer.feed("/A5x\r\n!\r\n  25803103\r\n\xFF\xFF\xFF\r\n/A5y\r\n!\xFF\xFF\r\n", pieces);
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_EQ(pieces[1].number, 2U);
  EXPECT_EQ(pieces[1].bytes, "/A5y\r\n!");
  EXPECT_EQ(framer.counters().dropped_bytes, 15U);
}

TEST(P1Framer, ANewTelegramInsideAnotherIsAFaultAndIsRead) {
  const auto pieces = cut("/A5x\r\n1-0:1.8.0(0/A5y\r\n!1234\r\n");
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_EQ(pieces[0].fault, P1FrameFault::interrupted);
  EXPECT_EQ(pieces[0].bytes, "/A5x\r\n1-0:1.8.0(0");
  EXPECT_FALSE(pieces[1].fault);
  EXPECT_EQ(pieces[1].number, 2U);
}

TEST(P1Framer, AnEndMarkInsideALineIsAFault) {
  const auto pieces = cut("/A5x\r\n1-0:1.8.0(00!34*Wh)\r\n!1234\r\n/A5y\r\n!\r\n");
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_EQ(pieces[0].fault, P1FrameFault::end_in_line);
  EXPECT_EQ(pieces[1].bytes, "/A5y\r\n!");
}

TEST(P1Framer, LinesAndTelegramsHaveLimits) {
  const std::string line = "0-0:96.13.0(" + std::string(4080, '3') + ")";
  EXPECT_FALSE(cut("/A5x\r\n" + line + "\r\n!\r\n")[0].fault);
  EXPECT_EQ(cut("/A5x\r\n" + line + "33333\r\n!\r\n")[0].fault, P1FrameFault::line_too_long);
  std::string body = "/A5x\r\n";
  for (int i = 0; i < 5; ++i) body += line + "\r\n";
  const auto pieces = cut(body + "!\r\n/A5y\r\n!\r\n");
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_EQ(pieces[0].fault, P1FrameFault::telegram_too_long);
  EXPECT_EQ(reason_of(*pieces[0].fault), Reason::too_large);
  EXPECT_LE(pieces[0].bytes.size(), P1Framer::kTelegramBytesMax + 1);
  EXPECT_FALSE(pieces[1].fault);
}

TEST(P1Framer, EndlessNoiseHoldsNoMemoryAndIsCounted) {
  P1Framer framer;
  std::vector<P1Piece> pieces;
  for (int i = 0; i < 100; ++i) framer.feed(std::string(1000, 'x'), pieces);
  EXPECT_TRUE(pieces.empty());
  EXPECT_EQ(framer.counters().dropped_bytes, 100'000U);
}

TEST(P1Framer, InputThatEndsInsideATelegramCutsItOff) {
  const auto pieces = cut("/A5x\r\n1-0:1.8.0(0");
  ASSERT_EQ(pieces.size(), 1U);
  EXPECT_EQ(pieces[0].fault, P1FrameFault::cut_off);
  EXPECT_EQ(reason_of(*pieces[0].fault), Reason::bad_frame);
  EXPECT_EQ(to_string(*pieces[0].fault), "cut_off");
}

TEST(P1Framer, FaultsAreCountedByName) {
  P1Framer framer;
  std::vector<P1Piece> pieces;
  framer.feed("/a/b/c\n1!\n/d", pieces);
  framer.finish(pieces);
  const auto& faults = framer.counters().faults;
  EXPECT_EQ(faults[static_cast<std::size_t>(P1FrameFault::interrupted)], 2U);
  EXPECT_EQ(faults[static_cast<std::size_t>(P1FrameFault::end_in_line)], 1U);
  EXPECT_EQ(faults[static_cast<std::size_t>(P1FrameFault::cut_off)], 1U);
  EXPECT_EQ(framer.counters().telegrams, 0U);
  EXPECT_EQ(framer.counters().dropped_bytes, 11U);
}

}  // namespace
}  // namespace wattring::gateway
