// SPDX-License-Identifier: Apache-2.0
#include "persistence/group_commit.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "persistence/keys.hpp"
#include "persistence/memory_journal.hpp"
#include "persistence/record.hpp"
#include "persistence/recovery.hpp"
#include "tests/persistence/sample_records.hpp"

namespace wattring::persistence {
namespace {

using test::Streams;

std::string record(std::size_t bytes = 10) {
  return Streams(1).add(1, std::string(bytes, 'x')).finish();
}
std::vector<OwnedOp> slice(const std::string& key) {
  return {{WriteOp::Kind::put, Table::series, key, "chunk"}};
}

class GroupCommitTest : public ::testing::Test {
 protected:
  GroupCommit::Completed turn(CommitStatus status = CommitStatus::committed) {
    EXPECT_TRUE(group_.begin());
    const auto ops = group_.ops();
    seen_.assign(ops.begin(), ops.end());
    journal_ops_ = count(Table::journal, WriteOp::Kind::append);
    erases_ = count(Table::journal, WriteOp::Kind::erase);
    series_ops_ = count(Table::series, WriteOp::Kind::put);
    CommitResult result{status, {ErrorCode::io, "no", ""}};
    if (status == CommitStatus::committed) result = disk_.commit(ops);
    EXPECT_EQ(result.status, status) << result.error.message;
    return group_.complete(result);
  }
  std::size_t count(Table table, WriteOp::Kind kind) const {
    return static_cast<std::size_t>(std::count_if(
        seen_.begin(), seen_.end(), [&](const WriteOp& op) { return op.table == table && op.kind == kind; }));
  }
  std::size_t records_on_disk() const {
    std::size_t n = 0;
    EXPECT_TRUE((*disk_.read())->scan(Table::journal, {}, [&](auto, auto) { return ++n > 0; }));
    return n;
  }

