// SPDX-License-Identifier: Apache-2.0
#include "persistence/journal_writer.hpp"
#include "base/units.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "persistence/keys.hpp"
#include "persistence/lmdb_journal.hpp"
#include "persistence/memory_journal.hpp"
#include "persistence/record.hpp"
#include "persistence/recovery.hpp"
#include "tests/persistence/sample_records.hpp"
#include "tests/support/faulty_journal.hpp"
#include "tests/support/temp_directory.hpp"

namespace wattring::persistence {
namespace {

using test::FaultyJournal;
using test::Streams;

constexpr int kThreads = 4;
constexpr int kEach = 300;

std::string record(std::size_t bytes = 10) {
  return Streams(1).add(1, std::string(bytes, 'x')).finish();
}

JournalWriter::Options small_reserve() {
  JournalWriter::Options options;
  options.usage_check_interval_ms = 5;
  options.reserve_bytes = 0;
  return options;
}

class JournalWriterTest : public ::testing::Test {
 protected:
  JournalWriter& make(JournalWriter::Options options, Journal& journal) {
    writer_ = std::make_unique<JournalWriter>(journal, *next_lsn(**journal.read()), std::move(options), clock_,
                                              metrics_, Log::silent());
    return *writer_;
  }
  JournalWriter& make(JournalWriter::Options options) { return make(std::move(options), journal_); }

  /// Appends and waits for the outcome.
  Appended append(std::size_t bytes = 10) {
    std::promise<Appended> outcome;
    const auto queued = writer_->append(record(bytes), [&](const Appended& a) { outcome.set_value(a); });
    if (!queued) return {CommitStatus::refused, Lsn{0}, queued.error()};
    return outcome.get_future().get();
  }
  CommitResult write(std::vector<OwnedOp> slice) {
    std::promise<CommitResult> outcome;
    const auto queued = writer_->write(std::move(slice), [&](const CommitResult& r) { outcome.set_value(r); });
    if (!queued) return {CommitStatus::refused, queued.error()};
    return outcome.get_future().get();
  }
  /// The state follows the disk within one look at it.
  bool reserve_becomes(bool reached) {
    for (int i = 0; i < 2000; ++i) {
      if (writer_->reserve_reached() == reached) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return false;
  }

  SystemClock clock_;
  Metrics metrics_;
  MemoryJournal disk_;
  FaultyJournal journal_{disk_};
  std::unique_ptr<JournalWriter> writer_;
};

TEST_F(JournalWriterTest, AppendsAreCommittedInOrderAndToldTheirLsn) {
  make(small_reserve()).start();
  EXPECT_EQ(append().lsn, Lsn{1});
  const auto second = append();
  EXPECT_EQ(second.status, CommitStatus::committed);
  EXPECT_EQ(second.lsn, Lsn{2});
  EXPECT_EQ(*next_lsn(**disk_.read()), Lsn{3});
}

TEST_F(JournalWriterTest, ItGoesOnWhereTheJournalEnded) {
  make(small_reserve()).start();
  (void)append();
  make(small_reserve()).start();
  EXPECT_EQ(append().lsn, Lsn{2});
}

TEST_F(JournalWriterTest, EveryAppendOfManyThreadsIsCompletedExactlyOnce) {
  make(small_reserve()).start();
  std::atomic<int> committed{0};
  std::atomic<int> completed{0};
  int taken = 0;
  std::mutex mutex;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        const auto queued = writer_->append(record(), [&](const Appended& a) {
          ++completed;
          if (a.status == CommitStatus::committed) ++committed;
        });
        const std::lock_guard lock(mutex);
        if (queued) {
          ++taken;
        } else {
          EXPECT_EQ(queued.error().code, ErrorCode::busy);
        }
      }
    });
  for (auto& thread : threads) thread.join();
  writer_->stop();
  EXPECT_EQ(completed.load(), taken);
  EXPECT_EQ(committed.load(), taken);
  EXPECT_EQ(next_lsn(**disk_.read())->value, static_cast<std::uint64_t>(taken) + 1);
}

