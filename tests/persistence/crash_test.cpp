// SPDX-License-Identifier: Apache-2.0
// kill -9 in the middle of commits: what was reported as committed is there after reopening, and nothing by halves.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

#include "base/bytes.hpp"
#include "base/prng.hpp"
#include "persistence/data_directory.hpp"
#include "persistence/format.hpp"
#include "persistence/journal_writer.hpp"
#include "persistence/recovery.hpp"
#include "persistence/verify.hpp"
#include "tests/persistence/sample_records.hpp"
#include "tests/support/temp_directory.hpp"

namespace wattring::persistence {
namespace {

DataDirectory::Options small() {
  DataDirectory::Options options;
  options.journal.map_bytes = 1U << 30U;
  return options;
}

std::string payload_of(std::uint64_t number) {
  Prng random(number);
  std::string payload = std::to_string(number) + ":";
  payload.resize(payload.size() + random.below(40'000), static_cast<char>('a' + number % 26));
  return payload;
}

// A slice whose two rows must be there together; its number is the greatest record it may be written after.
std::vector<OwnedOp> slice_of(std::uint64_t number) {
  const auto sealed = [&](std::string_view key) { return seal_value(std::to_string(number), position_of(key)); };
  return {{WriteOp::Kind::put, Table::catalog, "left", sealed("left")},
          {WriteOp::Kind::put, Table::catalog, "right", sealed("right")}};
}

// The child: appends without end, reports the LSN of each commit through the pipe, truncates behind itself.
[[noreturn]] void write_for_ever(const std::filesystem::path& path, int report, std::uint8_t round) {
  auto directory = DataDirectory::open(path, small());
  if (!directory) _exit(2);
  Journal& journal = (*directory)->journal();
  const Lsn next = *next_lsn(**journal.read());
  SystemClock clock;
  Metrics metrics;
  JournalWriter::Options options;
  options.reserve_bytes = 1U << 20U;
  JournalWriter writer(journal, next, options, clock, metrics, Log::silent());
  writer.start();
  std::atomic<int> waiting{0};
  test::Streams streams(round);
  for (std::uint64_t lsn = next.value;; ++lsn) {
    std::string record = streams.add(static_cast<std::uint16_t>(lsn % 7), payload_of(lsn)).finish();
    while (waiting.load() > 20) std::this_thread::yield();
    ++waiting;
    const auto queued = writer.append(std::move(record), [&](const Appended& done) {
      --waiting;
      if (done.status != CommitStatus::committed) _exit(3);
      if (::write(report, &done.lsn.value, sizeof(done.lsn.value)) != sizeof(done.lsn.value)) _exit(4);
    });
    if (!queued) _exit(5);
    if (lsn % 5 == 0) (void)writer.write(slice_of(lsn), {});
    if (lsn % 50 == 0) writer.truncate_before(Lsn{lsn - 40});
  }
}

std::uint64_t run_and_kill(const std::filesystem::path& path, std::uint8_t round) {
  int report[2];
  if (pipe(report) != 0) return 0;
  const pid_t child = fork();
  if (child == 0) {
    close(report[0]);
    write_for_ever(path, report[1], round);
  }
  close(report[1]);
  std::uint64_t last = 0;
  std::uint64_t lsn = 0;
  Prng random(round);
  const std::uint64_t enough = 30 + random.below(150);
  for (std::uint64_t n = 0; n < enough && read(report[0], &lsn, sizeof(lsn)) == sizeof(lsn); ++n) last = lsn;
  std::this_thread::sleep_for(std::chrono::microseconds(random.below(3000)));
  kill(child, SIGKILL);
  // What it reported until it died counts too.
  while (read(report[0], &lsn, sizeof(lsn)) == sizeof(lsn)) last = lsn;
  close(report[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself, exit " << WEXITSTATUS(status);
  return last;
}

void check(const std::filesystem::path& path, std::uint64_t reported) {
  auto options = small();
  options.journal.read_only = true;
  const auto directory = DataDirectory::open(path, options);
  ASSERT_TRUE(directory) << directory.error().text();
  const auto snapshot = *(*directory)->journal().read();
  const auto found = verify(*snapshot, {}, {}, [](std::string_view line) { ADD_FAILURE() << line; });
  ASSERT_TRUE(found && found->ok());
  const Lsn first = *first_lsn(*snapshot);
  const Lsn next = *next_lsn(*snapshot);
  EXPECT_GT(next.value, reported) << "an acknowledged record is gone";
  EXPECT_LE(first.value, reported);
  std::uint64_t expected = first.value;
  ASSERT_TRUE(read_tail(*snapshot, Lsn{0},
                        [&](Lsn lsn, const EntryView& entry) {
                          EXPECT_EQ(lsn.value, expected++);
                          EXPECT_EQ(entry.payload, payload_of(lsn.value));
                        },
                        {}));
  EXPECT_EQ(expected, next.value);
  const auto left = snapshot->get(Table::catalog, "left");
  const auto right = snapshot->get(Table::catalog, "right");
  ASSERT_EQ(left.has_value(), right.has_value());
  if (left) {
    EXPECT_EQ(*open_value(*left, position_of("left")), *open_value(*right, position_of("right"))) << "half a slice";
  }
}

TEST(Crash, EverythingReportedSurvivesKill9) {
  const test::TempDirectory temp;
  const auto path = temp.path() / "data";
  Identity identity;
  identity.cluster_name = "c";
  identity.node_name = "n";
  identity.shard_count = 64;
  ASSERT_TRUE(DataDirectory::init(path, identity));
  for (std::uint8_t round = 1; round <= 8; ++round) {
    const std::uint64_t reported = run_and_kill(path, round);
    ASSERT_GT(reported, 0U);
    check(path, reported);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace wattring::persistence
