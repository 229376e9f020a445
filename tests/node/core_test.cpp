// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/prng.hpp"
#include "persistence/lmdb_journal.hpp"
#include "tests/node/core_harness.hpp"
#include "tests/support/faulty_journal.hpp"
#include "tests/support/temp_directory.hpp"

namespace wattring::app {
namespace {

using persistence::MemoryJournal;
using test::FaultyJournal;

const Register kImport = obis(1, 0, 1, 8, 0);
constexpr std::int64_t kQuarter = 15 * kMsPerMinute;

gateway::Batch batch_of(const std::string& meter, std::int64_t first_quarter, int count) {
  gateway::Batch batch;
  batch.meter(meter);
  for (int i = 0; i < count; ++i) {
    Fact fact;
    fact.reg = kImport;
    fact.start_ms = fact.end_ms = (first_quarter + i) * kQuarter;
    fact.value = (first_quarter + i) * 10;
    batch.add(fact);
  }
  return batch;
}

http::ReadingsQuery everything(const std::string& meter) {
  return {meter, kImport, 0, 1LL << 45, 100'000};
}

/// What the clients were told, and what must therefore be there.
struct Ledger {
  std::map<std::string, std::set<std::int64_t>> acked;
  std::map<std::string, std::set<std::int64_t>> maybe;

  void note(const std::string& meter, std::int64_t first, int count, const gateway::IngestReply& reply) {
    for (int i = 0; i < count; ++i) {
      if (reply.stored != 0) acked[meter].insert(first + i);
      if (reply.unknown_total != 0) maybe[meter].insert(first + i);
    }
  }

  /// Lost, doubled, changed and phantom readings.
  std::size_t faults(CoreHarness& core, const std::set<std::string>& meters) const {
    std::size_t count = 0;
    for (const std::string& meter : meters) {
      const auto empty = std::set<std::int64_t>();
      const auto& must = acked.contains(meter) ? acked.at(meter) : empty;
      const auto& may = maybe.contains(meter) ? maybe.at(meter) : empty;
      const auto answer = core.query().readings(everything(meter));
      std::set<std::int64_t> found;
      if (answer) {
        for (const auto& row : answer->rows) {
          const std::int64_t quarter = row.fact.start_ms / kQuarter;
          if (!found.insert(quarter).second || row.conflict) ++count;
          if (row.fact.value != quarter * 10) ++count;
          if (!must.contains(quarter) && !may.contains(quarter)) ++count;
        }
      }
      for (const std::int64_t quarter : must) count += found.contains(quarter) ? 0 : 1;
    }
    return count;
  }
};

/// Random load with power losses, failing commits, full disks and checkpoints; returns what the ledger holds against
/// it.
std::size_t faults_after_chaos(std::uint64_t seed, bool lying_disk) {
  Prng prng(seed);
  MemoryJournal disk;
  FaultyJournal faulty(disk);
  faulty.set_lying(lying_disk);
  // A tiny budget of unsealed facts: sealing runs all the time.
  ShardWorkers::Options options{2, 64 << 10, 1 << 20};
  options.passivate_after_ms = 0;
  CoreHarness core(faulty, options);
  Ledger ledger;
  std::set<std::string> meters;
  std::map<std::string, std::int64_t> next;
  for (int step = 0; step < 120; ++step) {
    const std::string meter = "M" + std::to_string(prng.below(12));
    meters.insert(meter);
    const int count = 1 + static_cast<int>(prng.below(60));
    // Now and then late, or the same again.
    const std::int64_t first = prng.chance(0.2) ? static_cast<std::int64_t>(prng.below(100)) : next[meter];
    next[meter] = std::max(next[meter], first + count);
    if (prng.chance(0.03)) faulty.fail_commit(1 + prng.below(3), FaultyJournal::Fault::refuse);
    if (prng.chance(0.02)) faulty.fail_commit(1 + prng.below(3), FaultyJournal::Fault::unknown_there);
    if (prng.chance(0.02)) faulty.fail_commit(1 + prng.below(3), FaultyJournal::Fault::unknown_lost);
    if (prng.chance(0.05)) faulty.set_no_space(true);
    ledger.note(meter, first, count, core.submit(batch_of(meter, first, count)));
    if (prng.chance(0.5)) faulty.set_no_space(false);
    if (prng.chance(0.1)) core.workers().request_checkpoint();
    if (prng.chance(0.2)) core.workers().request_passivation();
    if (prng.chance(0.08) || core.writer().failed()) {
      core.stop(prng.chance(0.2));
      faulty.crash();
      core.start();
    }
  }
  faulty.set_no_space(false);
  core.stop(false);
  faulty.crash();
  core.start();
  return ledger.faults(core, meters);
}

TEST(Core, NothingAcknowledgedIsLostOrDoubledUnderPowerLossAndFailingCommits) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) EXPECT_EQ(faults_after_chaos(seed, false), 0U) << "seed " << seed;
}

TEST(Core, ADiskThatLiesAboutSyncingIsCaughtByTheSameCheck) {
  std::size_t faults = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) faults += faults_after_chaos(seed, true);
  EXPECT_GT(faults, 0U);
}

