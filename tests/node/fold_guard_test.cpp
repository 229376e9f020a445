// SPDX-License-Identifier: Apache-2.0
#include "node/app/fold_guard.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

#include "persistence/lmdb_journal.hpp"
#include "tests/node/core_harness.hpp"
#include "tests/support/temp_directory.hpp"

namespace wattring::app {
namespace {

const Register kImport = obis(1, 0, 1, 8, 0);

std::string guard_path(const test::TempDirectory& folder) {
  return (folder.path() / "fold-guard").string();
}

TEST(FoldGuard, TwoEndsInsideAShardStopItAndForgivingLetsItGoOn) {
  const test::TempDirectory folder;
  for (int run = 0; run < 3; ++run) {
    const auto guard = FoldGuard::open(guard_path(folder));
    ASSERT_TRUE(guard);
    EXPECT_EQ((*guard)->is_stopped(ShardId{7}), run == 2);
    EXPECT_FALSE((*guard)->is_stopped(ShardId{8}));
    (*guard)->enter(1, ShardId{7});
  }
  const auto guard = FoldGuard::open(guard_path(folder));
  EXPECT_TRUE((*guard)->is_stopped(ShardId{7}));
  (*guard)->forgive(ShardId{7});
  EXPECT_FALSE((*guard)->is_stopped(ShardId{7}));
}

TEST(FoldGuard, AnEndOutsideOfAFoldCountsForNobody) {
  const test::TempDirectory folder;
  for (int run = 0; run < 4; ++run) {
    const auto guard = FoldGuard::open(guard_path(folder));
    (*guard)->enter(0, ShardId{7});
    (*guard)->leave(0);
    EXPECT_FALSE((*guard)->is_stopped(ShardId{7}));
  }
}

TEST(FoldGuard, ADamagedFileIsMadeAnew) {
  const test::TempDirectory folder;
  for (const std::string& content :
       {std::string(), std::string("short"), std::string(5136, 'x'), std::string(9000, '\0')}) {
    std::ofstream(guard_path(folder), std::ios::trunc) << content;
    const auto guard = FoldGuard::open(guard_path(folder));
    ASSERT_TRUE(guard);
    EXPECT_FALSE((*guard)->is_stopped(ShardId{0}));
    (*guard)->enter(0, ShardId{3});
  }
}

/// Ends the process in the fold of one meter's facts.
class Abort final : public meter::FoldFault {
 public:
  std::atomic<bool> on{true};
  void folding(std::string_view meter, const Fact&) override {
    if (!on || meter != "POISON") return;
    std::signal(SIGABRT, SIG_DFL);
    std::abort();
  }
};

gateway::Batch reading_of(const std::string& meter, std::int64_t time_ms) {
  gateway::Batch batch;
  batch.meter(meter);
  batch.add({kImport, time_ms, time_ms, 5, 0, Quality::actual, 0, 0});
  return batch;
}

std::size_t readings(CoreHarness& core, const std::string& meter) {
  const auto answer = core.query().readings({meter, kImport, 0, 1LL << 45, 1000});
  return answer && answer->complete ? answer->rows.size() : 0;
}

/// A node on the folder; what the process ends with is its affair.
struct GuardedNode {
  explicit GuardedNode(const std::filesystem::path& folder)
      : guard(std::move(*FoldGuard::open((folder / "fold-guard").string()))),
        disk(std::move(*persistence::LmdbJournal::open(folder, {}))),
        core(*disk, options()) {}
  ShardWorkers::Options options() {
    ShardWorkers::Options options;
    options.guard = guard.get();
    options.fault = &fault;
    return options;
  }
  Abort fault;
  std::unique_ptr<FoldGuard> guard;
  std::unique_ptr<persistence::LmdbJournal> disk;
  CoreHarness core;
};

/// The signal that ended a process which did this; 0 when it came to its end.
template <class Function>
int signal_of(Function&& function) {
  const pid_t child = fork();
  if (child == 0) {
    function();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

TEST(CrashLoop, AFoldThatEndsTheProcessDoesSoTwiceAndThenItsShardKeepsItsReadingsInTheJournal) {
  const test::TempDirectory folder;
  // Two processes of their own: one that takes the poison, one that reads it back.
  EXPECT_EQ(signal_of([&] {
              GuardedNode node(folder.path());
              for (int i = 0; i < 20; ++i) (void)node.core.submit(reading_of("M" + std::to_string(i), 1000));
              (void)node.core.submit(reading_of("POISON", 1000));
              (void)readings(node.core, "POISON");
            }),
            SIGABRT);
  EXPECT_EQ(signal_of([&] {
              GuardedNode node(folder.path());
              (void)readings(node.core, "POISON");
            }),
            SIGABRT);

  auto node = std::make_unique<GuardedNode>(folder.path());
  const ShardId stopped = node->core.key().shard_of("POISON");
  for (int i = 0; i < 20; ++i) {
    const std::string meter = "M" + std::to_string(i);
    EXPECT_EQ(readings(node->core, meter), node->core.key().shard_of(meter) == stopped ? 0U : 1U);
  }
  EXPECT_EQ(node->core.workers().stopped_shards(), 1U);
  ASSERT_EQ(node->core.submit(reading_of("POISON", 2000)).stored, 1U);
  EXPECT_EQ(node->core.query().meter("POISON").error().code, ErrorCode::busy);
  const std::string path = "/shards/" + std::to_string(stopped.value);
  EXPECT_EQ(node->core.workers().actors(path, 0)->front().state, "journal-only");

  // Neither a checkpoint nor another start loses what waits.
  node->core.stop(true);
  node.reset();
  node = std::make_unique<GuardedNode>(folder.path());
  EXPECT_EQ(node->core.query().meter("POISON").error().code, ErrorCode::busy);
  ASSERT_EQ(node->core.submit(reading_of("POISON", 3000)).stored, 1U);
  node->fault.on = false;
  EXPECT_TRUE(node->core.workers().resume(stopped));
  EXPECT_EQ(node->core.workers().stopped_shards(), 0U);
  EXPECT_EQ(readings(node->core, "POISON"), 3U);
  EXPECT_EQ(node->core.workers().resume(stopped).error().code, ErrorCode::invalid_argument);
  node->core.stop(true);
  node.reset();
  node = std::make_unique<GuardedNode>(folder.path());
  EXPECT_EQ(node->core.workers().stopped_shards(), 0U);
  EXPECT_EQ(readings(node->core, "POISON"), 3U);
}

TEST(CrashLoop, AKillWhileInnocentShardsAreFoldedStopsNobody) {
  const test::TempDirectory folder;
  for (int run = 0; run < 3; ++run) {
    EXPECT_EQ(signal_of([&] {
                GuardedNode node(folder.path());
                (void)node.core.submit(reading_of("M1", 1000 + run));
                (void)readings(node.core, "M1");
                node.guard->enter(0, ShardId{5});
                std::raise(SIGKILL);
              }),
              SIGKILL);
  }
  GuardedNode node(folder.path());
  EXPECT_EQ(readings(node.core, "M1"), 3U);
  EXPECT_EQ(node.core.workers().stopped_shards(), 0U);
}

}  // namespace
}  // namespace wattring::app
