// SPDX-License-Identifier: Apache-2.0
#include "persistence/recovery.hpp"

#include <gtest/gtest.h>

#include <array>

#include "persistence/format.hpp"
#include "persistence/keys.hpp"
#include "persistence/memory_journal.hpp"
#include "persistence/verify.hpp"
#include "tests/persistence/sample_records.hpp"
#include "tests/support/faulty_journal.hpp"

namespace wattring::persistence {
namespace {

using test::put;
using test::put_record;
using test::Streams;
using test::writer;

// In record 1, payloads "1a" and "2a".
constexpr std::size_t kBitInSecondEntry = 16;
constexpr std::size_t kBitsOfARecord = 960;

class RecoveryTest : public ::testing::Test {
 protected:
  /// Three records: (1a 2a) (1b) (2b 3a).
  void three_records() {
    Streams own(1);
    put_record(journal_, Lsn{1}, own.add(1, "1a").add(2, "2a").finish(Lsn{1}));
    put_record(journal_, Lsn{2}, own.add(1, "1b").finish(Lsn{2}));
    put_record(journal_, Lsn{3}, own.add(2, "2b").add(3, "3a").finish(Lsn{3}));
  }
  TailReport tail(Lsn from = Lsn{0}) {
    seen_.clear();
    damages_.clear();
    const auto report = read_tail(
        **journal_.read(), from, [&](Lsn, const EntryView& entry) { seen_ += std::string(entry.payload) + " "; },
        [&](const Damage& damage) { damages_.push_back(damage); });
    EXPECT_TRUE(report) << report.error().message;
    return *report;
  }
  std::vector<std::string> verify_lines(const ValueCheck& check_value = {}, const EntryCheck& check_entry = {}) {
    std::vector<std::string> lines;
    const auto report =
        verify(**journal_.read(), check_value, check_entry, [&](std::string_view line) { lines.emplace_back(line); });
    EXPECT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->ok(), lines.empty());
    return lines;
  }
  void put_value(Table table, const std::string& key, std::string_view payload) {
    put(journal_, table, key, seal_value(payload, position_of(key)));
  }

  MemoryJournal disk_;
  test::FaultyJournal journal_{disk_};
  std::string seen_;
  std::vector<Damage> damages_;
};

TEST_F(RecoveryTest, AnEmptyJournalBeginsAtOne) {
  EXPECT_EQ(*first_lsn(**journal_.read()), Lsn{1});
  EXPECT_EQ(*next_lsn(**journal_.read()), Lsn{1});
  EXPECT_EQ(tail().records, 0U);
}

TEST_F(RecoveryTest, TheTailIsReadInOrderFromAnyLsn) {
  three_records();
  const auto report = tail();
  EXPECT_EQ(seen_, "1a 2a 1b 2b 3a ");
  EXPECT_EQ(report.records, 3U);
  EXPECT_EQ(report.entries, 5U);
  (void)tail(Lsn{2});
  EXPECT_EQ(seen_, "1b 2b 3a ");
  EXPECT_EQ(*next_lsn(**journal_.read()), Lsn{4});
}

TEST_F(RecoveryTest, ABadRecordInTheMiddleDoesNotHideTheLaterOnes) {
  three_records();
  put_record(journal_, Lsn{2}, "torn");
  const auto report = tail();
  EXPECT_EQ(seen_, "1a 2a 2b 3a ");
  EXPECT_EQ(report.bad_records, 1U);
  ASSERT_EQ(damages_.size(), 1U);
  EXPECT_EQ(damages_[0].lsn, Lsn{2});
  EXPECT_FALSE(damages_[0].entry);
}

TEST_F(RecoveryTest, ABadPayloadCostsItsEntryAndSaysWhich) {
  three_records();
  ASSERT_TRUE(journal_.flip_bit(Table::journal, 0, kBitInSecondEntry));
  const auto report = tail();
  EXPECT_EQ(seen_, "1a 1b 2b 3a ");
  EXPECT_EQ(report.bad_entries, 1U);
  ASSERT_EQ(damages_.size(), 1U);
  EXPECT_EQ(damages_[0].entry->shard, ShardId{2});
  EXPECT_EQ(damages_[0].entry->sequence, Sequence{1});
  EXPECT_TRUE(damages_[0].entry->payload.empty());
}

TEST_F(RecoveryTest, EveryFlippedBitOfAJournalCostsAtMostItsRecord) {
  for (std::size_t bit = 0; bit < kBitsOfARecord; ++bit) {
    three_records();
    ASSERT_TRUE(journal_.flip_bit(Table::journal, 1, bit));
    const auto report = tail();
    EXPECT_EQ(seen_, "1a 2a 2b 3a ") << bit;
    EXPECT_EQ(report.bad_records + report.bad_entries, 1U) << bit;
  }
}

TEST_F(RecoveryTest, ARecordThatVanishedIsCounted) {
  three_records();
  const std::string key = journal_key(Lsn{2});
  const WriteOp erase{WriteOp::Kind::erase, Table::journal, key, {}};
  ASSERT_EQ(journal_.commit({&erase, 1}).status, CommitStatus::committed);
  EXPECT_EQ(tail().missing_records, 1U);
  EXPECT_FALSE(verify_lines().empty());
}

TEST_F(RecoveryTest, TheIndexFindsEntriesByShardAndStream) {
  three_records();
  Streams other(2);
  put_record(journal_, Lsn{4}, other.add(1, "x").finish(Lsn{4}));
  JournalIndex index;
  ASSERT_TRUE(rebuild_index(**journal_.read(), index, {}));
  EXPECT_EQ(index.size(), 6U);
  const auto places = [&](ShardId shard, const WriterId& stream) {
    std::vector<JournalIndex::Place> found;
    index.visit(shard, stream, Sequence{1}, Sequence{9}, [&](const auto& place) { found.push_back(place); });
    return found;
  };
  using Places = std::vector<JournalIndex::Place>;
  EXPECT_EQ(places(ShardId{1}, writer(1)), (Places{{Lsn{1}, Sequence{1}}, {Lsn{2}, Sequence{2}}}));
  EXPECT_EQ(places(ShardId{1}, writer(2)), (Places{{Lsn{4}, Sequence{1}}}));
  EXPECT_EQ(places(ShardId{2}, writer(2)), Places{});
  EXPECT_EQ(places(ShardId{9}, writer(1)), Places{});
  index.drop_before(Lsn{3});
  EXPECT_EQ(index.size(), 3U);
  EXPECT_EQ(places(ShardId{1}, writer(1)), Places{});
}

TEST_F(RecoveryTest, VerifyFindsNothingInASoundJournal) {
  three_records();
  put_value(Table::meter, meter_key(ShardId{1}, "m"), "snapshot");
  put_value(Table::series, series_key({ShardId{1}, 1, "m", obis(1, 0, 1, 8, 0), 0}), "chunk");
  put_value(Table::meta, "identity", "x");
  EXPECT_TRUE(verify_lines().empty());
}

TEST_F(RecoveryTest, VerifyNamesWhatDoesNotHold) {
  three_records();
  const std::string key = meter_key(ShardId{1}, "m");
  put_value(Table::meter, key, "snapshot");
  ASSERT_TRUE(journal_.flip_bit(Table::meter, 0, 20));
  auto lines = verify_lines();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("table meter key 00016d: the checksum"), std::string::npos) << lines[0];

