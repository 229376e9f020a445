// SPDX-License-Identifier: Apache-2.0
#include "node/meter/retention.hpp"

#include <gtest/gtest.h>

#include "node/meter/interval_chunk.hpp"
#include "node/meter/series_reader.hpp"
#include "node/meter/shard_seal.hpp"
#include "persistence/memory_journal.hpp"

namespace wattring::meter {
namespace {

const sharding::ShardKey kKey({}, 64);
const Register kImport = obis(1, 0, 1, 8, 0);
constexpr std::int64_t kQuarter = 15 * kMsPerMinute;
constexpr int kDays = 6;

class RetentionTest : public testing::Test {
 protected:
  void SetUp() override {
    std::vector<Fact> facts;
    // Off the grid, so that every interval needs readings of both sides.
    for (std::int64_t i = 0; i < kDays * 96; ++i) {
      const std::int64_t at = i * kQuarter + 3 * kMsPerMinute;
      facts.push_back({kImport, at, at, 1000 + i * i, 0, Quality::actual, 0, 0});
    }
    fold_.apply("M1", kKey.hash("M1"), facts, Lsn{1});
    fold_.begin_seal(Lsn{1});
    std::vector<std::string> damaged;
    ASSERT_TRUE(seal_shard(fold_, **disk_.read(), sink(), damaged));
    fold_.finish_seal();
  }

  SliceSink sink() {
    return [this](std::vector<persistence::OwnedOp>&& slice, bool) -> Result<void> {
      std::vector<persistence::WriteOp> ops;
      for (const auto& op : slice) ops.push_back({op.kind, op.table, op.key, op.value});
      EXPECT_EQ(disk_.commit(ops).status, persistence::CommitStatus::committed);
      return {};
    };
  }

  SeriesReader::Series series() const {
    return {ShardId{0}, "M1", kImport, 3 * kMsPerMinute, (kDays * 96 - 1) * kQuarter + 3 * kMsPerMinute, {}};
  }
  std::vector<Interval> intervals() {
    const auto snapshot = disk_.read();
    SeriesReader reader(**snapshot, series());
    auto all = reader.intervals({}, FoldOptions{}, 0, (kDays - 1) * kMsPerDay);
    EXPECT_TRUE(all);
    EXPECT_FALSE(reader.damaged());
    return *all;
  }
  std::size_t readings_on(std::int32_t day) {
    const auto snapshot = disk_.read();
    SeriesReader reader(**snapshot, series());
    return reader.load_days(day, day)->winners.size();
  }
  RetentionStats retain(const RetentionDays& days) {
    const auto stats = apply_retention(fold_, kKey, **disk_.read(), days, sink());
    EXPECT_TRUE(stats);
    return *stats;
  }

  persistence::MemoryJournal disk_;
  ShardFold fold_{ShardId{0}};
};

TEST_F(RetentionTest, DroppedDaysKeepTheirIntervalsToTheLastUnit) {
  const auto before = intervals();
  for (std::int32_t day = 1; day <= 4; ++day) {
    retain({day, RetentionDays::kKeep});
    EXPECT_EQ(intervals(), before) << "after dropping days before " << day;
  }
  EXPECT_EQ(readings_on(0), 0U);
  EXPECT_EQ(readings_on(3), 1U) << "the anchor of the first interval that is derived";
  EXPECT_EQ(readings_on(4), 96U);
}

TEST_F(RetentionTest, AMeterThatIsOnTheDiskOnlyLosesItsOldDaysToo) {
  const auto before = intervals();
  ASSERT_EQ(fold_.passivate(0, [](MeterTable::MeterIndex) { return true; }), 1U);
  EXPECT_GT(retain({3, RetentionDays::kKeep}).chunks_dropped, 0U);
  EXPECT_EQ(intervals(), before);
  EXPECT_EQ(readings_on(0), 0U);
}

TEST_F(RetentionTest, ASecondPassFindsNothingToDo) {
  EXPECT_GT(retain({3, RetentionDays::kKeep}).interval_days_written, 0U);
  const auto again = retain({3, RetentionDays::kKeep});
  EXPECT_EQ(again.interval_days_written, 0U);
  EXPECT_EQ(again.chunks_dropped, 0U);
}

TEST_F(RetentionTest, ALateReadingOfADroppedDayChangesNothing) {
  retain({3, RetentionDays::kKeep});
  const auto before = intervals();
  const Fact late{kImport, kQuarter, kQuarter, 999'999, 0, Quality::actual, 0, 0};
  fold_.apply("M1", kKey.hash("M1"), {&late, 1}, Lsn{2});
  fold_.begin_seal(Lsn{2});
  std::vector<std::string> damaged;
  ASSERT_TRUE(seal_shard(fold_, **disk_.read(), sink(), damaged));
  fold_.finish_seal();
  retain({3, RetentionDays::kKeep});
  EXPECT_EQ(readings_on(0), 0U);
  EXPECT_EQ(intervals(), before);
}

TEST_F(RetentionTest, IntervalsHaveALimitOfTheirOwn) {
  retain({4, RetentionDays::kKeep});
  EXPECT_EQ(retain({4, 2}).interval_days_dropped, 2U);
  const auto after = intervals();
  EXPECT_EQ(after.front().quality, IntervalQuality::missing);
  EXPECT_TRUE(after[2 * 96].value);
}

TEST(IntervalDay, RoundTripsAndRefusesMangledBytes) {
  std::vector<Interval> day;
  for (std::int64_t i = 0; i < 96; ++i) {
    Interval interval{i * kQuarter, (i + 1) * kQuarter, i * 7 - 300, IntervalQuality::actual, 0, 0};
    if (i % 5 == 0) interval.value.reset(), interval.quality = IntervalQuality::missing;
    if (i % 7 == 0) interval.flags = kIntervalGap | kIntervalPartial;
    if (i % 11 == 0) interval.method = 17;
    day.push_back(interval);
  }
  const std::string bytes = encode_interval_day(day);
  const auto back = decode_interval_day(bytes, 0);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, day);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) EXPECT_FALSE(decode_interval_day(bytes.substr(0, cut), 0));
  EXPECT_FALSE(decode_interval_day(bytes + "x", 0));
}

}  // namespace
}  // namespace wattring::meter