TEST_F(JournalWriterTest, StopCommitsWhatIsQueuedAndRefusesWhatComesAfter) {
  auto options = small_reserve();
  options.queue_records_max = 3;
  make(options);
  std::atomic<int> committed{0};
  const auto count = [&](const Appended& a) { committed += a.status == CommitStatus::committed ? 1 : 0; };
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(writer_->append(record(), count));
  EXPECT_EQ(writer_->append(record(), count).error().code, ErrorCode::busy) << "nothing is taken out before start()";
  writer_->start();
  writer_->stop();
  EXPECT_EQ(committed.load(), 3);
  EXPECT_EQ(writer_->append(record(), count).error().code, ErrorCode::busy);
  writer_->stop();
  EXPECT_EQ(committed.load(), 3);
}

TEST_F(JournalWriterTest, AWriterThatNeverStartedRefusesWhatItTook) {
  make(small_reserve());
  int refused = 0;
  ASSERT_TRUE(
      writer_->append(record(), [&](const Appended& a) { refused += a.status == CommitStatus::refused ? 1 : 0; }));
  writer_->stop();
  EXPECT_EQ(refused, 1);
}

TEST_F(JournalWriterTest, ACallbackMayAppendAgain) {
  make(small_reserve()).start();
  std::promise<Lsn> second;
  ASSERT_TRUE(writer_->append(record(), [&](const Appended&) {
    ASSERT_TRUE(writer_->append(record(), [&](const Appended& a) { second.set_value(a.lsn); }));
  }));
  EXPECT_EQ(second.get_future().get(), Lsn{2});
}

TEST_F(JournalWriterTest, SlicesAreWrittenWhole) {
  make(small_reserve()).start();
  const auto done =
      write({{WriteOp::Kind::put, Table::meter, "m", "snapshot"}, {WriteOp::Kind::put, Table::applied, "s", "1"}});
  EXPECT_EQ(done.status, CommitStatus::committed);
  EXPECT_EQ(*(*disk_.read())->get(Table::meter, "m"), "snapshot");
  EXPECT_EQ(*(*disk_.read())->get(Table::applied, "s"), "1");
}

TEST_F(JournalWriterTest, TruncationHappensByItself) {
  make(small_reserve()).start();
  for (int i = 0; i < 40; ++i) (void)append();
  writer_->truncate_before(Lsn{40});
  writer_->stop();
  EXPECT_EQ(*first_lsn(**disk_.read()), Lsn{40});
}

TEST_F(JournalWriterTest, ARefusedCommitIsToldAndTheNextGoesOn) {
  make(small_reserve()).start();
  journal_.fail_commit(1, FaultyJournal::Fault::refuse);
  const auto refused = append();
  EXPECT_EQ(refused.status, CommitStatus::refused);
  EXPECT_EQ(refused.error.code, ErrorCode::io);
  EXPECT_FALSE(writer_->failed());
  EXPECT_EQ(append().lsn, Lsn{1});
}

TEST_F(JournalWriterTest, AfterAnUnknownOutcomeNothingIsWrittenAnyMore) {
  make(small_reserve()).start();
  journal_.fail_commit(1, FaultyJournal::Fault::unknown_there);
  EXPECT_EQ(append().status, CommitStatus::unknown);
  EXPECT_TRUE(writer_->failed());
  EXPECT_EQ(append().error.code, ErrorCode::unknown_outcome);
  EXPECT_EQ(write({}).error.code, ErrorCode::unknown_outcome);
  writer_->stop();
  EXPECT_EQ(journal_.commits(), 1U);
}

TEST_F(JournalWriterTest, TheReserveRefusesReadingsAndEndsByItself) {
  auto options = small_reserve();
  options.reserve_bytes = 1000;
  make(options).start();
  EXPECT_EQ(append().status, CommitStatus::committed);
  journal_.set_no_space(true);
  ASSERT_TRUE(reserve_becomes(true));
  EXPECT_EQ(append().error.code, ErrorCode::no_space);
  EXPECT_NE(metrics_.prometheus_text().find("wattring_disk_reserve 1"), std::string::npos);
  journal_.set_no_space(false);
  ASSERT_TRUE(reserve_becomes(false));
  EXPECT_EQ(append().status, CommitStatus::committed);
}