TEST(Core, AnAcknowledgedReadingIsSeenByTheNextQuestion) {
  MemoryJournal disk;
  CoreHarness core(disk);
  for (int i = 0; i < 200; ++i) {
    const std::string meter = "M" + std::to_string(i);
    ASSERT_EQ(core.submit(batch_of(meter, 0, 3)).stored, 3U);
    const auto answer = core.query().readings(everything(meter));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->rows.size(), 3U);
    EXPECT_TRUE(answer->complete);
  }
}

TEST(Core, ACheckpointTruncatesTheJournalAndKeepsEveryAnswer) {
  MemoryJournal disk;
  CoreHarness core(disk);
  ASSERT_EQ(core.submit(batch_of("M1", 0, 500)).stored, 500U);
  core.stop(true);
  EXPECT_FALSE((*disk.read())->last_key(persistence::Table::journal));
  core.start();
  const auto answer = core.query().readings(everything("M1"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->rows.size(), 500U);
  EXPECT_EQ(core.query()
                .intervals({"M1", kImport, 0, 100 * kQuarter, meter::Every::quarter_hour, meter::Zone::utc()})
                ->intervals.size(),
            100U);
}

TEST(Core, SealingADayAgainAndAgainOnLmdbKeepsEveryReading) {
  const test::TempDirectory folder;
  auto disk = persistence::LmdbJournal::open(folder.path(), {});
  ASSERT_TRUE(disk);
  CoreHarness core(**disk, {2, 16 << 10, 1 << 20});
  constexpr int kMeters = 300;
  for (int round = 0; round < 6; ++round) {
    for (int meter = 0; meter < kMeters; ++meter) {
      gateway::IngestReply reply;
      while (reply.stored == 0) reply = core.submit(batch_of("METER-" + std::to_string(1000 + meter), round * 5, 5));
    }
  }
  for (int meter = 0; meter < kMeters; ++meter) {
    const auto answer = core.query().readings(everything("METER-" + std::to_string(1000 + meter)));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->rows.size(), 30U) << "meter " << meter;
  }
}

