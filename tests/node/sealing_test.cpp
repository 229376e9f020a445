// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "base/prng.hpp"
#include "node/meter/slicer.hpp"
#include "persistence/memory_journal.hpp"
#include "tests/node/core_harness.hpp"
#include "tests/support/faulty_journal.hpp"

namespace wattring::app {
namespace {

using persistence::MemoryJournal;

const Register kImport = obis(1, 0, 1, 8, 0);
constexpr int kBatches = 24;
constexpr int kBatchReadings = 20'000;
constexpr std::size_t kReadings = std::size_t{kBatches} * kBatchReadings;

/// Values that no codec makes small, so that the shard's seal is cut.
void submit_much(CoreHarness& core) {
  Prng prng(7);
  for (int b = 0; b < kBatches; ++b) {
    gateway::Batch batch;
    batch.meter("M1");
    for (int i = 0; i < kBatchReadings; ++i) {
      const std::int64_t time_ms = (std::int64_t{b} * kBatchReadings + i) * kMsPerSecond;
      batch.add({kImport, time_ms, time_ms, static_cast<std::int64_t>(prng.next() >> 8U), 0, Quality::actual, 0, 0});
    }
    ASSERT_EQ(core.submit(std::move(batch)).stored, std::uint64_t{kBatchReadings});
  }
}

std::size_t readings(CoreHarness& core) {
  const auto answer = core.query().readings({"M1", kImport, 0, 1LL << 45, kReadings + 1});
  return answer ? answer->rows.size() : 0;
}

TEST(Sealing, AShardClaimsNothingThatARefusedSliceDidNotBring) {
  std::uint64_t commits = 3;
  for (std::uint64_t refused = 0; refused <= commits; ++refused) {
    MemoryJournal disk;
    test::FaultyJournal faulty(disk);
    CoreHarness core(faulty);
    submit_much(core);
    const std::uint64_t before = faulty.commits();
    if (refused != 0) faulty.fail_commit(refused, test::FaultyJournal::Fault::refuse);
    core.stop(true);
    if (refused == 0) commits = faulty.commits() - before;
    ASSERT_GE(commits, 3U) << "the seal is not cut";
    core.start();
    EXPECT_EQ(readings(core), kReadings) << "commit " << refused << " of " << commits << " was refused";
  }
}

}  // namespace
}  // namespace wattring::app