  put_value(Table::meter, key, "snapshot");
  put(journal_, Table::meter, meter_key(ShardId{2}, "m"), seal_value("snapshot", position_of(key)));
  EXPECT_EQ(verify_lines().size(), 1U) << "a value under another's key";
  put_value(Table::meter, meter_key(ShardId{2}, "m"), "snapshot");
  put_value(Table::coverage, "much too long", "x");
  EXPECT_EQ(verify_lines().size(), 1U) << "a key that is none";
}

TEST_F(RecoveryTest, VerifyAsksTheDecodersOfOthers) {
  three_records();
  put_value(Table::meter, meter_key(ShardId{1}, "m"), "bad");
  const auto lines = verify_lines(
      [](Table table, std::string_view, std::string_view payload) -> Result<void> {
        EXPECT_EQ(table, Table::meter);
        if (payload == "bad") return fail(ErrorCode::corrupt, "no snapshot");
        return {};
      },
      [](const EntryView& entry) -> Result<void> {
        if (entry.payload == "2b") return fail(ErrorCode::corrupt, "no batch");
        return {};
      });
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(lines[0].find("record 3: entry 2"), std::string::npos) << lines[0];
  EXPECT_NE(lines[1].find("no snapshot"), std::string::npos) << lines[1];
}

TEST_F(RecoveryTest, VerifyFollowsTheChains) {
  // The same sequence twice with two contents, and a second entry that does not continue the first.
  put_record(journal_, Lsn{1}, Streams(1).add(1, "a").finish(Lsn{1}));
  put_record(journal_, Lsn{2}, Streams(1).add(1, "A").finish(Lsn{2}));
  EXPECT_EQ(verify_lines().size(), 1U);
  put_record(journal_, Lsn{2}, Streams(1).add(1, "a").finish(Lsn{2}));
  EXPECT_TRUE(verify_lines().empty()) << "a repeat of the same entry is none";
  Streams forked(1);
  (void)forked.add(1, "A").finish();
  put_record(journal_, Lsn{3}, forked.add(1, "b").finish(Lsn{3}));
  EXPECT_EQ(verify_lines().size(), 1U);
}

TEST_F(RecoveryTest, AHoleInAStreamIsCountedNotBlamed) {
  put_record(journal_, Lsn{1}, Streams(1).add(1, "a").skip(1).add(1, "c").finish(Lsn{1}));
  const auto report = verify(**journal_.read(), {}, {}, [](std::string_view) {});
  EXPECT_TRUE(report->ok());
  EXPECT_EQ(report->stream_gaps, 1U);
}

