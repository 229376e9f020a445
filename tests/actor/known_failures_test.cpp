// SPDX-License-Identifier: Apache-2.0
// What went wrong in other actor runtimes, and must not here.
#include <gtest/gtest.h>

#include "node/actor/start_budget.hpp"
#include "node/actor/testkit/test_kit.hpp"
#include "tests/actor/actors.hpp"

namespace wattring::actor {
namespace {

using testkit::Probe;
using testkit::TestKit;
using Events = std::vector<std::string>;

TEST(KnownFailures, NoMessageIsDroppedSilentlyDuringARestart) {
  Strategy strategy;
  strategy.backoff = {100, 100, 1.0, 0.0};
  TestKit kit({.root_strategy = strategy});
  const Journal journal = make_journal();
  const ActorRef a = kit.spawn(recorder(journal), "a");
  a.tell(Text{"before"});
  a.tell(Fail{"boom"});
  a.tell(Text{"behind"});
  kit.run();
  a.tell(Text{"while backing off"});
  kit.advance(100);
  a.tell(Text{"after"});
  kit.run();
  EXPECT_EQ(*journal, (Events{"a started", "a before", "a restarting: boom", "a started", "a behind",
                              "a while backing off", "a after"}));
  EXPECT_EQ(kit.system().stats().dead_letters, 0U);
}

TEST(KnownFailures, TheMessageThatFailedIsTriedAgainInItsOldPlaceAndWhatWasStashedComesBeforeIt) {
  TestKit kit({.root_strategy = restart_at_once()});
  const Journal journal = make_journal();
  int starts = 0;
  const ActorRef a = kit.spawn(scripted(
      [&](Context& context, const Message& message) {
        const std::string& text = message.get_if<Text>()->value;
        if (starts == 1 && text == "stash me") {
          EXPECT_TRUE(context.stash());
          return;
        }
        if (starts == 1) throw std::runtime_error("once");
        journal->push_back(text);
      },
      [&](Context&) { ++starts; }));
  for (const char* text : {"stash me", "fails once", "next"}) a.tell(Text{text});
  kit.run();
  EXPECT_EQ(*journal, (Events{"stash me", "fails once", "next"}));
}

TEST(KnownFailures, AMessageThatIsStashedAndThenFailsIsThereOnce) {
  TestKit kit({.root_strategy = restart_at_once()});
  int seen = 0;
  const ActorRef a = kit.spawn(scripted([&](Context& context, const Message&) {
    if (++seen > 1) return;
    EXPECT_TRUE(context.stash());
    throw std::runtime_error("after the stash");
  }));
  a.tell(Text{});
  kit.run();
  EXPECT_EQ(seen, 2);
}

TEST(KnownFailures, AStopDoesNotOvertakeQueuedWork) {
  TestKit kit;
  const Journal journal = make_journal();
  kit.spawn(family(journal, {}, {"child"}), "p");
  const ActorRef child = kit.system().find("/p/child");
  for (int i = 0; i < 3; ++i) child.tell(Text{std::to_string(i)});
  // The parent's stop reaches the child behind what is queued there.
  kit.system().stop(kit.system().find("/p"));
  kit.run();
  EXPECT_EQ(*journal, (Events{"child started", "child 0", "child 1", "child 2", "child stopped"}));
  EXPECT_EQ(kit.system().stats().dead_letters, 0U);
}

TEST(KnownFailures, WhatComesAfterAStopIsADeadLetterNotSilence) {
  TestKit kit;
  const ActorRef a = kit.spawn(recorder(make_journal()));
  kit.system().stop(a);
  EXPECT_EQ(a.tell(Text{"late"}), Delivery::accepted);
  kit.run();
  EXPECT_EQ(kit.system().stats().dead_letters, 1U);
}

TEST(KnownFailures, ARecoveryFloodIsHeldToItsStartBudget) {
  TestKit kit;
  const auto budget = std::make_shared<StartBudget>(3);
  std::size_t starting = 0;
  std::size_t most = 0;
  std::size_t recovered = 0;
  // Reads its snapshot for 10 ms after started().
  const Props recovering = scripted(
                               [&](Context& context, const Message&) {
                                 --starting;
                                 ++recovered;
                                 context.start_finished();
                               },
                               [&](Context& context) {
                                 most = std::max(most, ++starting);
                                 context.hold_start();
                                 context.start_timer("read", Text{}, 10);
                               })
                               .with_start_budget(budget);
  for (int i = 0; i < 100; ++i) kit.spawn(recovering);
  EXPECT_EQ(budget->waiting(), 97U);
  kit.advance(330);
  EXPECT_EQ(most, 3U);
  kit.advance(10);
  EXPECT_EQ(recovered, 100U);
}

TEST(KnownFailures, AStartBudgetIsNotLostWithThoseWhoFailOrStopWhileTheyStartOrWait) {
  TestKit kit({.root_strategy = always(Directive::stop)});
  const auto budget = std::make_shared<StartBudget>(1);
  const auto held = [](Context& context) { context.hold_start(); };
  const Props holder = scripted([](Context&, const Message&) {}, held).with_start_budget(budget);
  const Props failing = scripted([](Context&, const Message&) {},
                                 [](Context& context) {
                                   context.hold_start();
                                   throw std::runtime_error("no snapshot");
                                 })
                            .with_start_budget(budget);
  const ActorRef first = kit.spawn(holder, "first");
  kit.spawn(failing, "second");
  const ActorRef third = kit.spawn(holder, "third");
  kit.spawn(holder, "fourth");
  kit.system().stop_now(third);
  kit.run();
  kit.system().stop(first);
  kit.run();
  EXPECT_EQ(kit.system().tree("/fourth", 0).value().rows[0].state, ActorState::running);
  EXPECT_EQ(budget->waiting(), 0U);
}

TEST(KnownFailures, ACrashLoopingChildDoesNotTakeItsParentDown) {
  TestKit kit;
  const Journal journal = make_journal();
  Strategy strategy = restart_at_once();
  strategy.failures_max = 5;
  const Props looping = scripted([](Context&, const Message&) {}, [](Context&) { throw std::runtime_error("always"); });
  const ActorRef parent = kit.spawn(scripted([](Context& context, const Message&) { context.reply(Count{1}); },
                                             [&](Context& context) {
                                               (void)context.spawn(looping, "looping");
                                               (void)context.spawn(recorder(journal), "healthy");
                                             })
                                        .with_strategy(strategy));
  Probe probe = kit.probe();
  probe.tell(parent, GetCount{});
  EXPECT_EQ(probe.expect_message<Count>().value().value, 1);
  EXPECT_EQ(kit.system().tree(parent.path(), 0).value().rows[0].restarts, 0U);
  EXPECT_EQ(kit.system().stats().failures, 6U);
  EXPECT_EQ(*journal, Events{"healthy started"});
}

TEST(KnownFailures, ARepeatingTimerDoesNotLeakOverARestart) {
  TestKit kit({.root_strategy = restart_at_once()});
  int starts = 0;
  std::vector<int> ticks;
  const ActorRef a = kit.spawn(scripted(
                                   [&](Context&, const Message& message) {
                                     if (message.is<Fail>()) throw std::runtime_error("boom");
                                     ticks.push_back(message.get_if<Count>()->value);
                                   },
                                   [&](Context& context) { context.start_repeating("t", Count{++starts}, 10, 10); })
                                   .with_poison_after(1));
  for (int i = 0; i < 5; ++i) a.tell(Fail{});
  kit.run();
  EXPECT_EQ(kit.timers(), 1U);
  kit.advance(30);
  EXPECT_EQ(ticks, (std::vector<int>{6, 6, 6}));
}

TEST(KnownFailures, ATimerThatFiredBeforeTheRestartDoesNotReachTheNextIncarnation) {
  TestKit kit;
  Strategy strategy;
  strategy.backoff = {100, 100, 1.0, 0.0};
  int starts = 0;
  std::vector<int> ticks;
  const Props props = scripted(
                          [&](Context&, const Message& message) {
                            if (message.is<Fail>()) throw std::runtime_error("boom");
                            ticks.push_back(message.get_if<Count>()->value);
                          },
                          [&](Context& context) {
                            if (++starts == 1) context.start_timer("t", Count{1}, 50);
                          })
                          .with_poison_after(1);
  ActorRef a;
  kit.spawn(scripted([](Context&, const Message&) {}, [&](Context& context) { a = context.spawn(props).value(); })
                .with_strategy(strategy));
  a.tell(Fail{});
  // It fires into the suspended actor.
  kit.advance(60);
  kit.advance(100);
  EXPECT_EQ(starts, 2);
  EXPECT_TRUE(ticks.empty());
}

TEST(KnownFailures, AStoreOutageDoesNotWedgeAnActor) {
  TestKit kit;
  const Journal journal = make_journal();
  bool outage = true;
  const ActorRef store = kit.spawn(scripted([&](Context& context, const Message&) {
    if (!outage) context.reply(Count{1});
  }));
  // Saves each text before it takes the next one; what comes meanwhile is stashed.
  const ActorRef meter = kit.spawn(scripted([&, store](Context& context, const Message& message) {
    const std::string text = message.get_if<Text>()->value;
    context.become([](Context& busy, const Message&) { EXPECT_TRUE(busy.stash()); });
    context.ask(store, GetCount{}, 100, [&, text](Context& later, const AskResult& outcome) {
      journal->push_back(text + (outcome ? " saved" : " refused"));
      later.unbecome();
      later.unstash_all();
    });
  }));
  meter.tell(Text{"one"});
  meter.tell(Text{"two"});
  kit.advance(200);
  outage = false;
  meter.tell(Text{"three"});
  kit.run();
  EXPECT_EQ(*journal, (Events{"one refused", "two refused", "three saved"}));
}

TEST(KnownFailures, AnAnswerToAnEarlierIncarnationIsForgotten) {
  TestKit kit({.root_strategy = restart_at_once()});
  ActorRef asker;
  const ActorRef slow = kit.spawn(scripted([&](Context& context, const Message&) { asker = context.sender(); }));
  bool answered = false;
  const ActorRef a =
      kit.spawn(scripted([&, slow](Context& context, const Message& message) {
                  if (message.is<Fail>()) throw std::runtime_error("boom");
                  context.ask(slow, GetCount{}, 1'000, [&](Context&, const AskResult&) { answered = true; });
                }).with_poison_after(1));
  a.tell(Text{});
  a.tell(Fail{});
  kit.run();
  asker.tell(Count{1});
  kit.advance(2'000);
  EXPECT_FALSE(answered);
}

}  // namespace
}  // namespace wattring::actor
