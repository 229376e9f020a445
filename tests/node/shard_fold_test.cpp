// SPDX-License-Identifier: Apache-2.0
#include "node/meter/shard_fold.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>

#include "base/prng.hpp"
#include "node/meter/reading_entry.hpp"
#include "node/meter/series_reader.hpp"
#include "node/meter/shard_seal.hpp"
#include "persistence/keys.hpp"
#include "persistence/memory_journal.hpp"
#include "persistence/record.hpp"
#include "persistence/recovery.hpp"

namespace wattring::meter {
namespace {

using persistence::MemoryJournal;
using persistence::Table;

const sharding::ShardKey kKey({}, 64);
constexpr ShardId kShard{0};
const Register kImport = obis(1, 0, 1, 8, 0);
const Register kPower = obis(1, 0, 1, 7, 0);

struct MeterFact {
  std::string meter;
  Fact fact;
};

/// Facts with everything that happens: repeats, conflicts, late ones, several days, revisions, intervals.
std::vector<MeterFact> random_facts(std::uint64_t seed, std::size_t count) {
  Prng prng(seed);
  std::vector<MeterFact> facts;
  for (std::size_t i = 0; i < count; ++i) {
    if (!facts.empty() && prng.chance(0.1)) {
      facts.push_back(facts[prng.below(facts.size())]);
      continue;
    }
    Fact fact;
    fact.reg = prng.chance(0.7) ? kImport : kPower;
    fact.start_ms = static_cast<std::int64_t>(prng.below(300)) * 15 * kMsPerMinute;
    fact.end_ms = fact.start_ms + (prng.chance(0.05) ? 15 * kMsPerMinute : 0);
    fact.value = static_cast<std::int64_t>(prng.below(1'000'000));
    fact.revision = prng.chance(0.1) ? prng.below(4) : 0;
    fact.quality = prng.chance(0.9) ? Quality::actual : Quality::estimated;
    fact.flags = prng.chance(0.05) ? kFlagRounded : 0;
    facts.push_back({"M" + std::to_string(prng.below(5)), fact});
  }
  return facts;
}

/// A fold with the disk under it, as a shard worker runs it.
class Harness {
 public:
  void append_and_apply(const std::vector<MeterFact>& facts) {
    const Lsn lsn{++lsn_};
    persistence::RecordBuilder builder(writer_);
    builder.begin_entry(kShard, Sequence{++sequence_}, kReadingEntryFormat, chain_).append(encode(facts));
    chain_ = builder.end_entry();
    std::string record = builder.finish();
    ASSERT_TRUE(persistence::seal_record(record, lsn));
    std::string key;
    persistence::append_journal_key(key, lsn);
    const persistence::WriteOp op{persistence::WriteOp::Kind::append, Table::journal, key, record};
    ASSERT_EQ(disk_.commit({&op, 1}).status, persistence::CommitStatus::committed);
    apply_payload(encode(facts), lsn);
    fold_->cover(writer_, Sequence{sequence_}, lsn);
  }

  /// As a worker does it: whoever is on the disk only comes back first.
  void apply_payload(const std::string& payload, Lsn lsn) {
    const auto entry = decode_entry(payload);
    ASSERT_TRUE(entry);
    std::vector<ShardFold::Wanted> wanted;
    for (const auto& run : entry->runs) wanted.push_back({run.id, kKey.hash(run.id)});
    bring_back(std::move(wanted));
    for (const auto& run : entry->runs) fold_->apply(run.id, kKey.hash(run.id), entry->facts_of(run), lsn);
  }

  void bring_back(std::vector<ShardFold::Wanted> wanted) {
    auto snapshot = disk_.read();
    std::vector<std::string> damaged;
    ASSERT_TRUE(fold_->bring_back(std::move(wanted), **snapshot, damaged));
    EXPECT_TRUE(damaged.empty());
  }

  std::size_t passivate(std::uint32_t idle_s) {
    return fold_->passivate(idle_s, [](MeterTable::MeterIndex) { return true; });
  }

