// SPDX-License-Identifier: Apache-2.0
#include "persistence/format.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "persistence/identity.hpp"
#include "persistence/keys.hpp"
#include "tests/persistence/hex.hpp"

namespace wattring::persistence {
namespace {

using test::hex;

TEST(Format, AValueOpensAsItWasSealed) {
  for (const std::string& payload :
       {std::string(), std::string("x"), std::string(300, 'y'), std::string(500'000, 'z')}) {
    const std::string sealed = seal_value(payload, 42);
    EXPECT_EQ(sealed.size(), payload.size() + kEnvelopeBytes);
    const auto opened = open_value(sealed, 42);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(*opened, payload);
  }
}

TEST(Format, AValueInAnotherPlaceIsCorrupt) {
  EXPECT_EQ(open_value(seal_value("reading", 1), 2).error().code, ErrorCode::corrupt);
  EXPECT_EQ(open_value(seal_value("reading", position_of("a")), position_of("b")).error().code, ErrorCode::corrupt);
}

TEST(Format, EveryFlippedBitAndEveryCutIsNoticed) {
  const std::string sealed = seal_value("a value of some length", 7);
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string damaged = sealed;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(open_value(damaged, 7).error().code, ErrorCode::corrupt) << bit;
  }
  for (std::size_t size = 0; size < sealed.size(); ++size)
    EXPECT_FALSE(open_value(std::string_view(sealed).substr(0, size), 7)) << size;
}

TEST(Format, SealingInPlaceGivesTheSameBytesAfterWhatIsThere) {
  std::string out = "before";
  const std::size_t start = begin_value(out);
  out += "payload";
  end_value(out, start, 9);
  EXPECT_EQ(out, "before" + seal_value("payload", 9));
}

// Golden bytes: a change here is a change of the format on disk.
TEST(Format, BytesOfAValueAreStable) {
  EXPECT_EQ(hex(seal_value("wattring", 0)), "017761747472696e67c37e1bf01e6c316e");
  EXPECT_EQ(hex(seal_value("", 1)), "010e08a51c8536156c");
  EXPECT_EQ(position_of("identity"), 0xc1c44c6db91416a2U);
}

TEST(Keys, BytesAreStable) {
  EXPECT_EQ(hex(journal_key(Lsn{0x0102030405060708})), "0102030405060708");
  EXPECT_EQ(hex(shard_key(ShardId{1023})), "03ff");
  EXPECT_EQ(hex(meter_key(ShardId{2}, "m1")), "00026d31");
  EXPECT_EQ(hex(series_key({ShardId{2}, 19000, "m1", obis(1, 0, 1, 8, 0), 3})),
            "000280004a386d310001000108"
            "00ff00000003");
  EXPECT_EQ(hex(interval_key({ShardId{2}, -1, "m1", obis(1, 0, 2, 8, 1, 7)})), "00027fffffff6d3100010002080107");
  EXPECT_EQ(hex(text_key(ShardId{4095}, 0xfedcba9876543210)), "0ffffedcba9876543210");
  EXPECT_EQ(hex(alert_key(ShardId{1}, "id")), "00016964");
  EXPECT_EQ(hex(quarantine_key({ShardId{1}, Lsn{2}, 3})), "0001000000000000000200000003");
  EXPECT_EQ(hex(outbox_key(258)), "0000000000000102");
}

TEST(Keys, ParseGivesBackWhatWasBuilt) {
  EXPECT_EQ(*parse_journal_key(journal_key(Lsn{77})), Lsn{77});
  EXPECT_EQ(*parse_shard_key(shard_key(ShardId{99})), ShardId{99});
  const std::string meter = meter_key(ShardId{5}, "EMH-1");
  EXPECT_EQ(parse_meter_key(meter)->meter_id, "EMH-1");
  EXPECT_EQ(parse_meter_key(meter)->shard, ShardId{5});
  for (const std::int32_t day :
       {std::numeric_limits<std::int32_t>::min(), -1, 0, 1, 19000, std::numeric_limits<std::int32_t>::max()}) {
    const std::string key = series_key({ShardId{5}, day, "EMH-1", obis(1, 2, 3, 4, 5, 6), 7});
    const auto series = parse_series_key(key);
    ASSERT_TRUE(series) << series.error().message;
    EXPECT_EQ(series->shard, ShardId{5});
    EXPECT_EQ(series->day, day);
    EXPECT_EQ(series->meter_id, "EMH-1");
    EXPECT_EQ(series->reg, obis(1, 2, 3, 4, 5, 6));
    EXPECT_EQ(series->part, 7U);
    const std::string short_key = interval_key({ShardId{5}, day, "EMH-1", obis(1, 2, 3, 4, 5, 6)});
    const auto interval = parse_interval_key(short_key);
    ASSERT_TRUE(interval);
    EXPECT_EQ(interval->day, day);
    EXPECT_EQ(interval->meter_id, "EMH-1");
    EXPECT_EQ(interval->reg, obis(1, 2, 3, 4, 5, 6));
  }
  EXPECT_EQ(parse_text_key(text_key(ShardId{1}, 5))->value, 5U);
  const std::string alert = alert_key(ShardId{1}, "x");
  EXPECT_EQ(parse_alert_key(alert)->alert_id, "x");
  const QuarantineKey quarantined{ShardId{7}, Lsn{8}, 9};
  EXPECT_EQ(*parse_quarantine_key(quarantine_key(quarantined)), quarantined);
  EXPECT_EQ(*parse_outbox_key(outbox_key(9)), 9U);
}

TEST(Keys, DaysBefore1970SortFirstAndADayStandsBeforeAnyMeter) {
  const auto key = [](std::int32_t day, std::string_view meter) {
    return series_key({ShardId{1}, day, meter, obis(1, 0, 1, 8, 0), 0});
  };
  EXPECT_LT(key(-1, "z"), key(0, "a"));
  EXPECT_LT(key(0, "z"), key(1, "a"));
  EXPECT_LT(key(1, "m"), key(1, "m1"));
  std::string prefix;
  append_meter_day_prefix(prefix, ShardId{1}, 1, "m");
  EXPECT_TRUE(key(1, "m").starts_with(prefix));
  EXPECT_FALSE(key(1, "m1").starts_with(prefix));
}

TEST(Keys, BytesThatAreNoKeyAreCorrupt) {
  EXPECT_FALSE(parse_journal_key(""));
  EXPECT_FALSE(parse_journal_key(std::string(8, '\0')));
  EXPECT_FALSE(parse_journal_key(std::string(9, 'x')));
  EXPECT_FALSE(parse_shard_key("\xff\xff"));
  EXPECT_FALSE(parse_meter_key(std::string("\0\1", 2)));
  EXPECT_FALSE(parse_meter_key(std::string("\0\1", 2) + std::string(65, 'm')));
  EXPECT_FALSE(parse_meter_key(std::string("\0\1a\0b", 5)));
  EXPECT_FALSE(parse_series_key(std::string(17, '\0')));
  std::string key = series_key({ShardId{1}, 1, "m", obis(1, 0, 1, 8, 0), 0});
  key[7] = 'x';  // the separator
  EXPECT_FALSE(parse_series_key(key));
  EXPECT_FALSE(parse_text_key(std::string(11, '\0')));
  EXPECT_FALSE(parse_alert_key(std::string(2, '\0')));
  EXPECT_FALSE(parse_quarantine_key(std::string(13, '\0')));
  EXPECT_FALSE(parse_quarantine_key(std::string(14, '\x7f')));
  EXPECT_FALSE(parse_outbox_key("short"));
}

Identity sample() {
  Identity identity;
  identity.cluster.bytes.fill(0xc1);
  identity.cluster_name = "home";
  identity.shard_count = 1024;
  identity.hash_key.fill(0x5a);
  identity.node.bytes.fill(0x0e);
  identity.node_name = "n1";
  identity.copies = 3;
  identity.acks = 2;
  return identity;
}

TEST(Identity, SurvivesItsBytes) {
  const auto decoded = decode_identity(encode(sample()));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*decoded, sample());
  EXPECT_EQ(hex(encode(sample())),
            "00000001"
            "c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1"
            "04686f6d65"
            "00000400"
            "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
            "0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e"
            "026e31"
            "00000003"
            "00000002");
}

TEST(Identity, CutOrOfANewerFormatDoesNotDecode) {
  const std::string bytes = encode(sample());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_EQ(decode_identity(std::string_view(bytes).substr(0, size)).error().code, ErrorCode::corrupt) << size;
  std::string newer = bytes;
  newer[3] = 2;
  EXPECT_EQ(decode_identity(newer).error().code, ErrorCode::newer_format);
}

TEST(Identity, WhatMakesNoSenseIsNamed) {
  Identity identity = sample();
  identity.shard_count = 1000;
  EXPECT_NE(check(identity).error().message.find("shard count"), std::string::npos);
  identity = sample();
  identity.acks = 4;
  EXPECT_NE(check(identity).error().message.find("acks"), std::string::npos);
  identity = sample();
  for (const char* name : {"a\xff", "\xc2\x9b", "\x7f", ""}) {
    identity.node_name = name;
    EXPECT_NE(check(identity).error().message.find("node's name"), std::string::npos) << name;
  }
  identity.node_name = "two\nlines";
  EXPECT_NE(check(identity).error().message.find("node's name"), std::string::npos);
  EXPECT_TRUE(check(sample()));
}

TEST(Identity, TheFileNamesFormatClusterAndNode) {
  const auto file = parse_identity_file(identity_file_text(sample()));
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->format_version, kDataFormatVersion);
  EXPECT_EQ(file->cluster, sample().cluster);
  EXPECT_EQ(file->node, sample().node);
  EXPECT_EQ(parse_identity_file("format = 9\nother lines\n")->format_version, 9U);
  for (const std::string_view text : {"", "format = x\n", "format = 1\n", "format =1\n", "format = 0\n"})
    EXPECT_FALSE(parse_identity_file(text)) << text;
}

}  // namespace
}  // namespace wattring::persistence
