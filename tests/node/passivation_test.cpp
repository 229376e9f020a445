// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/prng.hpp"
#include "persistence/lmdb_journal.hpp"
#include "persistence/memory_journal.hpp"
#include "tests/node/core_harness.hpp"
#include "tests/support/temp_directory.hpp"

namespace wattring::app {
namespace {

const Register kImport = obis(1, 0, 1, 8, 0);
const Register kExport = obis(1, 0, 2, 8, 0);
constexpr std::int64_t kQuarter = 15 * kMsPerMinute;

gateway::Batch batch_of(const std::string& meter, Register reg, std::int64_t first_quarter, int count) {
  gateway::Batch batch;
  batch.meter(meter);
  for (std::int64_t q = first_quarter; q < first_quarter + count; ++q)
    batch.add({reg, q * kQuarter, q * kQuarter, q * 10, 0, Quality::actual, 0, 0});
  return batch;
}

std::string id_of(int number) {
  return "METER-" + std::to_string(100 + number);
}

/// Every clean meter is idle at once.
ShardWorkers::Options impatient() {
  ShardWorkers::Options options;
  options.passivate_after_ms = 0;
  return options;
}

/// Returns when the workers have done everything that was asked of them before.
void settle(CoreHarness& core) {
  std::atomic<std::size_t> left{core.workers().worker_count()};
  std::promise<void> done;
  ASSERT_TRUE(core.workers().post_all([&](const ShardWorkers::Shards&) {
    if (--left == 0) done.set_value();
  }));
  done.get_future().get();
}

void passivate_all(CoreHarness& core) {
  settle(core);
  // Asked again and again: one that comes before the last batch is folded does not cover it.
  while (core.workers().unsealed_facts() != 0) {
    core.workers().request_checkpoint();
    std::this_thread::yield();
  }
  core.workers().request_passivation();
  settle(core);
}

/// What the workers say that they hold is what they hold.
void expect_booked(CoreHarness& core) {
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> meters{0};
  std::atomic<std::size_t> left{core.workers().worker_count()};
  std::promise<void> done;
  ASSERT_TRUE(core.workers().post_all([&](const ShardWorkers::Shards& shards) {
    for (const auto& fold : shards) {
      bytes += fold->resident_bytes();
      meters += fold->meters().meter_count() + fold->passivated_count();
    }
    if (--left == 0) done.set_value();
  }));
  done.get_future().get();
  EXPECT_EQ(core.workers().resident_bytes(), bytes);
  EXPECT_EQ(core.workers().meters(), meters);
}

/// Every answer there is about these meters, as text.
std::vector<std::string> answers(CoreHarness& core, int meters) {
  std::vector<std::string> all;
  const auto add = [&](const http::MeterSummary& meter) {
    std::string line = meter.id + " " + std::to_string(meter.shard) + " " + std::to_string(meter.last_time_ms);
    for (const auto& reg : meter.registers)
      line += " " + format_obis(reg.reg) + "=" + std::to_string(reg.last_value) + "@" +
              std::to_string(reg.last_time_ms) + reg.last_text;
    all.push_back(line);
  };
  for (const std::string prefix : {"", "METER-1", "METER-10", "X"}) {
    for (std::string after;;) {
      const auto page = core.query().meters(prefix, after, 7);
      EXPECT_TRUE(page);
      for (const auto& meter : page->meters) add(meter);
      if (!page->next) break;
      after = *page->next;
    }
  }
  for (int i = 0; i < meters; ++i) {
    const auto meter = core.query().meter(id_of(i));
    if (meter) add(*meter);
    for (const Register reg : {kImport, kExport}) {
      const auto readings = core.query().readings({id_of(i), reg, 0, 1LL << 45, 100'000});
      EXPECT_TRUE(!readings || readings->complete);
      all.push_back(readings ? std::to_string(readings->rows.size()) : readings.error().text());
      const auto intervals =
          core.query().intervals({id_of(i), reg, 0, 50 * kQuarter, meter::Every::quarter_hour, meter::Zone::utc()});
      all.push_back(intervals ? std::to_string(intervals->intervals.size()) : intervals.error().text());
    }
  }
  return all;
}

TEST(Passivation, AnswersAreTheSameWithTheMetersOnTheDiskOnly) {
  persistence::MemoryJournal disk;
  CoreHarness core(disk, impatient());
  for (int i = 0; i < 60; ++i) {
    ASSERT_EQ(core.submit(batch_of(id_of(i), kImport, i, 1 + i % 9)).stored, static_cast<std::uint64_t>(1 + i % 9));
    if (i % 3 == 0) {
      ASSERT_NE(core.submit(batch_of(id_of(i), kExport, i, 4)).stored, 0U);
    }
  }
  const auto before = answers(core, 61);
  passivate_all(core);
  EXPECT_EQ(core.workers().passivated_meters(), 60U);
  EXPECT_EQ(core.workers().meters(), 60U);
  ASSERT_NE(core.submit(batch_of(id_of(5), kImport, 3, 1)).stored, 0U);
  ASSERT_NE(core.submit(batch_of(id_of(60), kImport, 3, 1)).stored, 0U);
  ASSERT_NE(core.submit(batch_of(id_of(5), kImport, 5, 1)).stored, 0U);  // a repeat
  settle(core);
  EXPECT_EQ(core.workers().passivated_meters(), 59U);
  const auto after = answers(core, 61);
  EXPECT_NE(after, before);  // two more readings
  core.stop(false);
  core.start();
  EXPECT_EQ(answers(core, 61), after);
  core.stop(true);
  persistence::MemoryJournal other;
  CoreHarness reference(other);
  for (int i = 0; i < 60; ++i) {
    ASSERT_NE(reference.submit(batch_of(id_of(i), kImport, i, 1 + i % 9)).stored, 0U);
    if (i % 3 == 0) {
      ASSERT_NE(reference.submit(batch_of(id_of(i), kExport, i, 4)).stored, 0U);
    }
  }
  ASSERT_NE(reference.submit(batch_of(id_of(5), kImport, 3, 1)).stored, 0U);
  ASSERT_NE(reference.submit(batch_of(id_of(60), kImport, 3, 1)).stored, 0U);
  EXPECT_EQ(answers(reference, 61), after);
}

TEST(Passivation, AQuestionBringsItsMeterBack) {
  const test::TempDirectory folder;
  auto disk = persistence::LmdbJournal::open(folder.path(), {});
  ASSERT_TRUE(disk);
  CoreHarness core(**disk, impatient());
  for (int i = 0; i < 20; ++i) ASSERT_NE(core.submit(batch_of(id_of(i), kImport, 0, 5)).stored, 0U);
  passivate_all(core);
  ASSERT_EQ(core.workers().passivated_meters(), 20U);
  EXPECT_EQ(core.query().readings({id_of(7), kImport, 0, 1LL << 45, 100})->rows.size(), 5U);
  EXPECT_EQ(core.workers().passivated_meters(), 19U);
  EXPECT_FALSE(core.query().meter("NOBODY"));
  EXPECT_EQ(core.workers().passivated_meters(), 19U);
  EXPECT_EQ(core.workers().meters(), 20U);
}

TEST(Passivation, AtTheLimitOfMemoryMetersLeaveBeforeTheirTime) {
  persistence::MemoryJournal disk;
  ShardWorkers::Options options;
  options.resident_bytes_max = 64 << 10;
  CoreHarness core(disk, options);
  for (int i = 0; i < 40; ++i) {
    gateway::Batch batch;
    for (int k = 0; k < 100; ++k) {
      batch.meter("METER-" + std::to_string(i * 100 + k));
      batch.add({kImport, 1000, 1000, 5, 0, Quality::actual, 0, 0});
    }
    ASSERT_EQ(core.submit(std::move(batch)).stored, 100U);
  }
  settle(core);
  EXPECT_GT(core.workers().resident_bytes(), 64U << 10U);
  // Nothing is clean yet: the first sweep, this one or one of the worker's own, can only ask for a checkpoint.
  while (core.workers().unsealed_facts() != 0) {
    core.workers().request_passivation();
    settle(core);
  }
  core.workers().request_passivation();
  settle(core);
  EXPECT_GT(core.workers().passivated_meters(), 1000U);
  EXPECT_EQ(core.workers().meters(), 4000U);
}

TEST(Passivation, InterleavedWithEverythingElseChangesNoAnswer) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    Prng prng(seed);
    persistence::MemoryJournal disk;
    persistence::MemoryJournal other;
    ShardWorkers::Options options = impatient();
    options.unsealed_bytes_max = 64 << 10;
    CoreHarness core(disk, options);
    CoreHarness reference(other);
    for (int step = 0; step < 150; ++step) {
      const std::string meter = id_of(static_cast<int>(prng.below(30)));
      const Register reg = prng.chance(0.7) ? kImport : kExport;
      const auto first = static_cast<std::int64_t>(prng.below(300));
      const int count = 1 + static_cast<int>(prng.below(30));
      ASSERT_NE(core.submit(batch_of(meter, reg, first, count)).stored, 0U);
      ASSERT_NE(reference.submit(batch_of(meter, reg, first, count)).stored, 0U);
      if (prng.chance(0.15)) core.workers().request_checkpoint();
      if (prng.chance(0.3)) core.workers().request_passivation();
      if (prng.chance(0.05)) {
        core.stop(prng.chance(0.5));
        core.start();
      }
      if (prng.chance(0.05)) passivate_all(core);
    }
    ASSERT_EQ(answers(core, 31), answers(reference, 31)) << "seed " << seed;
    expect_booked(core);
    passivate_all(core);
    expect_booked(core);
  }
}

}  // namespace
}  // namespace wattring::app
