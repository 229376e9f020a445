// SPDX-License-Identifier: Apache-2.0
#include "base/ids.hpp"

#include <gtest/gtest.h>

#include <type_traits>

namespace wattring {
namespace {

static_assert(!std::is_convertible_v<ShardId, Sequence>, "a shard number is no sequence number");
static_assert(!std::is_convertible_v<std::uint16_t, ShardId>, "a bare number is no shard");
static_assert(!std::is_same_v<NodeId, WriterId>);

TEST(Ids, CompareByNumber) {
  EXPECT_LT(Sequence{1}, Sequence{2});
  EXPECT_EQ(ShardId{7}, ShardId{7});
  EXPECT_EQ(Lsn{}.value, 0U);
}

TEST(Ids, PrintAs32LowerCaseHexDigits) {
  const std::array<std::uint8_t, 16> bytes{0x00, 0x01, 0x0f, 0x10, 0xab, 0xcd, 0xef, 0xff};
  EXPECT_EQ(to_hex(bytes), "00010f10abcdefff0000000000000000");
}

TEST(Ids, AreReadBackInEitherCase) {
  const std::string text = "00010f10abcdefff0123456789abcdef";
  const auto lower = parse_hex128(text);
  ASSERT_TRUE(lower.has_value());
  EXPECT_EQ(to_hex(*lower), text);
  EXPECT_EQ(parse_hex128("00010F10ABCDEFFF0123456789ABCDEF").value(), *lower);
}

TEST(Ids, RefuseAnythingElse) {
  EXPECT_FALSE(parse_hex128("").has_value());
  EXPECT_FALSE(parse_hex128("00010f10abcdefff0123456789abcde").has_value());
  EXPECT_FALSE(parse_hex128("00010f10abcdefff0123456789abcdef0").has_value());
  EXPECT_FALSE(parse_hex128("00010f10abcdefff0123456789abcdeg").has_value());
  EXPECT_FALSE(parse_hex128("0x010f10abcdefff0123456789abcdef").has_value());
  EXPECT_FALSE(parse_hex128("-0010f10abcdefff0123456789abcdef").has_value());
}

}  // namespace
}  // namespace wattring