TEST_F(RecoveryTest, VerifyBoundsItsOutput) {
  for (int i = 0; i < 150; ++i) put(journal_, Table::outbox, outbox_key(static_cast<std::uint64_t>(i)), "broken");
  const auto lines = verify_lines();
  ASSERT_EQ(lines.size(), 101U);
  EXPECT_EQ(lines.back(), "and 50 more findings");
}

TEST_F(RecoveryTest, StatCountsTablesShardsAndWriters) {
  EXPECT_EQ(stat(**journal_.read())->first_lsn, Lsn{0});
  three_records();
  put_record(journal_, Lsn{4}, Streams(2).add(1, "x").finish(Lsn{4}));
  put_value(Table::meter, meter_key(ShardId{1}, "m"), "1234");
  const auto out = stat(**journal_.read());
  ASSERT_TRUE(out);
  EXPECT_EQ(out->first_lsn, Lsn{1});
  EXPECT_EQ(out->last_lsn, Lsn{4});
  EXPECT_EQ(out->entries, 6U);
  EXPECT_EQ(out->shards, 3U);
  EXPECT_EQ(out->writers, 2U);
  EXPECT_EQ(out->tables[static_cast<std::size_t>(Table::journal)].values, 4U);
  EXPECT_EQ(out->tables[static_cast<std::size_t>(Table::meter)].key_bytes, 3U);
  EXPECT_EQ(out->tables[static_cast<std::size_t>(Table::meter)].value_bytes, 4U + kEnvelopeBytes);
}

TEST_F(RecoveryTest, DumpPrintsRecordsEntriesAndDamage) {
  three_records();
  ASSERT_TRUE(journal_.flip_bit(Table::journal, 0, kBitInSecondEntry));
  put_record(journal_, Lsn{2}, "torn");
  std::vector<std::string> lines;
  const auto print = [](const EntryView& entry) { return "<" + std::string(entry.payload) + ">"; };
  const auto sink = [&](std::string_view line) { lines.emplace_back(line); };
  ASSERT_TRUE(dump(**journal_.read(), {}, print, sink));
  ASSERT_EQ(lines.size(), 7U);
  EXPECT_TRUE(lines[0].starts_with("record 1 entries 2 bytes ")) << lines[0];
  EXPECT_TRUE(lines[1].ends_with("bytes 2 <1a>")) << lines[1];
  EXPECT_NE(lines[2].find("DAMAGED"), std::string::npos) << lines[2];
  EXPECT_TRUE(lines[3].starts_with("record 2 DAMAGED")) << lines[3];
  lines.clear();
  DumpOptions only;
  only.shard = ShardId{3};
  only.from = Lsn{3};
  ASSERT_TRUE(dump(**journal_.read(), only, {}, sink));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(lines[1].find("shard 3 writer 0101"), std::string::npos) << lines[1];
  lines.clear();
  only = DumpOptions{};
  only.records_max = 1;
  ASSERT_TRUE(dump(**journal_.read(), only, {}, sink));
  EXPECT_EQ(lines.size(), 3U);
}

TEST(FaultyJournal, ALyingDiskForgetsWhatItAcknowledged) {
  MemoryJournal disk;
  test::FaultyJournal journal(disk);
  ASSERT_EQ(put(journal, Table::meta, "a", "1").status, CommitStatus::committed);
  journal.set_lying(true);
  ASSERT_EQ(put(journal, Table::meta, "b", "2").status, CommitStatus::committed);
  journal.crash();
  EXPECT_TRUE((*disk.read())->get(Table::meta, "a"));
  EXPECT_FALSE((*disk.read())->get(Table::meta, "b"));
  journal.set_lying(false);
  ASSERT_EQ(put(journal, Table::meta, "c", "3").status, CommitStatus::committed);
  journal.crash();
  EXPECT_TRUE((*disk.read())->get(Table::meta, "c"));
}

TEST(FaultyJournal, AnUnknownCommitIsThereOrNotAndLatchesUntilTheCrash) {
  for (const bool there : {true, false}) {
    MemoryJournal disk;
    test::FaultyJournal journal(disk);
    journal.fail_commit(1,
                        there ? test::FaultyJournal::Fault::unknown_there : test::FaultyJournal::Fault::unknown_lost);
    EXPECT_EQ(put(journal, Table::meta, "a", "1").status, CommitStatus::unknown);
    EXPECT_EQ(put(journal, Table::meta, "b", "1").status, CommitStatus::unknown);
    journal.crash();
    EXPECT_EQ((*disk.read())->get(Table::meta, "a").has_value(), there);
    EXPECT_FALSE((*disk.read())->get(Table::meta, "b"));
    EXPECT_EQ(put(journal, Table::meta, "c", "1").status, CommitStatus::committed);
  }
}

}  // namespace
}  // namespace wattring::persistence
