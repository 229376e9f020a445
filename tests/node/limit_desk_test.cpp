// SPDX-License-Identifier: Apache-2.0
// Limits through a whole node without sockets: written, folded, purged, refused at the door.
#include "node/app/limit_desk.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "persistence/memory_journal.hpp"
#include "tests/node/core_harness.hpp"
#include "tests/node/shard_moves.hpp"

namespace wattring::app {
namespace {

const Register kImport = obis(1, 0, 1, 8, 0);
constexpr std::int64_t kQuarter = 15 * kMsPerMinute;

gateway::Batch quarters(const std::string& meter, int first, int count) {
  gateway::Batch batch;
  batch.meter(meter);
  for (int i = first; i < first + count; ++i) {
    const std::int64_t at = i * kQuarter;
    batch.add({kImport, at, at, i, 0, Quality::actual, 0, 0});
  }
  return batch;
}

struct LimitDeskTest : testing::Test {
  /// Of this run of the node.
  std::unique_ptr<LimitDesk> desk() {
    WriterId writer;
    writer.bytes[0] = ++boot;
    return std::make_unique<LimitDesk>(writer, LimitDesk::Doors{core.writes(), core.workers(), disk, core.key()});
  }
  std::size_t seen(const std::string& meter) {
    const auto answer = core.query().readings({meter, kImport, 0, 1LL << 45, 100'000});
    return answer ? answer->rows.size() : 0;
  }
  std::size_t rows(persistence::Table table, const std::string& meter) {
    std::size_t count = 0;
    (void)(*disk.read())->scan(table, std::string_view("\0", 1), [&](std::string_view key, std::string_view) {
      if (key.find(meter) != std::string_view::npos) ++count;
      return true;
    });
    return count;
  }
  void wait_purged(const std::string& meter) {
    while (rows(persistence::Table::meter, meter) != 0 || rows(persistence::Table::series, meter) != 0)
      std::this_thread::yield();
  }

  persistence::MemoryJournal disk;
  CoreHarness core{disk};
  std::uint8_t boot = 100;
};

TEST_F(LimitDeskTest, WhatIsErasedIsUnseenAtOnceAndStaysSoAfterACrash) {
  const auto limits = desk();
  (void)core.submit(quarters("M1", 0, 200));
  EXPECT_EQ(limits->count("M1", 100 * kQuarter)->readings, 100U);
  const auto kept = limits->erase("M1", 100 * kQuarter);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->promise, "SINGLE");
  EXPECT_EQ(kept->copies, 1U);
  EXPECT_FALSE(kept->token.empty());
  EXPECT_EQ(seen("M1"), 100U);
  EXPECT_EQ(core.query().meter("M1")->erased_before_ms, 100 * kQuarter);
  core.stop(false);
  core.start();
  EXPECT_EQ(seen("M1"), 100U);
  EXPECT_GT(core.submit(quarters("M1", 0, 50)).stored, 0U) << "acknowledged";
  EXPECT_EQ(seen("M1"), 100U) << "and left out";
}

TEST_F(LimitDeskTest, AMeterThatIsErasedWholeLeavesTheDiskAndIsNotFound) {
  (void)core.submit(quarters("WHOLE", 0, 200));
  (void)core.submit(quarters("OTHER", 0, 200));
  core.stop(true);
  core.start();
  ASSERT_GT(rows(persistence::Table::series, "WHOLE"), 0U);
  ASSERT_TRUE(desk()->erase("WHOLE", 200 * kQuarter));
  wait_purged("WHOLE");
  const auto gone = core.query().meter("WHOLE");
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ErrorCode::not_found);
  EXPECT_NE(gone.error().message.find("erased"), std::string::npos);
  const auto page = core.query().meters("", "", 10);
  ASSERT_EQ(page->meters.size(), 1U);
  EXPECT_EQ(page->meters.front().id, "OTHER");
  EXPECT_EQ(seen("OTHER"), 200U);
  EXPECT_EQ(desk()->count("WHOLE", 200 * kQuarter)->erased_before_ms, 200 * kQuarter);
}

TEST_F(LimitDeskTest, ReadingsBelowTheWatermarkOfTheirShardAreRefused) {
  const auto limits = desk();
  const ShardId shard = core.key().shard_of("M1");
  limits->issue({2, meter::RetentionDays::kKeep}, [&](ShardId one) { return one == shard; });
  while (core.workers().watermarks().of(shard).raw != 2) std::this_thread::yield();
  const auto reply = core.submit(quarters("M1", 96, 192));
  EXPECT_EQ(reply.stored, 96U);
  EXPECT_EQ(reply.refusals.count(gateway::Reason::ts_too_old), 96U);
  EXPECT_EQ(reply.refusals.listed().front().limit, "1970-01-03T00:00:00Z");
  std::string other = "N0";
  for (int i = 1; core.key().shard_of(other) == shard; ++i) other = "N" + std::to_string(i);
  EXPECT_EQ(core.submit(quarters(other, 96, 192)).stored, 192U) << "another shard has another watermark";
  const auto old_only = core.submit(quarters("M1", 0, 5));
  EXPECT_EQ(old_only.stored, 0U);
  EXPECT_EQ(old_only.refusals.total(), 5U);
  limits->issue({1, meter::RetentionDays::kKeep}, [](ShardId) { return true; });
  EXPECT_EQ(core.workers().watermarks().of(shard).raw, 2) << "it only rises";
}

TEST_F(LimitDeskTest, ADayBelowTheWatermarkKeepsItsIntervalsAndShowsNoReading) {
  (void)core.submit(quarters("M1", 0, 4 * 96));
  core.stop(true);
  core.start();
  const auto limits = desk();
  limits->issue({2, meter::RetentionDays::kKeep}, [](ShardId) { return true; });
  while (rows(persistence::Table::interval, "M1") < 2) std::this_thread::yield();
  EXPECT_EQ(seen("M1"), 2U * 96);
}

TEST(LimitEntries, WhatOnlyANewerReleaseUnderstandsChangesNothingAndWaits) {
  Member a;
  std::string payload = meter::encode_limits(std::vector<meter::Limit>{meter::RetentionDays{4, 4}});
  payload[0] = 2;
  persistence::RecordBuilder builder(EntryFleet::writer_of(8));
  builder.begin_entry(kShard, Sequence{1}, meter::kLimitEntryFormat, 0) += payload;
  builder.end_entry();
  ASSERT_TRUE(a.node.append(std::make_shared<const std::string>(builder.finish())));
  const EntryFleet fleet(kKey);
  ASSERT_TRUE(a.node.append(days_of(fleet.meter(kShard, 0), 2)));
  EXPECT_EQ(a.node.digest(kShard)->facts, 2U * 96 + 1);
  EXPECT_EQ(a.node.workers().watermarks().of(kShard), meter::RetentionDays{});
  a.node.stop(true);
  EXPECT_TRUE((*a.memory.read())->last_key(persistence::Table::journal)) << "its record stays";
}

TEST(LimitEntries, AMangledEntryIsCoveredAndChangesNothing) {
  Member a;
  persistence::RecordBuilder builder(EntryFleet::writer_of(8));
  builder.begin_entry(kShard, Sequence{1}, meter::kLimitEntryFormat, 0) += "\x01\x02";
  builder.end_entry();
  ASSERT_TRUE(a.node.append(std::make_shared<const std::string>(builder.finish())));
  EXPECT_EQ(a.node.digest(kShard)->facts, 0U);
  a.node.stop(true);
  EXPECT_FALSE((*a.memory.read())->last_key(persistence::Table::journal));
  EXPECT_EQ(a.node.claimed(kShard).count(), 1U);
}

}  // namespace
}  // namespace wattring::app
