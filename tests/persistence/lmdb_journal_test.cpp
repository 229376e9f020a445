// SPDX-License-Identifier: Apache-2.0
// What only LMDB has: a file, a map that fills, a commit that fails, readers that hold pages.
#include "persistence/lmdb_journal.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <string>
#include <vector>

#include "persistence/keys.hpp"
#include "persistence/lmdb.hpp"
#include "tests/persistence/sample_records.hpp"
#include "tests/support/temp_directory.hpp"

namespace wattring::persistence {
namespace {

using test::put;
using test::put_record;

constexpr std::size_t kRows = 300;
constexpr std::uintmax_t kPageBytes = 4096;

class LmdbJournalTest : public ::testing::Test {
 protected:
  std::unique_ptr<LmdbJournal> open(std::uint64_t map_bytes = 64U << 20U, bool read_only = false) {
    LmdbJournal::Options options;
    options.map_bytes = map_bytes;
    options.read_only = read_only;
    auto journal = LmdbJournal::open(directory_.path(), options);
    EXPECT_TRUE(journal) << journal.error().message;
    return journal ? std::move(*journal) : nullptr;
  }
  std::filesystem::path file() const { return directory_.path() / "data.mdb"; }
  test::TempDirectory directory_;
};

TEST_F(LmdbJournalTest, ADirectoryOfTheFirstReleaseGetsTheTablesThatCameLater) {
  {
    const auto env = lmdb::Environment::open(directory_.path(), {64U << 20U, 16, kFirstTableCount, false});
    ASSERT_TRUE(env);
    auto txn = lmdb::Transaction::begin(*env, false);
    for (std::size_t i = 0; i < kFirstTableCount; ++i)
      ASSERT_TRUE(txn->open_table(std::string(to_string(static_cast<Table>(i))).c_str(), true));
    ASSERT_TRUE(txn->commit());
  }
  {
    const auto old = open(64U << 20U, true);
    const auto snapshot = old->read();
    EXPECT_EQ((*snapshot)->last_key(Table::quarantine).error().code, ErrorCode::not_found);
    EXPECT_EQ((*snapshot)->get(Table::quarantine, "k").error().code, ErrorCode::not_found);
    EXPECT_TRUE((*snapshot)->scan(Table::quarantine, {}, [](std::string_view, std::string_view) { return false; }));
  }
  ASSERT_EQ(put(*open(), Table::quarantine, "k", "v").status, CommitStatus::committed);
  EXPECT_TRUE((*open()->read())->get(Table::quarantine, "k"));
}

TEST_F(LmdbJournalTest, WhatWasCommittedIsThereAfterReopening) {
  ASSERT_EQ(put_record(*open(), Lsn{1}, std::string(300'000, 'r')).status, CommitStatus::committed);
  const auto journal = open();
  EXPECT_EQ((*journal->read())->get(Table::journal, journal_key(Lsn{1}))->size(), 300'000U);
}

TEST_F(LmdbJournalTest, AFullMapRefusesAndTheJournalGoesOn) {
  const auto journal = open(1U << 20U);
  std::uint64_t lsn = 0;
  CommitResult result;
  while (result.status == CommitStatus::committed && lsn < 100)
    result = put_record(*journal, Lsn{++lsn}, std::string(50'000, 'x'));
  EXPECT_EQ(result.status, CommitStatus::refused);
  EXPECT_EQ(result.error.code, ErrorCode::no_space) << result.error.message;
  EXPECT_FALSE((*journal->read())->get(Table::journal, journal_key(Lsn{lsn})));
  for (std::uint64_t old = 1; old < lsn; ++old) {
    const std::string key = journal_key(Lsn{old});
    const WriteOp erase{WriteOp::Kind::erase, Table::journal, key, {}};
    ASSERT_EQ(journal->commit({&erase, 1}).status, CommitStatus::committed) << old;
  }
  EXPECT_EQ(put_record(*journal, Lsn{lsn}, std::string(50'000, 'x')).status, CommitStatus::committed);
}

TEST_F(LmdbJournalTest, ReadOnlyReadsAndRefusesToCommit) {
  ASSERT_EQ(put(*open(), Table::meta, "a", "1").status, CommitStatus::committed);
  const auto journal = open(64U << 20U, true);
  EXPECT_EQ(*(*journal->read())->get(Table::meta, "a"), "1");
  EXPECT_EQ(put(*journal, Table::meta, "a", "2").status, CommitStatus::refused);
  EXPECT_EQ(*(*journal->read())->get(Table::meta, "a"), "1");
}

TEST_F(LmdbJournalTest, AMissingAnEmptyOrAForeignFileIsNotTakenForAJournal) {
  LmdbJournal::Options options;
  options.create = false;
  EXPECT_EQ(LmdbJournal::open(directory_.path(), options).error().code, ErrorCode::not_found);
  EXPECT_FALSE(std::filesystem::exists(file()));
  std::ofstream(file()).flush();
  EXPECT_EQ(LmdbJournal::open(directory_.path(), options).error().code, ErrorCode::corrupt);
  std::ofstream(file()) << std::string(20'000, 'x');
  EXPECT_EQ(LmdbJournal::open(directory_.path(), options).error().code, ErrorCode::corrupt);
}

TEST_F(LmdbJournalTest, AFileCutShortIsCorruptNotACrash) {
  {
    const auto journal = open();
    for (std::uint64_t lsn = 1; lsn <= 20; ++lsn)
      ASSERT_EQ(put_record(*journal, Lsn{lsn}, std::string(50'000, 'x')).status, CommitStatus::committed);
  }
  const auto size = std::filesystem::file_size(file());
  LmdbJournal::Options options;
  options.map_bytes = 64U << 20U;
  for (const auto cut : {size - kPageBytes, size / 2, 3 * kPageBytes}) {
    std::filesystem::resize_file(file(), cut);
    for (const bool read_only : {true, false}) {
      options.read_only = read_only;
      const auto journal = LmdbJournal::open(directory_.path(), options);
      ASSERT_FALSE(journal) << cut;
      EXPECT_EQ(journal.error().code, ErrorCode::corrupt) << journal.error().message;
      EXPECT_EQ(std::filesystem::file_size(file()), cut) << "the evidence must stay";
    }
  }
}

TEST_F(LmdbJournalTest, AFileThatEndsBeforeItsFreePagesIsSound) {
  {
    const auto journal = open();
    ASSERT_EQ(put_record(*journal, Lsn{1}, std::string(400'000, 'x')).status, CommitStatus::committed);
    const std::string key = journal_key(Lsn{1});
    const WriteOp erase{WriteOp::Kind::erase, Table::journal, key, {}};
    ASSERT_EQ(journal->commit({&erase, 1}).status, CommitStatus::committed);
    // What is alive moves into the pages that became free at the front.
    for (int i = 0; i < 10; ++i)
      ASSERT_EQ(put(*journal, Table::meta, "a", std::to_string(i)).status, CommitStatus::committed);
  }
  const auto size = std::filesystem::file_size(file());
  std::filesystem::resize_file(file(), size - 4 * kPageBytes);
  const auto journal = open();
  ASSERT_NE(journal, nullptr);
  EXPECT_EQ(std::filesystem::file_size(file()), size);
  EXPECT_EQ(*(*journal->read())->get(Table::meta, "a"), "9");
}

TEST_F(LmdbJournalTest, APageOfZerosIsCorruptNotACrash) {
  {
    const auto journal = open();
    std::vector<std::string> keys;
    std::vector<WriteOp> ops;
    const std::string value(300, 'x');
    keys.reserve(kRows);
    for (std::size_t i = 0; i < kRows; ++i)
      ops.push_back({WriteOp::Kind::put, Table::meter, keys.emplace_back("meter " + std::to_string(i)), value});
    ASSERT_EQ(journal->commit(ops).status, CommitStatus::committed);
  }
  const auto pages = std::filesystem::file_size(file()) / kPageBytes;
  int noticed = 0;
  for (std::uint64_t page = 2; page < pages; ++page) {
    const test::TempDirectory copy;
    std::filesystem::copy_file(file(), copy.path() / "data.mdb");
    std::fstream out(copy.path() / "data.mdb", std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(static_cast<std::streamoff>(page * kPageBytes));
    out << std::string(kPageBytes, '\0');
    out.close();
    LmdbJournal::Options options;
    options.map_bytes = 64U << 20U;
    options.create = false;
    const auto journal = LmdbJournal::open(copy.path(), options);
    std::size_t rows = 0;
    bool failed = !journal;
    if (journal) failed = !(*(*journal)->read())->scan(Table::meter, {}, [&](auto, auto) { return ++rows > 0; });
    EXPECT_TRUE(failed || rows == kRows) << page;
    noticed += failed ? 1 : 0;
  }
  EXPECT_GT(noticed, 10);
}

TEST_F(LmdbJournalTest, UsageShowsFreePagesAndTheOldestReader) {
  const auto journal = open();
  ASSERT_EQ(put_record(*journal, Lsn{1}, std::string(1'000'000, 'x')).status, CommitStatus::committed);
  auto held = *journal->read();
  const std::string key = journal_key(Lsn{1});
  const WriteOp erase{WriteOp::Kind::erase, Table::journal, key, {}};
  ASSERT_EQ(journal->commit({&erase, 1}).status, CommitStatus::committed);
  ASSERT_EQ(put(*journal, Table::meta, "a", "1").status, CommitStatus::committed);
  const auto pinned = *journal->usage();
  EXPECT_EQ(pinned.oldest_reader_lag, 2U);
  EXPECT_LT(pinned.reusable_bytes, 200'000U) << "the snapshot may still read those pages";
  held.reset();
  const auto free = *journal->usage();
  EXPECT_EQ(free.oldest_reader_lag, 0U);
  EXPECT_GE(free.reusable_bytes, 1'000'000U);
  EXPECT_EQ(free.map_bytes, 64U << 20U);
  EXPECT_GE(free.file_bytes, 1'000'000U);
  EXPECT_GT(free.disk_bytes, 0U);
}

// In a process of its own: the file may not grow any more, so the commit's write fails (EFBIG).
TEST_F(LmdbJournalTest, AnErrorOfTheCommitItselfIsUnknownAndLatches) {
  ASSERT_NE(open(), nullptr);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const auto journal = open();
    const auto limit = static_cast<rlim_t>(std::filesystem::file_size(file()) + 40'000);
    const rlimit limits{limit, limit};
    if (journal == nullptr || setrlimit(RLIMIT_FSIZE, &limits) != 0) _exit(10);
    const auto first = put_record(*journal, Lsn{1}, std::string(1'000'000, 'x'));
    if (first.status != CommitStatus::unknown) _exit(11);
    if (first.error.code != ErrorCode::unknown_outcome) _exit(12);
    if (put(*journal, Table::meta, "small", "1").status != CommitStatus::unknown) _exit(13);
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  const auto journal = open();
  EXPECT_FALSE((*journal->read())->get(Table::meta, "small"));
  EXPECT_EQ(put_record(*journal, Lsn{1}, std::string(1'000'000, 'x')).status, CommitStatus::committed);
}

TEST_F(LmdbJournalTest, ACompactedCopyHoldsTheSame) {
  const auto journal = open();
  ASSERT_EQ(put_record(*journal, Lsn{1}, std::string(1'000'000, 'x')).status, CommitStatus::committed);
  ASSERT_EQ(put(*journal, Table::meter, "m", "1").status, CommitStatus::committed);
  const test::TempDirectory other;
  ASSERT_TRUE(journal->copy_compact(other.path() / "data.mdb"));
  EXPECT_EQ(journal->copy_compact(other.path() / "data.mdb").error().code, ErrorCode::already_exists);
  LmdbJournal::Options options;
  options.map_bytes = 64U << 20U;
  options.create = false;
  const auto copy = LmdbJournal::open(other.path(), options);
  ASSERT_TRUE(copy) << copy.error().message;
  EXPECT_EQ(*(*(*copy)->read())->get(Table::meter, "m"), "1");
  EXPECT_EQ((*(*copy)->read())->get(Table::journal, journal_key(Lsn{1}))->size(), 1'000'000U);
}

}  // namespace
}  // namespace wattring::persistence
