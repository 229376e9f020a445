// SPDX-License-Identifier: Apache-2.0
#include "node/app/shard_extension.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <thread>

#include "persistence/memory_journal.hpp"
#include "tests/node/core_harness.hpp"

namespace wattring::app {
namespace {

using persistence::MemoryJournal;

const Register kImport = obis(1, 0, 1, 8, 0);

struct Seen {
  std::atomic<int> recovered{0};
  std::atomic<int> meters_at_recovery{0};
  std::atomic<int> looked_at{0};  ///< meters taken from attention
  std::atomic<int> finished{0};   ///< calls of work() with must_finish that found something
};

/// Counts; with lazy it leaves its work until it must finish.
class CountingExtension final : public ShardExtension, public meter::GateKeeper {
 public:
  CountingExtension(Seen& seen, bool lazy) : seen_(seen), lazy_(lazy) {}
  Result<void> recovered(meter::ShardFold& fold, const persistence::ReadTransaction&) override {
    ++seen_.recovered;
    seen_.meters_at_recovery += static_cast<int>(fold.meters().meter_count());
    fold.keep_gates(this);
    return {};
  }
  void work(meter::ShardFold& fold, const persistence::Journal&, std::int64_t, bool must_finish) override {
    if (lazy_ && !must_finish) return;
    const auto meters = fold.attention().take();
    seen_.looked_at += static_cast<int>(meters.size());
    if (must_finish && !meters.empty()) ++seen_.finished;
  }
  void sealing(std::vector<persistence::OwnedOp>& with_the_mark) override {
    with_the_mark.push_back({persistence::WriteOp::Kind::put, persistence::Table::catalog, "sealed", "x"});
  }
  [[nodiscard]] bool has_work(const meter::ShardFold& fold, std::int64_t) const override {
    return !lazy_ && !fold.attention().empty();
  }
  [[nodiscard]] std::int64_t next_deadline_ms() const override { return std::numeric_limits<std::int64_t>::max(); }
  [[nodiscard]] bool may_passivate(const meter::ShardFold&, MeterIndex) const override { return true; }
  void passivating(meter::ShardFold&, MeterIndex) override {}
  [[nodiscard]] std::uint16_t gate_of(std::string_view, Register) override { return meter::kWatched; }

 private:
  Seen& seen_;
  const bool lazy_;
};

ShardWorkers::Options options_with(Seen& seen, bool lazy) {
  ShardWorkers::Options options;
  options.passivate_after_ms = 1LL << 50;  // readings of 1970 are idle for long
  options.extension = [&seen, lazy](ShardId) { return std::make_unique<CountingExtension>(seen, lazy); };
  return options;
}

gateway::Batch reading_of(const std::string& meter, std::int64_t time_ms) {
  gateway::Batch batch;
  batch.meter(meter);
  batch.add({kImport, time_ms, time_ms, 5, 0, Quality::actual, 0, 0});
  return batch;
}

TEST(ShardExtension, SeesTheMetersOfTheDiskBeforeTheJournalsTail) {
  MemoryJournal disk;
  Seen seen;
  CoreHarness core(disk, options_with(seen, false));
  ASSERT_EQ(core.submit(reading_of("SEALED", 1000)).stored, 1U);
  core.stop(true);
  core.start();
  ASSERT_EQ(core.submit(reading_of("PENDING", 1000)).stored, 1U);
  core.stop(false);
  seen.meters_at_recovery = 0;
  core.start();
  ASSERT_TRUE(core.query().meter("PENDING"));
  while (seen.recovered < 3 * 64) std::this_thread::yield();  // the question waited for its own worker only
  EXPECT_EQ(seen.meters_at_recovery, 1);
  EXPECT_EQ(seen.recovered, 3 * 64);
}

TEST(ShardExtension, GetsTimeWhenItsWorkerIsIdle) {
  MemoryJournal disk;
  Seen seen;
  CoreHarness core(disk, options_with(seen, false));
  for (int i = 0; i < 20; ++i) ASSERT_EQ(core.submit(reading_of("M" + std::to_string(i), 1000)).stored, 1U);
  while (seen.looked_at < 20) std::this_thread::yield();
  EXPECT_EQ(seen.finished, 0);
}

TEST(ShardExtension, FinishesBeforeItsShardIsSealedAndBeforeItIsStopped) {
  MemoryJournal disk;
  Seen seen;
  CoreHarness core(disk, options_with(seen, true));
  ASSERT_EQ(core.submit(reading_of("M1", 1000)).stored, 1U);
  core.workers().request_checkpoint();
  while (seen.finished == 0) std::this_thread::yield();
  ASSERT_EQ(core.submit(reading_of("M1", 2000)).stored, 1U);
  core.stop(false);
  EXPECT_EQ(seen.finished, 2);
}

TEST(ShardExtension, WhatItAddsIsOnTheDiskWithTheSeal) {
  MemoryJournal disk;
  Seen seen;
  CoreHarness core(disk, options_with(seen, false));
  ASSERT_EQ(core.submit(reading_of("M1", 1000)).stored, 1U);
  EXPECT_FALSE((*disk.read())->get(persistence::Table::catalog, "sealed"));
  core.stop(true);
  EXPECT_TRUE((*disk.read())->get(persistence::Table::catalog, "sealed"));
}

TEST(ShardExtension, IsReachedOnItsShardsThreadBehindWhatWasAcknowledged) {
  MemoryJournal disk;
  Seen seen;
  CoreHarness core(disk, options_with(seen, false));
  ASSERT_EQ(core.submit(reading_of("M1", 1000)).stored, 1U);
  std::promise<std::size_t> meters;
  std::atomic<std::size_t> visited{0};
  ASSERT_TRUE(core.workers().post_extensions([&](meter::ShardFold&, ShardExtension&) { ++visited; }));
  const ShardId shard = core.key().shard_of("M1");
  ASSERT_TRUE(core.workers().post_extension(
      shard, [&](meter::ShardFold& fold, ShardExtension&) { meters.set_value(fold.meters().meter_count()); }));
  EXPECT_EQ(meters.get_future().get(), 1U);
  core.stop(false);
  EXPECT_EQ(visited, 64U);
}

}  // namespace
}  // namespace wattring::app
