// SPDX-License-Identifier: Apache-2.0
#include "persistence/chunk_codec.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "base/prng.hpp"
#include "persistence/column_codec.hpp"
#include "tests/meter/facts.hpp"

namespace wattring::persistence {
namespace {

using test::amount;
using test::kDay0;
using test::reading;

constexpr std::size_t kMany = 1'000'000;

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char each : bytes) {
    text += kDigits[static_cast<unsigned char>(each) >> 4U];
    text += kDigits[static_cast<unsigned char>(each) & 15U];
  }
  return text;
}

/// A household: 96 quarter hours that use 20 to 200 Wh each.
SeriesChunk household_day() {
  Prng prng(7);
  std::vector<Fact> facts;
  std::int64_t value = 3'432'827;
  for (std::int64_t quarter = 0; quarter < 96; ++quarter) {
    facts.push_back(reading(kDay0 + quarter * 15 * kMsPerMinute, value));
    value += 20 + static_cast<std::int64_t>(prng.below(181));
  }
  SeriesChunk chunk;
  merge(chunk, facts);
  return chunk;
}

TEST(ChunkCodec, HoldsAHouseholdsDayInAtMost144Bytes) {
  const SeriesChunk day = household_day();
  const std::string bytes = encode_chunk(day);
  EXPECT_LE(bytes.size(), 144U) << "1.5 bytes a reading, everything included";
  EXPECT_EQ(decode_chunk(bytes, kMany).value(), day);
}

TEST(ChunkCodec, HoldsTheReceiveTimesOfAnOverwritingSourceInFewBytes) {
  SeriesChunk day = household_day();
  const std::size_t plain = encode_chunk(day).size();
  Prng prng(8);
  for (Fact& fact : day.winners) fact.revision = static_cast<std::uint64_t>(fact.start_ms) + 300 + prng.below(256);
  const std::string bytes = encode_chunk(day);
  EXPECT_LE(bytes.size(), plain + 110) << "about one byte a reading for 256 ms of jitter";
  EXPECT_EQ(decode_chunk(bytes, kMany).value(), day);
  for (Fact& fact : day.winners) fact.revision = 1'697'999'999'123;  // all of one batch
  EXPECT_LE(encode_chunk(day).size(), plain + 10);
}

TEST(ChunkCodec, HoldsQuarterHourAmountsInNoMoreThanRegisters) {
  SeriesChunk registers = household_day();
  std::vector<Fact> amounts;
  for (std::size_t i = 1; i < registers.winners.size(); ++i)
    amounts.push_back(amount(registers.winners[i - 1].start_ms, registers.winners[i].start_ms,
                             registers.winners[i].value - registers.winners[i - 1].value));
  SeriesChunk chunk;
  merge(chunk, amounts);
  const std::string bytes = encode_chunk(chunk);
  EXPECT_LE(bytes.size(), 144U);
  EXPECT_EQ(decode_chunk(bytes, kMany).value(), chunk);
}

