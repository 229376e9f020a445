// SPDX-License-Identifier: Apache-2.0
#include "node/backup/shard_file.hpp"

#include <gtest/gtest.h>

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "tests/backup/sample_backup.hpp"

namespace wattring::backup {
namespace {

TEST(ShardFile, GivesBackWhatWasWritten) {
  Sample sample;
  const auto read = read_all(sample.file());
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->head, sample.head);
  EXPECT_EQ(read->parts, sample.parts);
  EXPECT_EQ(read->end, sample.end);
  EXPECT_EQ(read->end.tally.readings, 10U);
}

TEST(ShardFile, OfAnEmptyShardHasNoParts) {
  Sample sample;
  sample.parts.clear();
  const auto read = read_all(sample.file());
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_TRUE(read->parts.empty());
}

TEST(ShardFile, CutOffAnywhereIsNoFile) {
  Sample sample;
  const std::string whole = sample.file();
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(read_all(std::string_view(whole).substr(0, size))) << "cut at " << size;
}

TEST(ShardFile, WithAnyBitFlippedIsRefused) {
  Sample sample;
  const std::string whole = sample.file();
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string bytes = whole;
    bytes[bit / 8] = static_cast<char>(static_cast<unsigned char>(bytes[bit / 8]) ^ (1U << (bit % 8)));
    EXPECT_FALSE(read_all(bytes)) << "bit " << bit;
  }
}

TEST(ShardFile, WithSomethingBehindItsEndIsRefused) {
  Sample sample;
  EXPECT_FALSE(read_all(sample.file() + "x"));
}

TEST(ShardFile, NeverAllocatesWhatALengthClaims) {
  Sample sample;
  std::string bytes = ShardFileWriter(sample.head).begin();
  ByteWriter out(bytes);
  out.u8(2);
  out.u32_be(0xFFFF'FFFF);
  const auto absurd = read_all(bytes);
  ASSERT_FALSE(absurd);
  EXPECT_EQ(absurd.error().message, "frame 1 claims a length that no frame has");
  // One that a frame may have, of which nothing is there.
  bytes.resize(bytes.size() - 4);
  out.u32_be(kFrameBytesMax);
  std::size_t largest = 0;
  std::string_view rest = bytes;
  ShardFileReader reader([&](char* into, std::size_t size) {
    largest = std::max(largest, size);
    const std::size_t n = std::min(size, rest.size());
    std::memcpy(into, rest.data(), n);
    rest.remove_prefix(n);
    return n;
  });
  ASSERT_TRUE(reader.head());
  EXPECT_FALSE(reader.part());
  EXPECT_LE(largest, std::size_t{64} << 10U);
}

TEST(ShardFile, HoldsNoFrameOfAnotherShardOrBackupOrPlace) {
  Sample mine;
  const std::string whole = mine.file();
  Sample other;
  other.head.shard = ShardId{13};
  const std::string head_of_other = ShardFileWriter(other.head).begin();
  EXPECT_FALSE(read_all(head_of_other + whole.substr(head_of_other.size())));
  Sample turned;
  std::swap(turned.parts[0], turned.parts[1]);
  const std::string swapped = turned.file();
  // The same frames in another order: the places do not fit.
  ShardFileWriter writer(mine.head);
  const std::string begin = writer.begin();
  const std::string first = writer.part(mine.parts[0]);
  const std::string second = writer.part(mine.parts[1]);
  EXPECT_FALSE(read_all(begin + second + first + whole.substr((begin + first + second).size())));
  EXPECT_TRUE(read_all(swapped));
}

TEST(ShardFile, OfANewerReleaseSaysSo) {
  Sample sample;
  std::string bytes = ShardFileWriter(sample.head).begin();
  constexpr std::size_t kVersionAt = 8 + 5;
  bytes[kVersionAt] = 2;
  bytes.resize(bytes.size() - 8);
  const std::uint64_t checksum = hash64(std::string_view(bytes).substr(8));
  ByteWriter(bytes).u64_be(checksum);
  EXPECT_EQ(read_all(bytes).error().code, ErrorCode::newer_format);
}

}  // namespace
}  // namespace wattring::backup
