// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <vector>

#include "persistence/format.hpp"
#include "persistence/record.hpp"
#include "tests/persistence/sample_records.hpp"

namespace wattring::persistence {
namespace {

struct Made {
  std::uint16_t shard;
  std::uint8_t writer;
  std::uint64_t sequence;
  std::uint8_t format;
  std::string payload;
};

std::vector<Made> any_entries() {
  const auto count = *rc::gen::inRange(1, 30);
  std::vector<Made> out;
  out.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i)
    out.push_back({*rc::gen::arbitrary<std::uint16_t>(), *rc::gen::inRange<std::uint8_t>(0, 4),
                   *rc::gen::inRange<std::uint64_t>(1, ~std::uint64_t{0}), *rc::gen::arbitrary<std::uint8_t>(),
                   *rc::gen::arbitrary<std::string>()});
  return out;
}

std::string record_of(const std::vector<Made>& entries, Lsn lsn) {
  RecordBuilder builder(test::writer(0));
  for (const Made& made : entries) {
    builder.set_writer(test::writer(made.writer));
    builder.begin_entry(ShardId{made.shard}, Sequence{made.sequence}, made.format, made.sequence * 3)
        .append(made.payload);
    builder.end_entry();
  }
  std::string record = builder.finish();
  RC_ASSERT(seal_record(record, lsn).has_value());
  return record;
}

bool same(const Made& made, const EntryView& entry) {
  return entry.shard == ShardId{made.shard} && entry.writer == test::writer(made.writer) &&
         entry.sequence == Sequence{made.sequence} && entry.format == made.format && entry.payload == made.payload &&
         entry.chain == chain_of(made.sequence * 3, entry);
}

TEST(RecordProperty, EveryPackComesBackAsItWasBuilt) {
  EXPECT_TRUE(rc::check([] {
    const auto entries = any_entries();
    const Lsn lsn{*rc::gen::arbitrary<std::uint64_t>()};
    const std::string record = record_of(entries, lsn);
    auto reader = RecordReader::open(record, lsn);
    RC_ASSERT(reader.has_value());
    RC_ASSERT(reader->entry_count() == entries.size());
    EntryView entry;
    for (const Made& made : entries) {
      RC_ASSERT(reader->next(entry) == RecordReader::Step::entry);
      RC_ASSERT(same(made, entry));
    }
    RC_ASSERT(reader->next(entry) == RecordReader::Step::end);
  }));
}

TEST(RecordProperty, DamageIsNoticedOrCostsOnlyTheEntryItHit) {
  EXPECT_TRUE(rc::check([] {
    const auto entries = any_entries();
    const std::string whole = record_of(entries, Lsn{5});
    std::string damaged = whole;
    if (*rc::gen::arbitrary<bool>()) damaged.resize(*rc::gen::inRange<std::size_t>(0, whole.size() + 1));
    for (int flips = *rc::gen::inRange(0, 4); flips > 0 && !damaged.empty(); --flips) {
      const auto bit = *rc::gen::inRange<std::size_t>(0, damaged.size() * 8);
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    }
    auto reader = RecordReader::open(damaged, Lsn{5});
    if (!reader) return;
    RC_ASSERT(reader->entry_count() == entries.size());
    EntryView entry;
    for (const Made& made : entries) {
      const auto step = reader->next(entry);
      RC_ASSERT(step == RecordReader::Step::damaged || same(made, entry));
    }
  }));
}

TEST(RecordProperty, ArbitraryBytesAreNoRecordAndNoValue) {
  EXPECT_TRUE(rc::check([](const std::string& bytes, std::uint64_t place) {
    RC_ASSERT(!RecordReader::open(bytes, Lsn{place}).has_value());
    RC_ASSERT(!open_value(bytes, place).has_value());
  }));
}

TEST(RecordProperty, AValueOpensInItsOwnPlaceOnly) {
  EXPECT_TRUE(rc::check([](const std::string& payload, std::uint64_t place, std::uint64_t other) {
    const std::string sealed = seal_value(payload, place);
    RC_ASSERT(open_value(sealed, place).value() == payload);
    RC_ASSERT(open_value(sealed, other).has_value() == (place == other));
  }));
}

}  // namespace
}  // namespace wattring::persistence
