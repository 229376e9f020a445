// SPDX-License-Identifier: Apache-2.0
// What every Journal promises (persistence/journal.hpp), run against the fake, the faulty fake and LMDB.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/prng.hpp"
#include "persistence/keys.hpp"
#include "persistence/lmdb_journal.hpp"
#include "persistence/memory_journal.hpp"
#include "tests/support/faulty_journal.hpp"
#include "tests/support/temp_directory.hpp"

namespace wattring::persistence {
namespace {

struct MemoryFixture {
  MemoryJournal journal;
};
struct FaultyFixture {
  MemoryJournal disk;
  test::FaultyJournal journal{disk};
};
struct LmdbFixture {
  test::TempDirectory directory;
  std::unique_ptr<LmdbJournal> owned = open();
  LmdbJournal& journal = *owned;

  std::unique_ptr<LmdbJournal> open() const {
    LmdbJournal::Options options;
    options.map_bytes = 256U << 20U;
    auto opened = LmdbJournal::open(directory.path(), options);
    if (!opened) throw std::runtime_error(opened.error().text());
    return std::move(*opened);
  }
};

using Kind = WriteOp::Kind;

template <class Fixture>
class JournalContract : public ::testing::Test {
 protected:
  CommitResult commit(std::vector<WriteOp> ops) { return fixture_.journal.commit(ops); }
  void must_commit(std::vector<WriteOp> ops) {
    const auto result = commit(std::move(ops));
    ASSERT_EQ(result.status, CommitStatus::committed) << result.error.message;
  }
  std::unique_ptr<ReadTransaction> read() {
    auto snapshot = fixture_.journal.read();
    EXPECT_TRUE(snapshot) << snapshot.error().message;
    return std::move(*snapshot);
  }
  std::string value(Table table, std::string_view key) {
    const auto snapshot = read();
    const auto got = snapshot->get(table, key);
    return got ? std::string(*got) : "error " + std::to_string(static_cast<int>(got.error().code));
  }
  std::map<std::string, std::string> all(const ReadTransaction& snapshot, Table table, std::string_view from = {}) {
    std::map<std::string, std::string> rows;
    std::string last;
    EXPECT_TRUE(snapshot.scan(table, from, [&](std::string_view key, std::string_view row) {
      EXPECT_TRUE(rows.empty() || last < key) << "keys must ascend";
      last = key;
      rows[last] = row;
      return true;
    }));
    return rows;
  }
  Fixture fixture_;
};

using Fixtures = ::testing::Types<MemoryFixture, FaultyFixture, LmdbFixture>;
TYPED_TEST_SUITE(JournalContract, Fixtures);

const std::string kAbsent = "error " + std::to_string(static_cast<int>(ErrorCode::not_found));

TYPED_TEST(JournalContract, AValuePutIsReadBackFromItsTableOnly) {
  this->must_commit({{Kind::put, Table::meter, "a", "1"}});
  EXPECT_EQ(this->value(Table::meter, "a"), "1");
  EXPECT_EQ(this->value(Table::series, "a"), kAbsent);
  EXPECT_EQ(this->value(Table::meter, "b"), kAbsent);
}

TYPED_TEST(JournalContract, ALaterPutReplacesAndAnEmptyValueIsAValue) {
  this->must_commit({{Kind::put, Table::meta, "k", "long value"}});
  this->must_commit({{Kind::put, Table::meta, "k", ""}});
  EXPECT_EQ(this->value(Table::meta, "k"), "");
}

TYPED_TEST(JournalContract, OperationsOfOneCommitApplyInOrder) {
  this->must_commit({{Kind::put, Table::meta, "k", "1"},
                     {Kind::erase, Table::meta, "k", ""},
                     {Kind::put, Table::meta, "k", "2"},
                     {Kind::put, Table::meta, "gone", "3"},
                     {Kind::erase, Table::meta, "gone", ""}});
  EXPECT_EQ(this->value(Table::meta, "k"), "2");
  EXPECT_EQ(this->value(Table::meta, "gone"), kAbsent);
}

TYPED_TEST(JournalContract, ErasingAnAbsentKeyIsNoError) {
  this->must_commit(
      {{Kind::erase, Table::alert, "nothing", ""}, {Kind::erase, Table::journal, journal_key(Lsn{4}), ""}});
}

TYPED_TEST(JournalContract, AnEmptyCommitSucceeds) {
  this->must_commit({});
}

TYPED_TEST(JournalContract, AnAppendOutOfOrderRefusesTheWholeCommit) {
  this->must_commit({{Kind::append, Table::outbox, "b", "1"}});
  for (const std::string key : {"a", "b"}) {
    const auto result =
        this->commit({{Kind::put, Table::meta, "with it", "x"}, {Kind::append, Table::outbox, key, "2"}});
    EXPECT_EQ(result.status, CommitStatus::refused);
    EXPECT_EQ(result.error.code, ErrorCode::invalid_argument);
  }
  EXPECT_EQ(this->value(Table::meta, "with it"), kAbsent);
  EXPECT_EQ(this->value(Table::outbox, "b"), "1");
  this->must_commit({{Kind::append, Table::outbox, "c", "3"}});
}

TYPED_TEST(JournalContract, ARecordAppendedOutOfOrderIsRefusedToo) {
  this->must_commit({{Kind::append, Table::journal, journal_key(Lsn{7}), std::string(20'000, 'x')}});
  for (const std::uint64_t lsn : {6U, 7U})
    EXPECT_EQ(this->commit({{Kind::append, Table::journal, journal_key(Lsn{lsn}), "y"}}).status, CommitStatus::refused);
  EXPECT_EQ(this->all(*this->read(), Table::journal).size(), 1U);
}

TYPED_TEST(JournalContract, KeysOfImpossibleSizeAreRefusedAndNeverFound) {
  const std::string longest(kKeyBytesMax, 'k');
  const std::string too_long(kKeyBytesMax + 1, 'k');
  for (const std::string_view key : {std::string_view{}, std::string_view(too_long)}) {
    const auto result = this->commit({{Kind::put, Table::meta, "with it", "x"}, {Kind::put, Table::meta, key, "v"}});
    EXPECT_EQ(result.status, CommitStatus::refused);
    EXPECT_EQ(result.error.code, ErrorCode::invalid_argument);
    EXPECT_EQ(this->value(Table::meta, key), kAbsent);
  }
  EXPECT_EQ(this->commit({{Kind::put, Table::journal, "seven b", "v"}}).status, CommitStatus::refused);
  EXPECT_EQ(this->value(Table::journal, "seven b"), kAbsent);
  EXPECT_EQ(this->value(Table::journal, "nine byte"), kAbsent);
  EXPECT_EQ(this->value(Table::meta, "with it"), kAbsent);
  this->must_commit({{Kind::put, Table::meta, longest, "fits"}});
  EXPECT_EQ(this->value(Table::meta, longest), "fits");
}

TYPED_TEST(JournalContract, AScanStartsAtTheFirstKeyNotBelowFromAndStopsWhenTold) {
  this->must_commit(
      {{Kind::put, Table::text, "b", "2"}, {Kind::put, Table::text, "d", "4"}, {Kind::put, Table::text, "c", "3"}});
  const auto snapshot = this->read();
  EXPECT_EQ(this->all(*snapshot, Table::text).size(), 3U);
  EXPECT_EQ(this->all(*snapshot, Table::text, "b").begin()->first, "b");
  EXPECT_EQ(this->all(*snapshot, Table::text, "b!").begin()->first, "c");
  EXPECT_TRUE(this->all(*snapshot, Table::text, "e").empty());
  EXPECT_EQ(this->all(*snapshot, Table::text, "b" + std::string(600, 'x')).begin()->first, "c");
  int visits = 0;
  EXPECT_TRUE(snapshot->scan(Table::text, {}, [&](std::string_view, std::string_view) { return ++visits < 2; }));
  EXPECT_EQ(visits, 2);
}

TYPED_TEST(JournalContract, TheLastKeyIsTheGreatest) {
  EXPECT_EQ(this->read()->last_key(Table::catalog).error().code, ErrorCode::not_found);
  EXPECT_EQ(this->read()->last_key(Table::journal).error().code, ErrorCode::not_found);
  this->must_commit({{Kind::put, Table::catalog, "z", ""},
                     {Kind::put, Table::catalog, "y", ""},
                     {Kind::append, Table::journal, journal_key(Lsn{300}), std::string(50'000, 'x')}});
  const auto snapshot = this->read();
  EXPECT_EQ(*snapshot->last_key(Table::catalog), "z");
  EXPECT_EQ(*snapshot->last_key(Table::journal), journal_key(Lsn{300}));
}

TYPED_TEST(JournalContract, RecordsOfEverySizeComeBackWhole) {
  const std::vector<std::size_t> sizes{0, 1, 2000, 2037, 2038, 8175, 8176, 8177, 16352, 16353, 100'000, 1'000'000};
  std::vector<std::string> records;
  for (const std::size_t size : sizes) {
    std::string record(size, '\0');
    for (std::size_t i = 0; i < size; ++i) record[i] = static_cast<char>(i * 31 + size + i / 8176);
    records.push_back(std::move(record));
    this->must_commit({{Kind::append, Table::journal, journal_key(Lsn{records.size()}), records.back()}});
  }
  const auto snapshot = this->read();
  const auto rows = this->all(*snapshot, Table::journal);
  ASSERT_EQ(rows.size(), sizes.size());
  std::vector<std::string_view> views;
  views.reserve(sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    EXPECT_EQ(rows.at(journal_key(Lsn{i + 1})), records[i]) << sizes[i];
    views.push_back(*snapshot->get(Table::journal, journal_key(Lsn{i + 1})));
  }
  // What get() returned lives as long as the snapshot.
  for (std::size_t i = 0; i < sizes.size(); ++i) EXPECT_EQ(views[i], records[i]) << sizes[i];
  EXPECT_EQ(this->all(*snapshot, Table::journal, journal_key(Lsn{11})).size(), 2U);
  EXPECT_EQ(this->all(*snapshot, Table::journal, journal_key(Lsn{11}) + "x").size(), 1U);
}

TYPED_TEST(JournalContract, AShorterRecordLeavesNothingOfALongerOne) {
  const std::string key = journal_key(Lsn{5});
  this->must_commit({{Kind::put, Table::journal, key, std::string(60'000, 'a')}});
  this->must_commit({{Kind::put, Table::journal, key, "b"}});
  EXPECT_EQ(this->value(Table::journal, key), "b");
  this->must_commit(
      {{Kind::put, Table::journal, key, std::string(60'000, 'c')}, {Kind::erase, Table::journal, key, ""}});
  EXPECT_TRUE(this->all(*this->read(), Table::journal).empty());
}

TYPED_TEST(JournalContract, ErasingARecordLeavesItsNeighbours) {
  std::vector<WriteOp> ops;
  ops.reserve(3);
  std::vector<std::string> keys;
  keys.reserve(3);
  for (std::uint64_t lsn = 1; lsn <= 3; ++lsn) keys.push_back(journal_key(Lsn{lsn}));
  const std::string record(30'000, 'r');
  for (const auto& key : keys) ops.push_back({Kind::append, Table::journal, key, record});
  this->must_commit(ops);
  this->must_commit({{Kind::erase, Table::journal, keys[1], ""}});
  const auto rows = this->all(*this->read(), Table::journal);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows.at(keys[0]), record);
  EXPECT_EQ(rows.at(keys[2]), record);
}

TYPED_TEST(JournalContract, ASnapshotDoesNotSeeLaterCommits) {
  this->must_commit({{Kind::put, Table::meter, "a", "old"}, {Kind::put, Table::meter, "b", "stays"}});
  const auto snapshot = this->read();
  const auto view = *snapshot->get(Table::meter, "a");
  this->must_commit({{Kind::put, Table::meter, "a", "new"}, {Kind::erase, Table::meter, "b", ""}});
  EXPECT_EQ(view, "old");
  EXPECT_EQ(*snapshot->get(Table::meter, "a"), "old");
  EXPECT_EQ(this->all(*snapshot, Table::meter).size(), 2U);
  EXPECT_EQ(this->value(Table::meter, "a"), "new");
}

TYPED_TEST(JournalContract, SnapshotsMoveBetweenThreadsAndMayBeManyOnOne) {
  this->must_commit({{Kind::put, Table::meter, "a", "1"}});
  auto first = this->read();
  const auto second = this->read();
  std::string seen;
  std::thread reader([&seen, snapshot = std::move(first)]() mutable {
    seen = *snapshot->get(Table::meter, "a");
    snapshot.reset();
  });
  this->must_commit({{Kind::put, Table::meter, "a", "2"}});
  reader.join();
  EXPECT_EQ(seen, "1");
  EXPECT_EQ(*second->get(Table::meter, "a"), "1");
}

TYPED_TEST(JournalContract, UsageSaysWhatIsUsedAndHowMuchItMayGrow) {
  this->must_commit({{Kind::put, Table::series, "a", std::string(100'000, 'x')}});
  const auto usage = this->fixture_.journal.usage();
  ASSERT_TRUE(usage) << usage.error().message;
  EXPECT_GE(usage->used_bytes, 100'000U);
  EXPECT_LT(usage->used_bytes, 1'000'000U);
  EXPECT_GE(usage->map_bytes, usage->used_bytes);
  EXPECT_GE(usage->disk_bytes, usage->disk_free_bytes);
}

// The dumb model: a map a table.
TYPED_TEST(JournalContract, AgreesWithAMapUnderRandomCommits) {
  Prng random(20240607);
  const std::array<Table, 3> tables{Table::journal, Table::series, Table::meta};
  std::array<std::map<std::string, std::string>, 3> model;
  for (int round = 0; round < 150; ++round) {
    auto next = model;
    std::vector<std::string> bytes;
    bytes.reserve(40);
    std::vector<WriteOp> ops;
    bool fine = true;
    for (std::uint64_t n = random.below(10); n > 0; --n) {
      const std::size_t t = random.below(3);
      const auto kind = static_cast<Kind>(random.below(3));
      const auto& key = bytes.emplace_back(journal_key(Lsn{1 + random.below(30)}));
      const auto& value = bytes.emplace_back(random.below(30'000), static_cast<char>('a' + random.below(26)));
      ops.push_back({kind, tables[t], key, value});
      if (!fine) continue;
      if (kind == Kind::append && !next[t].empty() && next[t].rbegin()->first >= key) fine = false;
      if (kind == Kind::erase) {
        next[t].erase(key);
      } else {
        next[t][key] = value;
      }
    }
    EXPECT_EQ(this->commit(ops).status, fine ? CommitStatus::committed : CommitStatus::refused);
    if (fine) model = next;
    const auto snapshot = this->read();
    for (std::size_t t = 0; t < tables.size(); ++t) ASSERT_EQ(this->all(*snapshot, tables[t]), model[t]) << round;
  }
}

}  // namespace
}  // namespace wattring::persistence