  void seal(bool crash_before_finish = false) {
    if (!fold_->can_begin_seal()) return;
    fold_->begin_seal(Lsn{lsn_});
    auto snapshot = disk_.read();
    ASSERT_TRUE(snapshot);
    std::vector<std::string> damaged;
    const auto sink = [&](std::vector<persistence::OwnedOp>&& slice, bool) -> Result<void> {
      std::vector<persistence::WriteOp> ops;
      for (const auto& op : slice) ops.push_back({op.kind, op.table, op.key, op.value});
      EXPECT_EQ(disk_.commit(ops).status, persistence::CommitStatus::committed);
      return {};
    };
    ASSERT_TRUE(seal_shard(*fold_, **snapshot, sink, damaged));
    EXPECT_TRUE(damaged.empty());
    if (!crash_before_finish) fold_->finish_seal();
  }

  /// The process dies and starts again: only the disk is left.
  void restart(const ShardFold::Residency& residency = {}, std::size_t damaged_values = 0) {
    fold_ = std::make_unique<ShardFold>(kShard);
    writer_.bytes[0]++;
    sequence_ = 0;
    chain_ = 0;
    auto snapshot = disk_.read();
    ASSERT_TRUE(snapshot);
    std::vector<std::string> damaged;
    ASSERT_TRUE(fold_->recover(**snapshot, kKey, residency, damaged));
    const auto on_entry = [&](Lsn lsn, const persistence::EntryView& entry) {
      if (lsn <= fold_->sealed_up_to()) return;
      apply_payload(std::string(entry.payload), lsn);
      fold_->cover(entry.writer, entry.sequence, lsn);
    };
    ASSERT_TRUE(persistence::read_tail(**snapshot, Lsn{0}, on_entry, [](const auto&) { FAIL(); }));
    EXPECT_EQ(damaged.size(), damaged_values);
  }

  /// A bit flips in every snapshot of a meter; how many there are.
  std::size_t damage_snapshots() {
    std::vector<std::pair<std::string, std::string>> rows;
    EXPECT_TRUE((*disk_.read())->scan(Table::meter, std::string_view("\0", 1), [&](auto key, auto value) {
      rows.emplace_back(key, value);
      rows.back().second[rows.back().second.size() / 2] ^= 1;
      return true;
    }));
    for (const auto& [key, value] : rows) {
      const persistence::WriteOp op{persistence::WriteOp::Kind::put, Table::meter, key, value};
      EXPECT_EQ(disk_.commit({&op, 1}).status, persistence::CommitStatus::committed);
    }
    return rows.size();
  }

  /// Everything that is a function of the facts, as bytes.
  std::map<std::string, std::string> state() {
    seal();
    std::map<std::string, std::string> bytes;
    auto snapshot = disk_.read();
    for (const Table table : {Table::series, Table::meter, Table::text}) {
      EXPECT_TRUE(
          (*snapshot)->scan(table, std::string_view("\0", 1), [&](std::string_view key, std::string_view value) {
            bytes[std::string(to_string(table)) + std::string(key)] = value;
            return true;
          }));
    }
    return bytes;
  }

  ShardFold& fold() { return *fold_; }
  MemoryJournal& disk() { return disk_; }

 private:
  static std::string encode(const std::vector<MeterFact>& facts) {
    std::string payload;
    const std::vector<Register> registers{kImport, kPower};
    ReadingEntryWriter writer(payload, 0, facts.empty() ? 0 : facts[0].fact.start_ms, registers, {});
    for (const MeterFact& f : facts) {
      writer.begin_run(f.meter, 1);
      writer.add(f.fact, f.fact.reg == kImport ? 0 : 1);
    }
    return payload;
  }

