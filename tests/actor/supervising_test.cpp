// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "node/actor/testkit/test_kit.hpp"
#include "tests/actor/actors.hpp"

namespace wattring::actor {
namespace {

using testkit::Probe;
using testkit::TestKit;
using Events = std::vector<std::string>;

ActorState state_of(TestKit& kit, std::string_view path) {
  return kit.system().tree(path, 0).value().rows[0].state;
}

int count_of(TestKit& kit, const ActorRef& actor) {
  Probe probe = kit.probe();
  probe.tell(actor, GetCount{});
  return probe.expect_message<Count>().value().value;
}

TEST(Supervision, RestartDropsTheStateAndKeepsTheHandle) {
  TestKit kit;
  const Journal journal = make_journal();
  kit.spawn(family(journal, restart_at_once(), {"a"}), "p");
  const ActorRef a = kit.system().find("/p/a");
  a.tell(Text{"one"});
  a.tell(Fail{"boom"});
  kit.run();
  EXPECT_EQ(*journal, (Events{"a started", "a one", "a restarting: boom", "a started"}));
  EXPECT_EQ(count_of(kit, a), 0);
  EXPECT_EQ(kit.system().stats().restarts, 1U);
}

TEST(Supervision, ResumeKeepsTheStateAndTheMessageIsADeadLetter) {
  TestKit kit;
  const Journal journal = make_journal();
  kit.spawn(family(journal, always(Directive::resume), {"a"}, 3), "p");
  const ActorRef a = kit.system().find("/p/a");
  a.tell(Text{"one"});
  a.tell(Fail{"boom"});
  a.tell(Text{"two"});
  kit.run();
  EXPECT_EQ(*journal, (Events{"a started", "a one", "a two"}));
  EXPECT_EQ(count_of(kit, a), 2);
  EXPECT_EQ(kit.system().stats().dead_letters, 1U);
}

TEST(Supervision, StopEndsTheChildAndItsParentLivesOn) {
  TestKit kit;
  const Journal journal = make_journal();
  kit.spawn(family(journal, always(Directive::stop), {"a", "b"}), "p");
  kit.system().find("/p/a").tell(Fail{"boom"});
  kit.run();
  EXPECT_EQ(*journal, (Events{"a started", "b started", "a stopped"}));
  EXPECT_FALSE(kit.system().find("/p/a"));
  EXPECT_TRUE(kit.system().find("/p/b"));
}

TEST(Supervision, AllForOneRestartsTheSiblingsToo) {
  TestKit kit;
  const Journal journal = make_journal();
  kit.spawn(family(journal, always(Directive::restart, Scope::all_for_one), {"a", "b"}), "p");
  kit.system().find("/p/a").tell(Fail{"boom"});
  kit.run();
  EXPECT_EQ(*journal,
            (Events{"a started", "b started", "a restarting: boom", "a started", "b restarting: boom", "b started"}));
}

TEST(Supervision, AllForOneStopsTheSiblingsAfterTheirQueuedWork) {
  TestKit kit;
  const Journal journal = make_journal();
  kit.spawn(family(journal, always(Directive::stop, Scope::all_for_one), {"a", "b"}), "p");
  kit.system().find("/p/a").tell(Fail{"boom"});
  kit.system().find("/p/b").tell(Text{"one"});
  kit.run();
  EXPECT_EQ(*journal, (Events{"a started", "b started", "b one", "a stopped", "b stopped"}));
}

TEST(Supervision, EscalationFailsTheParentWhoseRestartRebuildsItsChildren) {
  TestKit kit({.root_strategy = restart_at_once()});
  const Journal journal = make_journal();
  kit.spawn(family(journal, always(Directive::escalate), {"a", "b"}), "p");
  kit.system().find("/p/a").tell(Fail{"boom"});
  kit.run();
  EXPECT_EQ(*journal, (Events{"a started", "b started", "a stopped", "b stopped", "a started", "b started"}));
  EXPECT_EQ(kit.system().tree("/p", 0).value().rows[0].restarts, 1U);
  EXPECT_EQ(kit.system().tree("/p", 0).value().rows[0].last_failure, "a: boom");
}

TEST(Supervision, EscalationThatIsResumedAboveResumesTheChildToo) {
  TestKit kit({.root_strategy = always(Directive::resume)});
  const Journal journal = make_journal();
  kit.spawn(family(journal, always(Directive::escalate), {"a"}), "p");
  const ActorRef a = kit.system().find("/p/a");
  a.tell(Text{"one"});
  a.tell(Fail{"boom"});
  EXPECT_EQ(count_of(kit, a), 1);
}

TEST(Supervision, WhatEscalatesToTheRootIsStopped) {
  TestKit kit({.root_strategy = always(Directive::escalate)});
  const Journal journal = make_journal();
  const ActorRef a = kit.spawn(recorder(journal), "a");
  a.tell(Fail{"boom"});
  kit.run();
  EXPECT_EQ(*journal, (Events{"a started", "a stopped"}));
}

TEST(Supervision, ARestartWaitsForItsBackoffAndTheMailboxStaysOpen) {
  Strategy strategy;
  strategy.backoff = {100, 1'000, 2.0, 0.0};
  TestKit kit;
  const Journal journal = make_journal();
  kit.spawn(family(journal, strategy, {"a"}), "p");
  const ActorRef a = kit.system().find("/p/a");
  a.tell(Fail{"boom"});
  EXPECT_EQ(a.tell(Text{"one"}), Delivery::accepted);
  kit.advance(99);
  EXPECT_EQ(*journal, Events{"a started"});
  EXPECT_EQ(state_of(kit, "/p/a"), ActorState::backing_off);
  kit.advance(1);
  EXPECT_EQ(*journal, (Events{"a started", "a restarting: boom", "a started", "a one"}));
}

TEST(Supervision, EachFurtherFailureWaitsLongerUntilAQuietWindowForgivesThem) {
  Strategy strategy;
  strategy.backoff = {100, 10'000, 2.0, 0.0};
  strategy.window_ms = 5'000;
  TestKit kit({.root_strategy = strategy});
  const ActorRef a = kit.spawn(recorder(make_journal()).with_poison_after(4), "a");
  // Each restart of a three times failing message waits twice as long as the one before.
  a.tell(Fail{"boom"});
  const auto restarts_after = [&](std::int64_t ms) {
    kit.advance(ms);
    return kit.system().stats().restarts;
  };
  EXPECT_EQ(restarts_after(99), 0U);
  EXPECT_EQ(restarts_after(1), 1U);
  EXPECT_EQ(restarts_after(199), 1U);
  EXPECT_EQ(restarts_after(1), 2U);
  EXPECT_EQ(restarts_after(400), 3U);
  EXPECT_EQ(restarts_after(6'000), 4U);
  a.tell(Fail{"boom"});
  EXPECT_EQ(restarts_after(99), 4U);
  EXPECT_EQ(restarts_after(1), 5U);
}

TEST(Supervision, MoreFailuresThanAllowedStopTheChild) {
  Strategy strategy = restart_at_once();
  strategy.failures_max = 2;
  TestKit kit;
  const Journal journal = make_journal();
  kit.spawn(family(journal, strategy, {"a"}, 100), "p");
  const ActorRef a = kit.system().find("/p/a");
  Probe probe = kit.probe();
  probe.watch(a);
  a.tell(Fail{"boom"});
  EXPECT_EQ(probe.expect_message<Terminated>().value().who, a);
  EXPECT_EQ(kit.system().stats().failures, 3U);
  EXPECT_EQ(journal->back(), "a stopped");
}

TEST(Supervision, AFactoryOrAStartThatThrowsIsAFailureLikeAnyOther) {
  Strategy strategy = restart_at_once();
  TestKit kit({.root_strategy = strategy});
  int attempts = 0;
  kit.spawn(Props([&attempts]() -> std::unique_ptr<Actor> {
              if (++attempts < 3) throw std::runtime_error("not yet");
              return std::make_unique<Recorder>(make_journal());
            }),
            "a");
  EXPECT_EQ(attempts, 3);
  EXPECT_EQ(state_of(kit, "/a"), ActorState::running);
}

TEST(Supervision, AnExceptionThatIsNoStdExceptionIsAFailureToo) {
  TestKit kit({.root_strategy = restart_at_once()});
  const ActorRef actor = kit.spawn(scripted([](Context&, const Message&) { throw 42; }).with_poison_after(1), "a");
  actor.tell(Text{});
  kit.run();
  EXPECT_EQ(kit.system().tree("/a", 0).value().rows[0].last_failure, "an exception that is no std::exception");
}

TEST(Supervision, AnExceptionOutOfTheLastHooksDoesNotHinderTheEnd) {
  class Bad final : public Actor {
   public:
    void receive(Context&, const Message&) override { throw std::runtime_error("receive"); }
    void restarting(Context&, const Failure&) override { throw std::runtime_error("restarting"); }
    void stopped(Context&) override { throw std::runtime_error("stopped"); }
  };
  TestKit kit({.root_strategy = restart_at_once()});
  const ActorRef actor = kit.spawn(Props::make<Bad>().with_poison_after(1));
  actor.tell(Text{});
  kit.system().stop(actor);
  kit.run();
  EXPECT_EQ(kit.system().stats().failures, 3U);
  EXPECT_EQ(kit.system().stats().actors, 1U);
}

TEST(Supervision, TellsOnTheEventStreamWhatWasDecided) {
  TestKit kit({.root_strategy = restart_at_once()});
  Probe listener = kit.probe();
  kit.system().events().subscribe<ChildFailed>(listener.ref());
  kit.spawn(recorder(make_journal()), "a").tell(Fail{"boom"});
  const ChildFailed event = listener.expect_message<ChildFailed>().value();
  EXPECT_EQ(event.child.path, "/a");
  EXPECT_EQ(event.what, "boom");
  EXPECT_EQ(event.decision, "restart in 0 ms");
}

TEST(Poison, IsTriedAgainAfterEachRestartAndThenSetAside) {
  std::vector<Quarantined> set_aside;
  TestKit kit(
      {.root_strategy = restart_at_once(), .quarantine = [&](const Quarantined& q) { set_aside.push_back(q); }});
  const Journal journal = make_journal();
  const ActorRef a = kit.spawn(recorder(journal).with_poison_after(3), "a");
  a.tell(Fail{"bad bytes"});
  a.tell(Text{"next"});
  kit.run();
  ASSERT_EQ(set_aside.size(), 1U);
  EXPECT_EQ(set_aside[0].failures, 3U);
  EXPECT_EQ(set_aside[0].why, "bad bytes");
  EXPECT_EQ(set_aside[0].actor.path, "/a");
  EXPECT_EQ(set_aside[0].message.get_if<Fail>()->why, "bad bytes");
  EXPECT_EQ(journal->back(), "a next");
  EXPECT_EQ(kit.system().stats().quarantined, 1U);
}

TEST(Poison, DoesNotUseUpTheActorsAllowance) {
  Strategy strategy = restart_at_once();
  strategy.failures_max = 2;
  TestKit kit({.root_strategy = strategy});
  const ActorRef a = kit.spawn(recorder(make_journal()).with_poison_after(3), "a");
  for (int i = 0; i < 20; ++i) a.tell(Fail{"bad"});
  a.tell(Text{"alive"});
  EXPECT_EQ(count_of(kit, a), 1);
  EXPECT_EQ(kit.system().stats().quarantined, 20U);
}

TEST(Poison, TheActorSeesHowOftenTheMessageFailedBefore) {
  TestKit kit({.root_strategy = restart_at_once()});
  std::vector<std::uint32_t> seen;
  const ActorRef a = kit.spawn(scripted([&](Context& context, const Message&) {
    seen.push_back(context.failures_of_message());
    if (seen.size() < 3) throw std::runtime_error("not yet");
  }));
  a.tell(Text{});
  kit.run();
  EXPECT_EQ(seen, (std::vector<std::uint32_t>{0, 1, 2}));
}

}  // namespace
}  // namespace wattring::actor