  MemoryJournal disk_;
  GroupCommit group_{Lsn{1}, Lsn{1}, {4, 2, 1000, 2}};
  std::vector<WriteOp> seen_;
  std::size_t journal_ops_ = 0;
  std::size_t erases_ = 0;
  std::size_t series_ops_ = 0;
};

TEST_F(GroupCommitTest, WhatQueuedFormsOneGroupWithAscendingLsns) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(group_.append(record()));
  const auto done = turn();
  EXPECT_EQ(done.records, 3U);
  EXPECT_EQ(done.first, Lsn{1});
  EXPECT_EQ(group_.next_lsn(), Lsn{4});
  ASSERT_TRUE(group_.append(record()));
  EXPECT_EQ(turn().first, Lsn{4});
  const auto snapshot = disk_.read();
  for (std::uint64_t lsn = 1; lsn <= 4; ++lsn)
    EXPECT_TRUE(RecordReader::open(*(*snapshot)->get(Table::journal, journal_key(Lsn{lsn})), Lsn{lsn})) << lsn;
  EXPECT_FALSE(group_.begin());
}

TEST_F(GroupCommitTest, AGroupEndsAtItsSizeButTakesOneRecordOfAnySize) {
  ASSERT_TRUE(group_.append(record(5000)));
  ASSERT_TRUE(group_.append(record(400)));
  ASSERT_TRUE(group_.append(record(400)));
  ASSERT_TRUE(group_.append(record(400)));
  EXPECT_EQ(turn().records, 1U);
  EXPECT_EQ(turn().records, 2U);
  EXPECT_EQ(turn().records, 1U);
}

TEST_F(GroupCommitTest, OneSliceRidesAlongBehindTheRecords) {
  ASSERT_TRUE(group_.write(slice("a")));
  ASSERT_TRUE(group_.write(slice("b")));
  ASSERT_TRUE(group_.append(record()));
  const auto done = turn();
  EXPECT_EQ(done.records, 1U);
  EXPECT_EQ(done.slices, 1U);
  EXPECT_EQ(seen_.front().table, Table::journal);
  EXPECT_EQ(series_ops_, 1U);
  EXPECT_EQ(turn().slices, 1U);
}

TEST_F(GroupCommitTest, FullQueuesAreBusy) {
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(group_.append(record()));
  EXPECT_EQ(group_.append(record()).error().code, ErrorCode::busy);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(group_.write(slice("a")));
  EXPECT_EQ(group_.write(slice("a")).error().code, ErrorCode::busy);
  // What is in flight no longer counts.
  ASSERT_TRUE(group_.begin());
  EXPECT_TRUE(group_.append(record()));
}

TEST_F(GroupCommitTest, AtTheReserveAppendsAreRefusedWhileSlicesAndTruncationGoOn) {
  ASSERT_TRUE(group_.append(record()));
  ASSERT_EQ(turn().records, 1U);
  group_.set_reserve_reached(true);
  EXPECT_EQ(group_.append(record()).error().code, ErrorCode::no_space);
  EXPECT_TRUE(group_.write(slice("a")));
  group_.truncate_before(Lsn{2});
  EXPECT_EQ(turn().slices, 1U);
  EXPECT_EQ(erases_, 1U);
  EXPECT_EQ(records_on_disk(), 0U);
  group_.set_reserve_reached(false);
  EXPECT_TRUE(group_.append(record()));
}

TEST_F(GroupCommitTest, ARefusedGroupGivesItsLsnsBack) {
  ASSERT_TRUE(group_.append(record()));
  const auto refused = turn(CommitStatus::refused);
  EXPECT_EQ(refused.status, CommitStatus::refused);
  EXPECT_EQ(refused.records, 1U);
  EXPECT_FALSE(group_.failed());
  ASSERT_TRUE(group_.append(record()));
  EXPECT_EQ(turn().first, Lsn{1});
}

TEST_F(GroupCommitTest, AnUnknownOutcomeLatches) {
  ASSERT_TRUE(group_.append(record(900)));
  ASSERT_TRUE(group_.append(record(900)));
  ASSERT_TRUE(group_.write(slice("a")));
  ASSERT_TRUE(group_.write(slice("b")));
  const auto unknown = turn(CommitStatus::unknown);
  EXPECT_EQ(unknown.status, CommitStatus::unknown);
  EXPECT_TRUE(group_.failed());
  EXPECT_EQ(group_.append(record()).error().code, ErrorCode::unknown_outcome);
  EXPECT_EQ(group_.write(slice("c")).error().code, ErrorCode::unknown_outcome);
  EXPECT_FALSE(group_.begin());
  const auto rest = group_.fail_queued(CommitStatus::unknown, {});
  EXPECT_EQ(rest.records, 1U);
  EXPECT_EQ(rest.slices, 1U);
}

TEST_F(GroupCommitTest, TruncationGoesInStepsAndNeverBeyondWhatIsCommitted) {
  for (int group = 0; group < 3; ++group) {
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(group_.append(record()));
    (void)turn();
  }
  ASSERT_TRUE(group_.append(record()));
  group_.truncate_before(Lsn{1000});
  (void)turn();
  EXPECT_EQ(erases_, 2U) << "two records at a time here";
  while (group_.has_work()) (void)turn();
  EXPECT_EQ(records_on_disk(), 1U) << "the record that was not yet committed when it was asked for stays";
  EXPECT_EQ(*next_lsn(**disk_.read()), Lsn{11});
}

TEST_F(GroupCommitTest, LsnsAreNotReusedAfterEverythingWasTruncated) {
  ASSERT_TRUE(group_.append(record()));
  (void)turn();
  group_.truncate_before(Lsn{2});
  (void)turn();
  EXPECT_EQ(records_on_disk(), 0U);
  EXPECT_EQ(*next_lsn(**disk_.read()), Lsn{2});
  EXPECT_EQ(*first_lsn(**disk_.read()), Lsn{2});
}

TEST_F(GroupCommitTest, ARefusedTruncationIsNotTriedForEver) {
  ASSERT_TRUE(group_.append(record()));
  (void)turn();
  group_.truncate_before(Lsn{2});
  (void)turn(CommitStatus::refused);
  EXPECT_FALSE(group_.has_work());
  EXPECT_EQ(records_on_disk(), 1U);
  group_.truncate_before(Lsn{2});
  (void)turn();
  EXPECT_EQ(records_on_disk(), 0U);
}

TEST_F(GroupCommitTest, WhatCannotBeWrittenIsRefusedBeforeItIsQueued) {
  EXPECT_EQ(group_.append("no record").error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(group_.write({{WriteOp::Kind::put, Table::series, "", "v"}}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(group_.write({{WriteOp::Kind::put, Table::journal, journal_key(Lsn{9}), "v"}}).error().code,
            ErrorCode::invalid_argument);
  EXPECT_EQ(group_.write({{WriteOp::Kind::put, Table::series, "k", std::string(1001, 'v')}}).error().code,
            ErrorCode::invalid_argument);
  EXPECT_FALSE(group_.has_work());
}

}  // namespace
}  // namespace wattring::persistence