TEST(Core, AFullDiskTurnsBatchesAwayAndComesBackByItself) {
  MemoryJournal disk;
  FaultyJournal faulty(disk);
  CoreHarness core(faulty);
  faulty.set_no_space(true);
  const auto refused = core.submit(batch_of("M1", 0, 5));
  EXPECT_EQ(refused.stored, 0U);
  EXPECT_EQ(refused.turned_away, gateway::Reason::disk_reserve);
  EXPECT_GT(refused.retry_after_ms, 0U);
  faulty.set_no_space(false);
  // The writer looks at the disk once a second; until then it may still refuse.
  gateway::IngestReply reply;
  for (int attempt = 0; attempt < 500 && reply.stored == 0; ++attempt) {
    reply = core.submit(batch_of("M1", 0, 5));
    if (reply.stored == 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(reply.stored, 5U);
  EXPECT_EQ(core.query().readings(everything("M1"))->rows.size(), 5U);
}

TEST(Core, WithTheBudgetTakenABatchIsTurnedAwayWithARetryTime) {
  MemoryJournal disk;
  CoreHarness core(disk, {2, 256 << 20, 1 << 30}, 1);
  std::vector<std::future<gateway::IngestReply>> replies;
  std::size_t busy = 0;
  for (int i = 0; i < 200; ++i) {
    const auto done = std::make_shared<std::promise<gateway::IngestReply>>();
    replies.push_back(done->get_future());
    core.pipeline().submit(batch_of("M1", i * 10, 10),
                           [done](gateway::IngestReply&& reply) { done->set_value(std::move(reply)); });
  }
  for (auto& future : replies) {
    const auto reply = future.get();
    if (reply.turned_away == gateway::Reason::busy) ++busy;
    EXPECT_TRUE(reply.turned_away ? reply.retry_after_ms > 0 : reply.stored == 10);
  }
  EXPECT_GT(busy, 0U);
}

TEST(Core, TheSameValueUnderAnotherRevisionIsNoConflictAndAnotherValueIs) {
  MemoryJournal disk;
  CoreHarness core(disk);
  const auto write = [&](std::int64_t value, std::uint64_t revision) {
    gateway::Batch batch;
    batch.meter("M1");
    Fact fact;
    fact.reg = kImport;
    fact.value = value;
    fact.revision = revision;
    batch.add(fact);
    EXPECT_EQ(core.submit(std::move(batch)).stored, 1U);
    const auto answer = core.query().readings(everything("M1"));
    EXPECT_EQ(answer->rows.size(), 1U);
    EXPECT_EQ(answer->rows[0].fact.value, value);
    return answer->rows[0].conflict;
  };
  EXPECT_FALSE(write(5, 1));
  EXPECT_FALSE(write(5, 2));
  EXPECT_TRUE(write(6, 3));
}

TEST(Core, APageOfMetersGoesOnWhereTheLastEnded) {
  MemoryJournal disk;
  CoreHarness core(disk);
  for (int i = 0; i < 95; ++i) ASSERT_EQ(core.submit(batch_of("M" + std::to_string(100 + i), 0, 1)).stored, 1U);
  ASSERT_EQ(core.submit(batch_of("X1", 0, 1)).stored, 1U);
  std::vector<std::string> seen;
  std::string after;
  for (;;) {
    const auto page = core.query().meters("M", after, 10);
    ASSERT_TRUE(page);
    for (const auto& meter : page->meters) seen.push_back(meter.id);
    if (!page->next) break;
    after = *page->next;
  }
  EXPECT_EQ(seen.size(), 95U);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST(Core, TextFactsKeepTheirTextAcrossSealingAndRestart) {
  MemoryJournal disk;
  CoreHarness core(disk);
  gateway::Batch batch;
  batch.meter("M1");
  batch.add_text(obis(0, 0, 96, 1, 1), 1000, "E0047007316506180");
  ASSERT_EQ(core.submit(std::move(batch)).stored, 1U);
  for (const bool checkpoint : {false, true}) {
    core.stop(checkpoint);
    core.start();
    const auto answer = core.query().readings({"M1", obis(0, 0, 96, 1, 1), 0, 2000, 10});
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->rows.size(), 1U);
    EXPECT_EQ(answer->rows[0].text, "E0047007316506180");
    EXPECT_EQ(core.query().meter("M1")->registers.at(0).last_text, "E0047007316506180");
  }
}

TEST(Core, AQuestionThatComesUponADamagedChunkSaysOfWhichShard) {
  MemoryJournal memory;
  FaultyJournal disk(memory);
  CoreHarness core(disk);
  ASSERT_EQ(core.submit(batch_of("M", 0, 40)).stored, 40U);
  core.stop(true);
  core.start();
  EXPECT_TRUE(core.query().readings(everything("M"))->complete);
  EXPECT_TRUE(core.damaged().empty());
  ASSERT_TRUE(disk.flip_bit(persistence::Table::series, 0, 150));
  EXPECT_FALSE(core.query().readings(everything("M"))->complete);
  EXPECT_EQ(core.damaged(), std::vector<ShardId>{core.key().shard_of("M")});
  http::IntervalsQuery intervals;
  intervals.meter = "M";
  intervals.reg = kImport;
  intervals.to_ms = 40 * kQuarter;
  EXPECT_FALSE(core.query().intervals(intervals)->complete);
  EXPECT_EQ(core.damaged().size(), 2U);
}

}  // namespace
}  // namespace wattring::app