  MemoryJournal disk_;
  std::unique_ptr<ShardFold> fold_ = std::make_unique<ShardFold>(kShard);
  WriterId writer_;
  std::uint64_t lsn_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint64_t chain_ = 0;
};

std::map<std::string, std::string> reference_state(const std::vector<MeterFact>& facts) {
  Harness harness;
  harness.append_and_apply(facts);
  return harness.state();
}

TEST(ShardFold, AnyOrderRepetitionSplitSealAndRestartGivesTheSameBytes) {
  const bool held = rc::check("state is a function of the set of facts", [] {
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    Prng prng(seed);
    std::vector<MeterFact> facts = random_facts(seed, 1 + prng.below(200));
    const auto expected = reference_state(facts);
    const std::size_t repeats = prng.below(20);
    for (std::size_t i = 0; i < repeats; ++i) facts.push_back(facts[prng.below(facts.size())]);
    for (std::size_t i = facts.size(); i > 1; --i) std::swap(facts[i - 1], facts[prng.below(i)]);
    Harness harness;
    for (std::size_t begin = 0; begin < facts.size();) {
      const std::size_t end = std::min(facts.size(), begin + 1 + prng.below(40));
      harness.append_and_apply(
          {facts.begin() + static_cast<std::ptrdiff_t>(begin), facts.begin() + static_cast<std::ptrdiff_t>(end)});
      begin = end;
      if (prng.chance(0.3)) harness.seal();
      if (prng.chance(0.2)) {
        if (prng.chance(0.5)) harness.seal(true);
        harness.restart();
      }
    }
    RC_ASSERT(harness.state() == expected);
  });
  EXPECT_TRUE(held);
}

/// What a question about each meter would be answered from, resident or not.
std::map<std::string, std::string> known_meters(Harness& harness) {
  std::map<std::string, std::string> known;
  const MeterTable& table = harness.fold().meters();
  for (int i = 0; i < 5; ++i) {
    const std::string id = "M" + std::to_string(i);
    harness.bring_back({{id, kKey.hash(id)}});
    if (const auto meter = table.find(id, kKey.hash(id))) known[id] = table.encode_snapshot(*meter);
  }
  return known;
}

TEST(ShardFold, MetersThatLeaveMemoryAndComeBackChangeNothing) {
  const bool held = rc::check("state is the same with and without passivation", [] {
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    Prng prng(seed);
    const std::vector<MeterFact> facts = random_facts(seed, 1 + prng.below(200));
    Harness reference;
    Harness harness;
    std::size_t gone = 0;
    for (std::size_t begin = 0; begin < facts.size();) {
      const std::size_t end = std::min(facts.size(), begin + 1 + prng.below(20));
      const std::vector<MeterFact> part(facts.begin() + static_cast<std::ptrdiff_t>(begin),
                                        facts.begin() + static_cast<std::ptrdiff_t>(end));
      begin = end;
      harness.fold().set_time(static_cast<std::int64_t>(begin) * kMsPerSecond);
      reference.append_and_apply(part);
      harness.append_and_apply(part);
      if (prng.chance(0.4)) harness.seal();
      if (harness.fold().can_begin_seal() && prng.chance(0.1)) {
        harness.fold().begin_seal(Lsn{0});
        gone += harness.passivate(0);
        harness.fold().abandon_seal();
      }
      if (prng.chance(0.5)) gone += harness.passivate(static_cast<std::uint32_t>(prng.below(30)));
      if (prng.chance(0.1)) {
        if (prng.chance(0.3)) harness.seal(true);
        const auto read_since_ms = static_cast<std::int64_t>(prng.below(300)) * 15 * kMsPerMinute;
        harness.restart({read_since_ms, prng.chance(0.5) ? prng.below(2000) : 1U << 20U});
      }
      if (prng.chance(0.2)) RC_ASSERT(known_meters(harness) == known_meters(reference));
    }
    RC_CLASSIFY(gone > 0, "passivated");
    RC_ASSERT(known_meters(harness) == known_meters(reference));
    RC_ASSERT(harness.fold().passivated_count() == 0U);
    RC_ASSERT(harness.state() == reference.state());
  });
  EXPECT_TRUE(held);
}

TEST(ShardFold, AMeterWithUnsealedFactsStays) {
  Harness harness;
  harness.append_and_apply({{"M1", Fact{kImport, 1000, 1000, 5, 0, Quality::actual, 0, 0}}});
  EXPECT_EQ(harness.passivate(0), 0U);
  harness.fold().begin_seal(Lsn{1});
  EXPECT_EQ(harness.passivate(0), 0U);
  harness.fold().abandon_seal();
  EXPECT_EQ(harness.passivate(0), 0U);
  harness.seal();
  EXPECT_EQ(harness.passivate(0), 1U);
  EXPECT_EQ(harness.fold().passivated_count(), 1U);
}

TEST(ShardFold, AFactDuringASealKeepsItsMeter) {
  Harness harness;
  harness.append_and_apply({{"M1", Fact{kImport, 1000, 1000, 5, 0, Quality::actual, 0, 0}}});
  harness.fold().begin_seal(Lsn{1});
  const Fact late{kImport, 2000, 2000, 6, 0, Quality::actual, 0, 0};
  harness.fold().apply("M1", kKey.hash("M1"), {&late, 1}, Lsn{2});
  harness.fold().finish_seal();
  EXPECT_EQ(harness.passivate(0), 0U);
}

TEST(ShardFold, AMeterWithAttentionStays) {
  Harness harness;
  harness.append_and_apply({{"M1", Fact{kImport, 1000, 1000, 5, 0, Quality::actual, 0, 0}}});
  harness.seal();
  const auto meter = harness.fold().meters().find("M1", kKey.hash("M1"));
  harness.fold().attention().note(*meter, 1000);
  EXPECT_EQ(harness.passivate(0), 0U);
  harness.fold().attention().forget(*meter);
  EXPECT_EQ(harness.passivate(0), 1U);
}

TEST(ShardFold, AClockThatIsSetBackMakesNoMeterClean) {
  Harness harness;
  harness.fold().set_time(1'000'000'000);
  harness.append_and_apply({{"M1", Fact{kImport, 1000, 1000, 5, 0, Quality::actual, 0, 0}}});
  harness.seal();
  harness.fold().set_time(1000);
  harness.append_and_apply({{"M1", Fact{kImport, 2000, 2000, 6, 0, Quality::actual, 0, 0}}});
  EXPECT_EQ(harness.passivate(0), 0U);
}

TEST(ShardFold, RecoveryKeepsOnlyTheMetersReadLately) {
  Harness harness;
  harness.append_and_apply({{"OLD", Fact{kImport, 1000, 1000, 5, 0, Quality::actual, 0, 0}},
                            {"NEW", Fact{kImport, 9000, 9000, 5, 0, Quality::actual, 0, 0}}});
  harness.seal();
  harness.restart({5000, 1U << 20U});
  EXPECT_EQ(harness.fold().meters().meter_count(), 1U);
  EXPECT_TRUE(harness.fold().meters().find("NEW", kKey.hash("NEW")));
  EXPECT_EQ(harness.fold().passivated_count(), 1U);
  harness.restart({0, 0});
  EXPECT_EQ(harness.fold().meters().meter_count() + harness.fold().passivated_count(), 2U);
}

TEST(ShardFold, ASnapshotThatDoesNotVerifyIsMadeAnewFromTheChunks) {
  const auto facts = random_facts(11, 300);
  const auto later = random_facts(12, 40);
  std::vector<MeterFact> all = facts;
  all.insert(all.end(), later.begin(), later.end());
  for (const std::size_t bytes_max : {std::size_t{0}, std::size_t{1} << 20U}) {
    Harness harness;
    harness.append_and_apply(facts);
    harness.seal();
    harness.restart({0, bytes_max}, harness.damage_snapshots());
    EXPECT_TRUE(harness.fold().complete());
    harness.append_and_apply(later);
    EXPECT_EQ(harness.state(), reference_state(all));
    harness.restart();
  }
}

TEST(ShardFold, ASnapshotAndAChunkThatDoNotVerifyMakeTheShardIncomplete) {
  Harness harness;
  harness.append_and_apply(random_facts(11, 300));
  harness.seal();
  std::string first;
  std::string value;
  ASSERT_TRUE((*harness.disk().read())->scan(Table::series, std::string_view("\0", 1), [&](auto key, auto bytes) {
    first = key;
    value = bytes;
    return false;
  }));
  value[value.size() / 2] ^= 1;
  const persistence::WriteOp op{persistence::WriteOp::Kind::put, Table::series, first, value};
  ASSERT_EQ(harness.disk().commit({&op, 1}).status, persistence::CommitStatus::committed);
  harness.restart({}, harness.damage_snapshots());
  EXPECT_FALSE(harness.fold().complete());
}

TEST(ShardFold, ARefusedSealKeepsEverythingPending) {
  Harness harness;
  const auto facts = random_facts(7, 100);
  harness.append_and_apply(facts);
  harness.fold().begin_seal(Lsn{1});
  harness.append_and_apply(random_facts(8, 50));
  harness.fold().abandon_seal();
  EXPECT_TRUE(harness.fold().can_begin_seal());
  EXPECT_EQ(harness.fold().first_unsealed(), Lsn{1});
  std::vector<MeterFact> all = facts;
  for (const MeterFact& f : random_facts(8, 50)) all.push_back(f);
  EXPECT_EQ(harness.state(), reference_state(all));
}

TEST(ReadingEntry, OfADamagedPayloadNothingIsTaken) {
  std::string payload;
  const std::vector<Register> registers{kImport};
  ReadingEntryWriter writer(payload, 0, 0, registers, {});
  writer.begin_run("M1", 2);
  writer.add(Fact{kImport, 0, 0, 5, 0, Quality::actual, 0, 0}, 0);
  EXPECT_FALSE(decode_entry(payload));
}

TEST(ShardFold, ARepeatOfTheNewestReadingIsCountedAndNotKept) {
  Harness harness;
  const Fact fact{kImport, 1000, 1000, 5, 0, Quality::actual, 0, 0};
  EXPECT_EQ(harness.fold().apply("M1", kKey.hash("M1"), {&fact, 1}, Lsn{1}).duplicates, 0U);
  EXPECT_EQ(harness.fold().apply("M1", kKey.hash("M1"), {&fact, 1}, Lsn{2}).duplicates, 1U);
  EXPECT_EQ(harness.fold().pending_count(), 1U);
}

TEST(ShardFold, CoverageAloneKeepsARecordFromBeingTruncated) {
  Harness harness;
  harness.fold().cover(WriterId{}, Sequence{1}, Lsn{9});
  EXPECT_EQ(harness.fold().first_unsealed(), Lsn{9});
  EXPECT_TRUE(harness.fold().can_begin_seal());
}

TEST(SeriesReader, SeesSealedAndPendingFactsOnce) {
  Harness harness;
  const std::int64_t quarter = 15 * kMsPerMinute;
  std::vector<MeterFact> sealed;
  std::vector<MeterFact> pending;
  for (int i = 0; i < 200; ++i) {
    const MeterFact f{"M1", Fact{kImport, i * quarter, i * quarter, i * 10, 0, Quality::actual, 0, 0}};
    if (i < 120) sealed.push_back(f);
    if (i >= 100) pending.push_back(f);
  }
  harness.append_and_apply(sealed);
  harness.seal();
  harness.append_and_apply(pending);
  const auto meter = harness.fold().meters().find("M1", kKey.hash("M1"));
  ASSERT_TRUE(meter);
  SeriesReader::Series series{kShard, "M1", kImport, 0, 199 * quarter, {}};
  harness.fold().collect_pending(harness.fold().meters().find_series(*meter, kImport), series.pending);
  auto snapshot = harness.disk().read();
  SeriesReader reader(**snapshot, series);
  const auto all = reader.load_days(0, 10);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->winners.size(), 200U);
  EXPECT_TRUE(all->losers.empty());
  const auto intervals = reader.intervals({}, FoldOptions{}, 0, 199 * quarter);
  ASSERT_TRUE(intervals);
  ASSERT_EQ(intervals->size(), 199U);
  for (const Interval& interval : *intervals) EXPECT_EQ(interval.value, 10);
}

}  // namespace
}  // namespace wattring::meter