TEST_F(JournalWriterTest, AFullMapTurnsIntoRefusalsAndTruncationGivesTheRoomBack) {
  const test::TempDirectory directory;
  LmdbJournal::Options journal_options;
  journal_options.map_bytes = 16U << 20U;
  const auto journal = LmdbJournal::open(directory.path(), journal_options);
  ASSERT_TRUE(journal) << journal.error().message;
  auto options = small_reserve();
  options.reserve_bytes = 4U << 20U;
  make(options, **journal).start();
  Appended last;
  Lsn stored{0};
  for (int i = 0; i < 1000 && last.status == CommitStatus::committed; ++i) {
    last = append(100'000);
    if (last.status == CommitStatus::committed) stored = last.lsn;
  }
  EXPECT_EQ(last.error.code, ErrorCode::no_space) << last.error.message;
  EXPECT_GT(stored.value, 80U) << "most of 16 MiB less the reserve must be usable";
  EXPECT_LT(stored.value, 135U);
  EXPECT_FALSE(writer_->failed());
  // Checkpoints go on, and what they make room for ends the reserve.
  EXPECT_EQ(write({{WriteOp::Kind::put, Table::series, "chunk", std::string(500'000, 'c')}}).status,
            CommitStatus::committed);
  writer_->truncate_before(Lsn{stored.value});
  ASSERT_TRUE(reserve_becomes(false));
  EXPECT_EQ(append(100'000).status, CommitStatus::committed);
  writer_.reset();
}

TEST_F(JournalWriterTest, MetricsShowCommitsAndSizes) {
  make(small_reserve()).start();
  (void)append();
  writer_->stop();
  const std::string text = metrics_.prometheus_text();
  for (const std::string_view line :
       {"wattring_journal_commits_total 1", "wattring_journal_records_total 1",
        "wattring_journal_commit_seconds_count 1", "wattring_journal_bytes{kind=\"used\"}",
        "wattring_journal_bytes{kind=\"map\"}", "wattring_journal_bytes{kind=\"reusable\"}",
        "wattring_journal_bytes{kind=\"on_disk\"}", "wattring_journal_oldest_reader_lag 0", "wattring_disk_reserve 0"})
    EXPECT_NE(text.find(line), std::string::npos) << line;
}

TEST(DiskReserve, IsFivePercentWithinBounds) {
  EXPECT_EQ(default_reserve_bytes(0), 256 * kMiB);
  EXPECT_EQ(default_reserve_bytes(100'000 * kMiB), 5000 * kMiB);
  EXPECT_EQ(default_reserve_bytes(std::uint64_t{100} << 40U), std::uint64_t{16} << 30U);
}

TEST(DiskReserve, CountsFreePagesOfTheFileAndTheMapsLimit) {
  JournalUsage usage;
  usage.map_bytes = 10'000;
  usage.file_bytes = 9'500;
  usage.disk_free_bytes = 1'000'000;
  EXPECT_TRUE(reserve_is_reached(usage, 1000, false)) << "500 bytes are left in the map";
  usage.reusable_bytes = 600;
  EXPECT_FALSE(reserve_is_reached(usage, 1000, false));
  EXPECT_TRUE(reserve_is_reached(usage, 1000, true)) << "it ends with an eighth more only";
  usage.reusable_bytes = 700;
  EXPECT_FALSE(reserve_is_reached(usage, 1000, true));
  usage.disk_free_bytes = 200;
  usage.reusable_bytes = 5000;
  EXPECT_TRUE(reserve_is_reached(usage, 1000, false)) << "free pages do not help a volume without any free block";
}

}  // namespace
}  // namespace wattring::persistence
