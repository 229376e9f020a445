// SPDX-License-Identifier: Apache-2.0
#include "node/app/holdings.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "base/bytes.hpp"
#include "node/app/log_reader.hpp"
#include "node/meter/transfer_format.hpp"
#include "persistence/format.hpp"
#include "persistence/keys.hpp"
#include "persistence/memory_journal.hpp"
#include "tests/node/entry_fleet.hpp"
#include "tests/support/faulty_journal.hpp"

namespace wattring::app {
namespace {

using persistence::OwnedOp;
using persistence::Table;
using persistence::WriteOp;
using sharding::Coverage;
using test::EntryFleet;

const sharding::ShardKey kKey({}, 64);

class HoldingsTest : public testing::Test {
 protected:
  void commit(const OwnedOp& op) {
    const WriteOp view{op.kind, op.table, op.key, op.value};
    ASSERT_EQ(disk_.commit({&view, 1}).status, persistence::CommitStatus::committed);
  }
  void put_row(Table table, ShardId shard, const std::string& payload) {
    const std::string key = persistence::shard_key(shard);
    commit({WriteOp::Kind::put, table, key, persistence::seal_value(payload, persistence::position_of(key))});
  }
  void append(const sharding::PackPtr& pack) {
    std::string record = *pack;
    const Lsn lsn{++lsn_};
    ASSERT_TRUE(persistence::seal_record(record, lsn));
    commit({WriteOp::Kind::append, Table::journal, persistence::journal_key(lsn), record});
  }
  RecoveredHoldings recover() { return std::move(*recover_holdings(**disk_.read(), 64)); }
  Coverage held(ShardId shard) {
    for (auto& held : recover().held)
      if (held.shard == shard) return held.coverage;
    return {};
  }

