// SPDX-License-Identifier: Apache-2.0
#include "persistence/record.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "tests/persistence/hex.hpp"
#include "tests/persistence/sample_records.hpp"

namespace wattring::persistence {
namespace {

using Step = RecordReader::Step;
using test::Streams;
using test::writer;

std::vector<std::string> texts(std::string_view record, Lsn lsn = Lsn{0}) {
  std::vector<std::string> out;
  auto reader = RecordReader::open(record, lsn);
  EXPECT_TRUE(reader) << reader.error().message;
  EntryView entry;
  for (auto step = reader->next(entry); step != Step::end; step = reader->next(entry)) {
    out.push_back(
        std::to_string(entry.shard.value) + "/" + test::hex({reinterpret_cast<const char*>(&entry.writer), 1}) + "/" +
        std::to_string(entry.sequence.value) + ":" + (step == Step::damaged ? "DAMAGED" : std::string(entry.payload)));
  }
  return out;
}

// Golden bytes: a change here is a change of the format on disk and on the wire.
TEST(Record, BytesAreStable) {
  RecordBuilder builder(writer(0xaa));
  builder.begin_entry(ShardId{3}, Sequence{1}, 1, 0).append("one");
  const std::uint64_t chain = builder.end_entry();
  builder.begin_entry(ShardId{3}, Sequence{2}, 1, chain).append("");
  builder.end_entry();
  builder.set_writer(writer(0xbb));
  builder.begin_entry(ShardId{1023}, Sequence{300}, 2, 5).append("three");
  builder.end_entry();
  std::string record = builder.finish();
  ASSERT_TRUE(seal_record(record, Lsn{9}));
  EXPECT_EQ(test::hex(record),
            "6f6e65"
            "7468726565"  // payloads
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            "02"
            "0003"
            "01"
            "01"
            "03"
            "911faba7321fe1a0"
            "c312fa434516812c"
            "0003"
            "01"
            "02"
            "00"
            "2d06800538d394c2"
            "704304265245858f"
            "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
            "01"
            "03ff"
            "02"
            "ac02"
            "05"
            "c11df15eb3a3e385"
            "41851ffc9acc2cbe"
            "00000062"
            "01"
            "dd635e1334ab2941");
}

TEST(Record, AChainBindsEveryFieldOfTheEntryAndAllBeforeIt) {
  EntryView entry{ShardId{1}, writer(1), Sequence{1}, 1, 7, 0, "abc"};
  const std::uint64_t chain = chain_of(0, entry);
  EXPECT_NE(chain_of(1, entry), chain);
  auto other = entry;
  other.shard = ShardId{2};
  EXPECT_NE(chain_of(0, other), chain);
  other = entry;
  other.writer = writer(2);
  EXPECT_NE(chain_of(0, other), chain);
  other = entry;
  other.sequence = Sequence{2};
  EXPECT_NE(chain_of(0, other), chain);
  other = entry;
  other.format = 2;
  EXPECT_NE(chain_of(0, other), chain);
  other = entry;
  other.checksum = 8;
  EXPECT_NE(chain_of(0, other), chain);
  other = entry;
  other.payload = "ab";
  EXPECT_NE(chain_of(0, other), chain);
}

TEST(Record, EntriesComeBackInOrderWithTheirWriters) {
  Streams own(1);
  const std::string record = own.add(5, "a").add(6, "b").add(5, "c").finish();
  EXPECT_EQ(texts(record), (std::vector<std::string>{"5/01/1:a", "6/01/1:b", "5/01/2:c"}));
}

TEST(Record, APackOfSeveralWritersKeepsChecksumsAndChains) {
  const std::string first = Streams(1).add(5, "a").add(5, "b").finish();
  const std::string second = Streams(2).add(5, "c").finish();
  RecordBuilder builder(writer(9));
  for (const std::string_view record : {std::string_view(first), std::string_view(second), std::string_view(first)}) {
    auto reader = RecordReader::open(record);
    ASSERT_TRUE(reader);
    EntryView entry;
    while (reader->next(entry) == Step::entry) builder.add(entry);
  }
  builder.begin_entry(ShardId{7}, Sequence{1}, 1, 0).append("own");
  builder.end_entry();
  const std::string record = builder.finish();
  EXPECT_EQ(texts(record),
            (std::vector<std::string>{"5/01/1:a", "5/01/2:b", "5/02/1:c", "5/01/1:a", "5/01/2:b", "7/09/1:own"}));
  auto reader = RecordReader::open(record);
  EntryView one;
  EntryView two;
  ASSERT_EQ(reader->next(one), Step::entry);
  ASSERT_EQ(reader->next(two), Step::entry);
  EXPECT_EQ(one.chain, chain_of(0, one));
  EXPECT_EQ(two.chain, chain_of(one.chain, two));
}

TEST(Record, ReadAgainHasTheSameEntriesAtWhateverLsnItIs) {
  RecordBuilder builder(writer(0xaa));
  builder.begin_entry(ShardId{3}, Sequence{1}, 1, 0).append("one");
  builder.end_entry();
  builder.set_writer(writer(0xbb));
  builder.begin_entry(ShardId{9}, Sequence{7}, 2, 5).append("three");
  builder.end_entry();
  std::string record = builder.finish();
  ASSERT_TRUE(seal_record(record, Lsn{9}));
  auto first = RecordReader::open(record, Lsn{9});
  ASSERT_TRUE(first);
  RecordReader again = RecordReader::reopen(record);
  EntryView a;
  EntryView b;
  while (first->next(a) == Step::entry) {
    ASSERT_EQ(again.next(b), Step::entry);
    EXPECT_EQ(a.shard, b.shard);
    EXPECT_EQ(a.writer, b.writer);
    EXPECT_EQ(a.sequence, b.sequence);
    EXPECT_EQ(a.chain, b.chain);
    EXPECT_EQ(a.payload, b.payload);
  }
  EXPECT_EQ(again.next(b), Step::end);
}

TEST(Record, ARecordAtAnotherLsnIsCorrupt) {
  std::string record = Streams(1).add(5, "a").finish();
  EXPECT_TRUE(RecordReader::open(record));
  ASSERT_TRUE(seal_record(record, Lsn{12}));
  EXPECT_TRUE(RecordReader::open(record, Lsn{12}));
  EXPECT_EQ(RecordReader::open(record, Lsn{13}).error().code, ErrorCode::corrupt);
  EXPECT_EQ(RecordReader::open(record).error().code, ErrorCode::corrupt);
}

TEST(Record, AFlippedPayloadBitCostsThatEntryOnly) {
  std::string record = Streams(1).add(1, "first").add(2, "second").add(3, "third").finish();
  record[7] = static_cast<char>(record[7] ^ 4);
  EXPECT_EQ(texts(record), (std::vector<std::string>{"1/01/1:first", "2/01/1:DAMAGED", "3/01/1:third"}));
  EntryView entry;
  auto reader = RecordReader::open(record);
  ASSERT_EQ(reader->next(entry), Step::entry);
  ASSERT_EQ(reader->next(entry), Step::damaged);
  EXPECT_TRUE(entry.payload.empty());
}

TEST(Record, NoFlippedBitGivesAWrongEntry) {
  const std::string record = Streams(1).add(1, "first").add(2, "second").finish(Lsn{4});
  const auto whole = texts(record, Lsn{4});
  for (std::size_t bit = 0; bit < record.size() * 8; ++bit) {
    std::string damaged = record;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    auto reader = RecordReader::open(damaged, Lsn{4});
    if (bit / 8 >= 11) {
      EXPECT_FALSE(reader) << bit;
      continue;
    }
    ASSERT_TRUE(reader) << bit;
    const auto seen = texts(damaged, Lsn{4});
    EXPECT_EQ(seen[0] == whole[0], bit / 8 >= 5) << bit;
    EXPECT_EQ(seen[1] == whole[1], bit / 8 < 5) << bit;
  }
}

TEST(Record, NoCutOrLongerRecordIsTakenForOne) {
  const std::string record = Streams(1).add(1, "first").add(2, "second").finish();
  for (std::size_t size = 0; size < record.size(); ++size) {
    EXPECT_FALSE(RecordReader::open(std::string_view(record).substr(0, size))) << size;
    EXPECT_FALSE(RecordReader::open(std::string_view(record).substr(record.size() - size))) << size;
  }
  EXPECT_FALSE(RecordReader::open("x" + record));
  EXPECT_FALSE(RecordReader::open(record + "x"));
}

TEST(Record, ADirectoryThatLiesIsCorruptThoughItsChecksumHolds) {
  // Made by hand: one entry of 5 bytes over a payload region of 3; a run that claims more entries than there are; none.
  const auto record_of = [](std::string payloads, const std::string& directory) {
    std::string record = std::move(payloads) + directory;
    ByteWriter(record).u32_be(static_cast<std::uint32_t>(directory.size()));
    record.push_back(static_cast<char>(kRecordVersion));
    record.append(8, '\0');
    EXPECT_TRUE(seal_record(record, Lsn{0}));
    return record;
  };
  const auto directory_of = [](std::uint64_t count, std::uint64_t sequence, std::uint64_t length) {
    std::string directory(16, 'w');
    ByteWriter out(directory);
    out.varint(count);
    out.u16_be(1);
    out.u8(1);
    out.varint(sequence);
    out.varint(length);
    out.u64_be(hash64("abc"));
    out.u64_be(1);
    return directory;
  };
  EXPECT_TRUE(RecordReader::open(record_of("abc", directory_of(1, 1, 3))));
  for (const auto& directory : {directory_of(1, 1, 5), directory_of(1, 1, 2), directory_of(2, 1, 3),
                                directory_of(0, 1, 3), directory_of(1, 0, 3), directory_of(~std::uint64_t{0}, 1, 3),
                                directory_of(1, 1, ~std::uint64_t{0}), std::string(), std::string(5, 'w')})
    EXPECT_EQ(RecordReader::open(record_of("abc", directory)).error().code, ErrorCode::corrupt) << test::hex(directory);
}

TEST(Record, AnUnknownVersionIsNewerNotCorrupt) {
  std::string record = Streams(1).add(1, "first").finish();
  record[record.size() - 9] = 2;
  ASSERT_TRUE(seal_record(record, Lsn{1}));
  EXPECT_EQ(RecordReader::open(record, Lsn{1}).error().code, ErrorCode::newer_format);
}

TEST(Record, ACancelledEntryLeavesNoTrace) {
  RecordBuilder builder(writer(1));
  builder.begin_entry(ShardId{1}, Sequence{1}, 1, 0).append("kept");
  builder.end_entry();
  builder.begin_entry(ShardId{2}, Sequence{1}, 1, 0).append("dropped");
  builder.cancel_entry();
  EXPECT_EQ(builder.entry_count(), 1U);
  EXPECT_EQ(texts(builder.finish()), std::vector<std::string>{"1/01/1:kept"});
}

TEST(Record, TheBuilderKnowsTheSizeAndStartsAnewAfterFinish) {
  RecordBuilder builder(writer(1), 4096);
  for (std::uint64_t i = 1; i <= 200; ++i) {
    builder.begin_entry(ShardId{1}, Sequence{i}, 1, 0).append("payload");
    builder.end_entry();
  }
  const std::size_t bytes = builder.bytes();
  const std::string record = builder.finish();
  EXPECT_LE(record.size(), bytes);
  EXPECT_GE(record.size() + 4, bytes);
  EXPECT_EQ(builder.entry_count(), 0U);
  builder.begin_entry(ShardId{2}, Sequence{1}, 1, 0).append("next");
  builder.end_entry();
  EXPECT_EQ(texts(builder.finish()), std::vector<std::string>{"2/01/1:next"});
}

TEST(Record, HeadersAreReadWithoutLookingAtPayloads) {
  std::string record = Streams(1).add(1, "first").add(2, "second").finish();
  record[0] = 'X';
  auto reader = RecordReader::open(record);
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->entry_count(), 2U);
  EntryView entry;
  EXPECT_EQ(reader->next_header(entry), Step::entry);
  EXPECT_EQ(reader->next_header(entry), Step::entry);
  EXPECT_EQ(entry.shard, ShardId{2});
  EXPECT_EQ(reader->next_header(entry), Step::end);
}

TEST(Record, WhatIsNoRecordCannotBeSealed) {
  std::string text = "too short";
  EXPECT_EQ(seal_record(text, Lsn{1}).error().code, ErrorCode::invalid_argument);
  std::string claims = std::string(4, '\xff') + std::string(9, '\0');
  EXPECT_EQ(seal_record(claims, Lsn{1}).error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace wattring::persistence
