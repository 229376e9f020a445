// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>
#include <thread>

#include "base/prng.hpp"
#include "persistence/memory_journal.hpp"
#include "tests/node/core_harness.hpp"
#include "tests/support/faulty_journal.hpp"

namespace wattring::app {
namespace {

using persistence::MemoryJournal;

const Register kImport = obis(1, 0, 1, 8, 0);
constexpr std::int64_t kQuarter = 15 * kMsPerMinute;

/// Throws for the facts that have a poisonous value, so often.
class Poison final : public meter::FoldFault {
 public:
  static constexpr std::int64_t kValue = 666;
  std::atomic<int> left{1 << 30};
  std::atomic<int> thrown{0};
  void folding(std::string_view, const Fact& fact) override {
    if (fact.value != kValue || left.load() == 0) return;
    --left;
    ++thrown;
    throw std::runtime_error("value 666");
  }
};

ShardWorkers::Options options_with(Poison& poison) {
  ShardWorkers::Options options;
  options.fault = &poison;
  options.passivate_after_ms = 0;
  return options;
}

void add(gateway::Batch& batch, const std::string& meter, std::int64_t first, int count, int poisonous = -1) {
  batch.meter(meter);
  for (std::int64_t q = first; q < first + count; ++q)
    batch.add({kImport, q * kQuarter, q * kQuarter, q - first == poisonous ? Poison::kValue : q * 10, 0,
               Quality::actual, 0, 0});
}

gateway::Batch batch_of(const std::string& meter, std::int64_t first, int count, int poisonous = -1) {
  gateway::Batch batch;
  add(batch, meter, first, count, poisonous);
  return batch;
}

std::size_t readings(CoreHarness& core, const std::string& meter) {
  const auto answer = core.query().readings({meter, kImport, 0, 1LL << 45, 100'000});
  return answer ? answer->rows.size() : 0;
}

TEST(Quarantine, APoisonedMessageIsPutAsideWholeAndEverybodyGoesOn) {
  MemoryJournal disk;
  Poison poison;
  CoreHarness core(disk, options_with(poison));
  ASSERT_EQ(core.submit(batch_of("M1", 0, 3)).stored, 3U);
  gateway::Batch batch;
  add(batch, "M1", 10, 5, 2);
  for (int i = 2; i < 40; ++i) add(batch, "M" + std::to_string(i), 10, 4);
  ASSERT_NE(core.submit(std::move(batch)).stored, 0U);
  ASSERT_EQ(core.submit(batch_of("M1", 20, 2)).stored, 2U);
  EXPECT_EQ(readings(core, "M1"), 5U);
  EXPECT_EQ(core.query().meter("M1")->last_time_ms, 21 * kQuarter);
  for (int i = 2; i < 40; ++i) EXPECT_EQ(readings(core, "M" + std::to_string(i)), 4U);
  EXPECT_EQ(poison.thrown, 3);
  const auto rows = core.workers().quarantine_list();
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ(rows->front().meter, "M1");
  EXPECT_EQ(rows->front().readings, 5U);
  EXPECT_EQ(rows->front().time_ms, 10 * kQuarter);
  EXPECT_EQ(rows->front().failure, "value 666");
}

TEST(Quarantine, OfANewMeterNothingIsLeftBehind) {
  MemoryJournal disk;
  Poison poison;
  CoreHarness core(disk, options_with(poison));
  ASSERT_EQ(core.submit(batch_of("M1", 0, 3, 1)).stored, 3U);
  EXPECT_FALSE(core.query().meter("M1"));
  EXPECT_TRUE(core.query().meters("", "", 10)->meters.empty());
}

TEST(Quarantine, AFailureThatPassesCostsARestartAndNoReading) {
  MemoryJournal disk;
  Poison poison;
  poison.left = 2;
  CoreHarness core(disk, options_with(poison));
  ASSERT_EQ(core.submit(batch_of("M1", 0, 3)).stored, 3U);
  ASSERT_EQ(core.submit(batch_of("M1", 10, 5, 4)).stored, 5U);
  EXPECT_EQ(readings(core, "M1"), 8U);
  EXPECT_TRUE(core.workers().quarantine_list()->empty());
  const std::string path = "/shards/" + std::to_string(core.key().shard_of("M1").value) + "/M1";
  const auto row = core.workers().actors(path, 0);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->front().restarts, 2U);
  EXPECT_EQ(row->front().last_failure, "value 666");
  EXPECT_EQ(row->front().state, "running");
}

TEST(Quarantine, AMeterThatFailsAgainAndAgainIsNotTriedAnyMoreForAWhile) {
  MemoryJournal disk;
  Poison poison;
  CoreHarness core(disk, options_with(poison));
  for (int i = 0; i < 30; ++i) ASSERT_EQ(core.submit(batch_of("M1", i * 10, 2, 0)).stored, 2U);
  EXPECT_EQ(core.workers().quarantine_list()->size(), 30U);
  EXPECT_LE(poison.thrown, 9);
  const std::string shard = "/shards/" + std::to_string(core.key().shard_of("M1").value);
  EXPECT_EQ(core.workers().actors(shard, 0)->front().restarts, 9U);
}

TEST(Quarantine, IsKeptOverACrashAndOverACheckpoint) {
  MemoryJournal disk;
  Poison poison;
  CoreHarness core(disk, options_with(poison));
  ASSERT_EQ(core.submit(batch_of("M1", 0, 5, 2)).stored, 5U);
  const auto before = core.workers().quarantine_list();
  for (const bool checkpoint : {false, true, false}) {
    core.stop(checkpoint);
    core.start();
    ASSERT_FALSE(core.query().meter("M1"));
    const auto after = core.workers().quarantine_list();
    ASSERT_TRUE(after);
    ASSERT_EQ(after->size(), 1U);
    EXPECT_EQ(after->front().id, before->front().id);
    EXPECT_EQ(after->front().since_ms, before->front().since_ms);
  }
  EXPECT_FALSE((*disk.read())->last_key(persistence::Table::journal));
  EXPECT_EQ(poison.thrown, 3);
}

/// Rows that are still on their way to the disk make it busy for a moment.
Result<void> release(CoreHarness& core, const std::string& id) {
  for (;;) {
    auto released = core.workers().release(id);
    if (released || released.error().code != ErrorCode::busy) return released;
    std::this_thread::yield();
  }
}

TEST(Quarantine, ReleasedReadingsAreTheMetersAgainAndDroppedOnesGone) {
  MemoryJournal disk;
  Poison poison;
  CoreHarness core(disk, options_with(poison));
  ASSERT_EQ(core.submit(batch_of("M1", 0, 5, 2)).stored, 5U);
  ASSERT_EQ(core.submit(batch_of("M2", 0, 4, 2)).stored, 4U);
  const auto rows = core.workers().quarantine_list();
  ASSERT_EQ(rows->size(), 2U);
  const std::string first = rows->at(0).meter == "M1" ? rows->at(0).id : rows->at(1).id;
  const std::string second = rows->at(0).meter == "M1" ? rows->at(1).id : rows->at(0).id;
  const auto failed = release(core, first);
  EXPECT_FALSE(failed);
  EXPECT_EQ(core.workers().quarantine_list()->size(), 2U);
  poison.left = 0;
  EXPECT_TRUE(release(core, first));
  EXPECT_TRUE(core.workers().drop(second));
  EXPECT_TRUE(core.workers().quarantine_list()->empty());
  EXPECT_EQ(release(core, first).error().code, ErrorCode::not_found);
  EXPECT_EQ(core.workers().drop("nonsense").error().code, ErrorCode::invalid_argument);
  for (const bool checkpoint : {false, true}) {
    EXPECT_EQ(readings(core, "M1"), 5U);
    EXPECT_EQ(readings(core, "M2"), 0U);
    core.stop(checkpoint);
    core.start();
    EXPECT_TRUE(core.workers().quarantine_list()->empty());
  }
}

TEST(Quarantine, ARowThatIsNotOnTheDiskKeepsItsRecordInTheJournal) {
  MemoryJournal disk;
  test::FaultyJournal faulty(disk);
  Poison poison;
  CoreHarness core(faulty, options_with(poison));
  faulty.refuse_put(persistence::Table::quarantine);
  ASSERT_EQ(core.submit(batch_of("M1", 0, 5, 2)).stored, 5U);
  ASSERT_TRUE(core.workers().quarantine_list());
  core.stop(true);
  EXPECT_TRUE((*disk.read())->last_key(persistence::Table::quarantine).error().code == ErrorCode::not_found);
  poison.left = 0;
  core.start();
  EXPECT_EQ(readings(core, "M1"), 5U);
}

TEST(Quarantine, WithEverythingThatHappensNoReadingIsLost) {
  for (std::uint64_t seed = 1; seed <= 15; ++seed) {
    Prng prng(seed);
    MemoryJournal disk;
    test::FaultyJournal faulty(disk);
    Poison poison;
    ShardWorkers::Options options = options_with(poison);
    options.unsealed_bytes_max = 64 << 10;
    CoreHarness core(faulty, options);
    std::map<std::string, std::set<std::int64_t>> sent;
    for (int step = 0; step < 60; ++step) {
      const std::string meter = "M" + std::to_string(prng.below(6));
      const auto first = static_cast<std::int64_t>(step * 30);
      const int count = 1 + static_cast<int>(prng.below(20));
      const int poisonous = prng.chance(0.3) ? static_cast<int>(prng.below(20)) : -1;
      const auto reply = core.submit(batch_of(meter, first, count, poisonous));
      for (int i = 0; reply.stored != 0 && i < count; ++i) sent[meter].insert(first + i);
      poison.left = prng.chance(0.2) ? 2 : 1 << 30;
      if (prng.chance(0.1)) core.workers().request_checkpoint();
      if (prng.chance(0.2)) core.workers().request_passivation();
      if (prng.chance(0.05)) faulty.fail_commit(1 + prng.below(3), test::FaultyJournal::Fault::refuse);
      if (prng.chance(0.1)) {
        core.stop(prng.chance(0.5));
        faulty.crash();
        core.start();
      }
    }
    core.stop(prng.chance(0.5));
    core.start();
    poison.left = 0;
    const auto rows = core.workers().quarantine_list();
    ASSERT_TRUE(rows);
    for (const auto& row : *rows) ASSERT_TRUE(release(core, row.id)) << "seed " << seed;
    for (const auto& [meter, quarters] : sent) EXPECT_EQ(readings(core, meter), quarters.size()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace wattring::app
