// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace wattring {
namespace {

using namespace std::string_literals;

TEST(ByteWriter, PutsTheHighestByteFirstSoThatByteOrderIsSortOrder) {
  std::string out;
  ByteWriter writer(out);
  writer.u8(0x01);
  writer.u16_be(0x0203);
  writer.u32_be(0x04050607);
  writer.u64_be(0x08090a0b0c0d0e0f);
  EXPECT_EQ(out, "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"s);
  EXPECT_EQ(writer.size(), 15U);
}

TEST(ByteWriter, AppendsToWhatIsThere) {
  std::string out = "head";
  ByteWriter(out).bytes("tail");
  EXPECT_EQ(out, "headtail");
}

TEST(ByteWriter, VarintsTakeSevenBitsAByte) {
  const auto encoded = [](std::uint64_t value) {
    std::string out;
    ByteWriter(out).varint(value);
    return out;
  };
  EXPECT_EQ(encoded(0), "\x00"s);
  EXPECT_EQ(encoded(127), "\x7f"s);
  EXPECT_EQ(encoded(128), "\x80\x01"s);
  EXPECT_EQ(encoded(300), "\xac\x02"s);
  EXPECT_EQ(encoded(std::numeric_limits<std::uint64_t>::max()), "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s);
}

TEST(ByteWriter, ZigzagKeepsSmallMagnitudesSmall) {
  const auto encoded = [](std::int64_t value) {
    std::string out;
    ByteWriter(out).zigzag(value);
    return out;
  };
  EXPECT_EQ(encoded(0), "\x00"s);
  EXPECT_EQ(encoded(-1), "\x01"s);
  EXPECT_EQ(encoded(1), "\x02"s);
  EXPECT_EQ(encoded(-64), "\x7f"s);
  EXPECT_EQ(encoded(64), "\x80\x01"s);
  EXPECT_EQ(encoded(std::numeric_limits<std::int64_t>::min()).size(), 10U);
}

TEST(ByteReader, ReadsInTurnAndEndsClean) {
  const std::string bytes = "\x01\x02\x03\x04\x05\x06\x07\x03"s + "abc" + "xy";
  ByteReader reader(bytes);
  EXPECT_EQ(reader.u8(), 0x01);
  EXPECT_EQ(reader.u16_be(), 0x0203);
  EXPECT_EQ(reader.u32_be(), 0x04050607U);
  EXPECT_EQ(reader.sized_bytes(), "abc");
  EXPECT_FALSE(reader.at_end());
  EXPECT_EQ(reader.remaining(), 2U);
  EXPECT_EQ(reader.rest(), "xy");
  EXPECT_EQ(reader.bytes(2), "xy");
  EXPECT_TRUE(reader.at_end());
  EXPECT_TRUE(reader.ok());
}

TEST(ByteReader, AReadPastTheEndSticks) {
  ByteReader reader("\x01\x02\x03");
  EXPECT_EQ(reader.u32_be(), 0U);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0) << "nothing more is given, not even the bytes that are there";
  EXPECT_EQ(reader.bytes(0), "");
  EXPECT_FALSE(reader.ok());
  EXPECT_FALSE(reader.at_end()) << "a failed reader never looks finished";
}

TEST(ByteReader, NeverBelievesALength) {
  std::string bytes;
  ByteWriter(bytes).varint(std::numeric_limits<std::uint64_t>::max());
  bytes += "abc";
  ByteReader reader(bytes);
  EXPECT_EQ(reader.sized_bytes(), "");
  EXPECT_FALSE(reader.ok());
}

TEST(ByteReader, RefusesVarintsThatEndTooSoonOrSayTooMuch) {
  ByteReader cut("\x80\x80");
  EXPECT_EQ(cut.varint(), 0U);
  EXPECT_FALSE(cut.ok());

  ByteReader empty("");
  EXPECT_EQ(empty.varint(), 0U);
  EXPECT_FALSE(empty.ok());

  ByteReader seventy_bits("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02");
  EXPECT_EQ(seventy_bits.varint(), 0U);
  EXPECT_FALSE(seventy_bits.ok());

  ByteReader eleven_bytes("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01");
  EXPECT_EQ(eleven_bytes.varint(), 0U);
  EXPECT_FALSE(eleven_bytes.ok());
}

TEST(ByteReader, ReadsTheExtremesOfZigzag) {
  for (const std::int64_t value : {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(),
                                   std::int64_t{-1}, std::int64_t{0}}) {
    std::string bytes;
    ByteWriter(bytes).zigzag(value);
    ByteReader reader(bytes);
    EXPECT_EQ(reader.zigzag(), value);
    EXPECT_TRUE(reader.at_end());
  }
}

}  // namespace
}  // namespace wattring
