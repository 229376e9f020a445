// SPDX-License-Identifier: Apache-2.0
#include "node/actor/shutdown.hpp"

#include <gtest/gtest.h>

#include "node/actor/testkit/test_kit.hpp"
#include "tests/actor/actors.hpp"

namespace wattring::actor {
namespace {

using testkit::TestKit;
using Done = CoordinatedShutdown::Done;

class Shutdown : public ::testing::Test {
 protected:
  void add(const std::string& phase, const std::string& name) {
    ASSERT_TRUE(shutdown.add(phase, name, [this, name](const Done& done) {
      journal->push_back(name);
      done();
    }));
  }
  void run() {
    shutdown.run([this](const CoordinatedShutdown::Report& all) { report = all; });
    kit.run();
  }

  TestKit kit;
  CoordinatedShutdown shutdown{kit.system()};
  Journal journal = make_journal();
  CoordinatedShutdown::Report report;
};

TEST_F(Shutdown, RunsPhasesInTheirOrderWhateverTheOrderOfTheTasks) {
  for (const char* phase : {"close", "leave", "checkpoint", "hand-over", "drain", "stop-doors"}) add(phase, phase);
  run();
  EXPECT_EQ(*journal, (std::vector<std::string>{"stop-doors", "drain", "hand-over", "checkpoint", "leave", "close"}));
  ASSERT_EQ(report.size(), 6U);
  for (const ShutdownRow& row : report) EXPECT_EQ(row.outcome, ShutdownRow::Outcome::done);
}

TEST_F(Shutdown, APhaseWaitsForAllItsTasks) {
  Done finish_later;
  ASSERT_TRUE(shutdown.add("drain", "slow", [&](const Done& done) { finish_later = done; }));
  add("drain", "fast");
  add("close", "last");
  run();
  EXPECT_EQ(*journal, std::vector<std::string>{"fast"});
  EXPECT_EQ(shutdown.current_phase(), "drain");
  kit.advance(1'000);
  finish_later();
  EXPECT_EQ(journal->back(), "last");
  EXPECT_EQ(shutdown.current_phase(), "");
  EXPECT_EQ(report[1].took_ms, 1'000);
}

TEST_F(Shutdown, AStuckTaskDelaysTheEndButDoesNotPreventIt) {
  Done too_late;
  ASSERT_TRUE(shutdown.add("drain", "stuck", [&](const Done& done) { too_late = done; }));
  add("close", "last");
  run();
  EXPECT_TRUE(journal->empty());
  kit.advance(5'000);
  EXPECT_EQ(*journal, std::vector<std::string>{"last"});
  too_late();
  ASSERT_EQ(report.size(), 2U);
  EXPECT_EQ(report[0].outcome, ShutdownRow::Outcome::timed_out);
}

TEST_F(Shutdown, ATaskThatThrowsFailsAlone) {
  ASSERT_TRUE(shutdown.add("drain", "bad", [](const Done&) { throw std::runtime_error("no"); }));
  add("drain", "good");
  run();
  ASSERT_EQ(report.size(), 2U);
  EXPECT_EQ(report[0].outcome, ShutdownRow::Outcome::failed);
  EXPECT_EQ(report[1].outcome, ShutdownRow::Outcome::done);
}

TEST_F(Shutdown, ASecondRunWaitsForTheSameEnd) {
  Done finish_later;
  ASSERT_TRUE(shutdown.add("drain", "slow", [&](const Done& done) { finish_later = done; }));
  run();
  int told = 0;
  shutdown.run([&](const CoordinatedShutdown::Report&) { ++told; });
  EXPECT_EQ(told, 0);
  finish_later();
  EXPECT_EQ(told, 1);
  shutdown.run([&](const CoordinatedShutdown::Report&) { ++told; });
  EXPECT_EQ(told, 2);
}

TEST_F(Shutdown, RefusesUnknownPhasesAndLateTasks) {
  EXPECT_EQ(shutdown.add("lunch", "x", [](const Done& done) { done(); }).error().code, ErrorCode::not_found);
  run();
  EXPECT_EQ(shutdown.add("drain", "x", [](const Done& done) { done(); }).error().code, ErrorCode::busy);
}

TEST_F(Shutdown, StopAndWaitIsDoneWhenTheActorsQueuedWorkIs) {
  const ActorRef actor = kit.spawn(recorder(journal), "a");
  actor.tell(Text{"one"});
  ASSERT_TRUE(shutdown.add("drain", "a", stop_and_wait(kit.system(), actor)));
  add("close", "last");
  run();
  EXPECT_EQ(*journal, (std::vector<std::string>{"a started", "a one", "a stopped", "last"}));
}

}  // namespace
}  // namespace wattring::actor