TEST(ChunkCodec, ARegisterThatStandsStillCostsAlmostNothing) {
  std::vector<Fact> facts;
  for (std::int64_t i = 0; i < 1024; ++i) facts.push_back(reading(kDay0 + i * 10'000, 4711));
  SeriesChunk chunk;
  merge(chunk, facts);
  EXPECT_LE(encode_chunk(chunk).size(), 40U);
}

TEST(ChunkCodec, WritesTheBytesOfVersion1) {
  SeriesChunk chunk;
  Fact rounded = reading(kDay0 + 900'000, 1025);
  rounded.flags = kFlagRounded;
  Fact edited = reading(kDay0 + 1'800'000, 1050, Quality::edited);
  edited.method = 17;
  edited.revision = 2;
  merge(chunk, std::vector<Fact>{reading(kDay0, 1000), rounded, edited, reading(kDay0 + 1'800'000, 1049)});
  EXPECT_EQ(hex(encode_chunk(chunk)),
            "01030101"                // version, 3 winners, 1 loser, shape: short register
            "10010800"                // 1-0:1.8.0
            "0180c0f3caea62c0ee6d00"  // starts: differences, all of 15 minutes
            "000000"                  // lengths: 0
            "01d00f3200"              // values: 1000, then +25
            "04020020"                // revisions 0 0 2, packed in 2 bits
            "0206800484f8870100"      // attributes: second differences
            "000400"                  // the loser's winner is number 2
            "00b21000"                // its value
            "000000"                  // revision
            "000600");
}

TEST(ChunkCodec, KeepsTheExtremesOfEveryField) {
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  Fact odd = amount(kLeast, kMost, kLeast, Quality::missing);
  odd.flags = 255;
  odd.method = 255;
  odd.revision = ~std::uint64_t{0};
  Fact last = amount(kMost, kLeast, kMost, Quality::edited);
  odd.reg = last.reg = obis(255, 17, 3, 255, 0, 4);
  SeriesChunk chunk;
  merge(chunk, std::vector<Fact>{odd, last});
  EXPECT_EQ(decode_chunk(encode_chunk(chunk), kMany).value(), chunk);
}

TEST(ChunkCodec, AnEmptyChunkIsThreeBytes) {
  EXPECT_EQ(encode_chunk({}).size(), 3U);
  EXPECT_TRUE(decode_chunk(encode_chunk({}), 0).value().empty());
}

TEST(ChunkCodec, RefusesEveryCutOffAndEveryExtraByte) {
  SeriesChunk day = household_day();
  merge(day, std::vector<Fact>{reading(kDay0, 12), reading(kDay0, 13)});
  const std::string bytes = encode_chunk(day);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto decoded = decode_chunk(std::string_view(bytes).substr(0, size), kMany);
    ASSERT_FALSE(decoded.has_value()) << "cut at " << size;
    EXPECT_EQ(decoded.error().code, ErrorCode::corrupt);
  }
  EXPECT_FALSE(decode_chunk(bytes + '\0', kMany).has_value());
}

TEST(ChunkCodec, RefusesMoreFactsThanAllowed) {
  const SeriesChunk day = household_day();
  EXPECT_TRUE(decode_chunk(encode_chunk(day), 96).has_value());
  EXPECT_FALSE(decode_chunk(encode_chunk(day), 95).has_value());
}

TEST(ChunkCodec, SaysThatANewerVersionIsNewer) {
  std::string bytes = encode_chunk(household_day());
  bytes[0] = 2;
  EXPECT_EQ(decode_chunk(bytes, kMany).error().code, ErrorCode::newer_format);
  bytes[0] = 0;
  EXPECT_EQ(decode_chunk(bytes, kMany).error().code, ErrorCode::corrupt);
}

TEST(ColumnCodec, TakesTheShortestForm) {
  std::vector<std::uint64_t> steady;
  std::vector<std::uint64_t> noisy;
  Prng prng(3);
  for (std::uint64_t i = 0; i < 320; ++i) {
    steady.push_back(1000 + 7 * i);
    noisy.push_back(2300 + prng.below(16));
  }
  const ColumnPlan steady_plan = plan_column(steady);
  EXPECT_EQ(steady_plan.order, 1U);
  EXPECT_FALSE(steady_plan.packed);
  EXPECT_LE(steady_plan.bytes, 6U);
  const ColumnPlan noisy_plan = plan_column(noisy);
  EXPECT_EQ(noisy_plan.order, 0U) << "differences of noise are twice the noise";
  EXPECT_TRUE(noisy_plan.packed);
}

TEST(ColumnCodec, PlansTheSizeItWrites) {
  Prng prng(4);
  for (int round = 0; round < 500; ++round) {
    std::vector<std::uint64_t> numbers(1 + prng.below(100));
    const std::uint64_t mask = prng.below(65) == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << prng.below(64)) - 1;
    for (std::uint64_t& number : numbers) number = prng.next() & mask;
    const ColumnPlan plan = plan_column(numbers);
    std::string bytes;
    ByteWriter out(bytes);
    encode_column(out, numbers, plan);
    ASSERT_EQ(bytes.size(), plan.bytes);
    std::vector<std::uint64_t> decoded(numbers.size());
    ByteReader in(bytes);
    ASSERT_TRUE(decode_column(in, decoded));
    ASSERT_TRUE(in.at_end());
    ASSERT_EQ(decoded, numbers);
  }
}

TEST(ColumnCodec, ForcedIntoEachFormGivesTheNumbersBack) {
  Prng prng(5);
  for (const unsigned width : {1U, 7U, 31U, 56U, 57U, 63U, 64U}) {
    std::vector<std::uint64_t> numbers(75);
    for (std::uint64_t& number : numbers) number = prng.next() >> (64 - width);
    for (unsigned order = 0; order <= 2; ++order) {
      for (const bool packed : {false, true}) {
        std::string bytes;
        ByteWriter out(bytes);
        encode_column(out, numbers, {order, packed, 0});
        std::vector<std::uint64_t> decoded(numbers.size());
        ByteReader in(bytes);
        ASSERT_TRUE(decode_column(in, decoded) && in.at_end());
        ASSERT_EQ(decoded, numbers) << "width " << width << ", order " << order << ", packed " << packed;
      }
    }
  }
}

}  // namespace
}  // namespace wattring::persistence