  persistence::MemoryJournal memory_;
  test::FaultyJournal disk_{memory_};
  std::uint64_t lsn_ = 0;
  Prng prng_{1};
  EntryFleet fleet_{kKey};
};

TEST_F(HoldingsTest, AnEmptyDirectoryHoldsNothing) {
  const auto found = recover();
  EXPECT_TRUE(found.held.empty());
  EXPECT_EQ(found.index.size(), 0U);
  EXPECT_FALSE(found.generation);
}

TEST_F(HoldingsTest, WhatIsSealedAndWhatTheJournalHoldsBehindTheMarkAreHeld) {
  Coverage sealed;
  sealed.add(EntryFleet::writer_of(7), Sequence{3});
  put_row(Table::coverage, ShardId{0}, sealed.encode());
  append(fleet_.random_pack(prng_));
  const Coverage first = fleet_.all(ShardId{0});
  append(fleet_.random_pack(prng_));
  Coverage expected = fleet_.all(ShardId{0});
  expected.join(sealed);
  EXPECT_EQ(held(ShardId{0}), expected);
  std::string lsn;
  ByteWriter(lsn).u64_be(1);
  put_row(Table::applied, ShardId{0}, lsn);
  EXPECT_EQ(held(ShardId{0}), expected.minus(first)) << "the first record is sealed, or was dropped";
}

TEST_F(HoldingsTest, AClaimCountsOnlyBehindAllItsParts) {
  const WriterId transfer = EntryFleet::writer_of(200);
  meter::TransferClaim claim;
  claim.parts = 2;
  claim.coverage.add(EntryFleet::writer_of(7), Sequence{1});
  const auto record = [&](std::uint64_t number, std::uint8_t format, const std::string& payload) {
    persistence::RecordBuilder builder(transfer);
    builder.begin_entry(ShardId{0}, Sequence{number}, format, 0).append(payload);
    builder.end_entry();
    append(std::make_shared<const std::string>(builder.finish()));
  };
  record(1, meter::kTransferPartFormat, "one");
  record(3, meter::kTransferClaimFormat, encode_transfer_claim(claim));
  EXPECT_EQ(held(ShardId{0}), Coverage{});
  record(2, meter::kTransferPartFormat, "two");
  EXPECT_EQ(held(ShardId{0}), Coverage{}) << "the claim came before it";
  record(3, meter::kTransferClaimFormat, encode_transfer_claim(claim));
  EXPECT_EQ(held(ShardId{0}), claim.coverage);
  EXPECT_EQ(recover().index.size(), 0U) << "parts are nobody else's business";
}

TEST_F(HoldingsTest, MarksAndGenerationComeBack) {
  commit(filled_mark(ShardId{3}, 12));
  commit(suspect_mark(ShardId{4}, true));
  commit(dropping_mark(ShardId{5}, true));
  commit(generation_row(0x1234));
  const auto found = recover();
  ASSERT_EQ(found.held.size(), 2U) << "what is being dropped is not held";
  EXPECT_EQ(found.held[0].shard, ShardId{3});
  EXPECT_EQ(found.held[0].filled_ring, 12U);
  EXPECT_TRUE(found.held[1].suspect);
  EXPECT_EQ(found.generation, 0x1234U);
  EXPECT_TRUE(read_shard_marks(**disk_.read())->at(ShardId{5}).dropping);
  commit(filled_mark(ShardId{3}, 0));
  commit(suspect_mark(ShardId{4}, false));
  EXPECT_TRUE(recover().held.empty());
}

TEST_F(HoldingsTest, ADamagedMarkClaimsLeast) {
  commit(filled_mark(ShardId{3}, 12));
  ASSERT_TRUE(disk_.flip_bit(Table::meta, 0, 20));
  EXPECT_EQ(read_shard_marks(**disk_.read())->at(ShardId{3}).filled_ring, 0U);
}

class LogReaderTest : public HoldingsTest {
 protected:
  sharding::message::Pull everything(std::uint32_t bytes_max = sharding::kPullBytesMax) {
    sharding::message::Pull pull;
    pull.bytes_max = bytes_max;
    for (std::uint16_t shard = 0; shard < EntryFleet::kShards; ++shard)
      pull.wants.push_back({ShardId{shard}, fleet_.all(ShardId{shard})});
    return pull;
  }
  static std::map<ShardId, Coverage> entries_of(const sharding::PackPtr& pack) {
    std::map<ShardId, Coverage> found;
    if (!pack) return found;
    auto reader = persistence::RecordReader::open(*pack);
    EXPECT_TRUE(reader);
    persistence::EntryView entry;
    while (reader->next(entry) == persistence::RecordReader::Step::entry) {
      EXPECT_FALSE(found[entry.shard].contains(entry.writer, entry.sequence)) << "twice";
      found[entry.shard].add(entry.writer, entry.sequence);
    }
    return found;
  }
};

TEST_F(LogReaderTest, GivesEachEntryOnceAndTheRestWhenAskedAgain) {
  for (int i = 0; i < 20; ++i) {
    const auto pack = fleet_.random_pack(prng_);
    append(pack);
    if (i % 5 == 0) append(pack);
  }
  const LogReader reader(disk_, std::move(recover().index));
  EXPECT_EQ(entries_of(reader.answer(everything())->pack).at(ShardId{0}), fleet_.all(ShardId{0}));
  auto pull = everything(2000);
  int answers = 0;
  for (; !pull.wants.empty(); ++answers) {
    const auto answer = reader.answer(pull);
    ASSERT_TRUE(answer && answer->pack);
    EXPECT_LE(answer->pack->size(), 4000U);
    EXPECT_TRUE(answer->gone.empty() && answer->unreadable.empty());
    const auto got = entries_of(answer->pack);
    std::erase_if(pull.wants, [&](auto& want) {
      if (got.contains(want.shard)) want.coverage = want.coverage.minus(got.at(want.shard));
      return want.coverage.empty();
    });
  }
  EXPECT_GT(answers, 3);
}

TEST_F(LogReaderTest, SaysOfWhichShardsSomethingIsGone) {
  LogReader reader(disk_, {});
  const auto first = fleet_.random_pack(prng_);
  append(first);
  reader.committed(Lsn{1}, *first);
  auto pull = everything();
  EXPECT_TRUE(reader.answer(pull)->gone.empty());
  pull.wants[0].coverage.add(EntryFleet::writer_of(99), Sequence{1});
  EXPECT_EQ(reader.answer(pull)->gone, std::vector{ShardId{0}});
  reader.drop_before(Lsn{2});
  const auto answer = reader.answer(everything());
  EXPECT_EQ(answer->gone.front(), ShardId{0});
  EXPECT_EQ(answer->pack, nullptr);
}

TEST_F(LogReaderTest, WhatIsTruncatedAMomentBeforeIsGone) {
  const auto pack = fleet_.random_pack(prng_);
  append(pack);
  const LogReader reader(disk_, std::move(recover().index));
  commit({WriteOp::Kind::erase, Table::journal, persistence::journal_key(Lsn{1}), {}});
  const auto answer = reader.answer(everything());
  EXPECT_EQ(answer->pack, nullptr);
  EXPECT_EQ(answer->gone.front(), ShardId{0});
}

TEST_F(LogReaderTest, ADamagedEntryIsUnreadableNotAbsentAndANewerCopyHelps) {
  const auto pack = fleet_.random_pack(prng_);
  append(pack);
  ASSERT_TRUE(disk_.flip_bit(Table::journal, 0, 8));
  {
    const LogReader reader(disk_, std::move(recover().index));
    const auto answer = reader.answer(everything());
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->gone.empty());
    EXPECT_EQ(answer->unreadable.at(ShardId{0}), fleet_.all(ShardId{0}));
  }
  append(pack);
  const LogReader reader(disk_, std::move(recover().index));
  EXPECT_TRUE(reader.answer(everything())->unreadable.empty());
  EXPECT_EQ(entries_of(reader.answer(everything())->pack).at(ShardId{0}), fleet_.all(ShardId{0}));
}

}  // namespace
}  // namespace wattring::app
