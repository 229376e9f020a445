// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>

#include "node/actor/testkit/test_kit.hpp"
#include "tests/actor/actors.hpp"

namespace wattring::actor {
namespace {

using testkit::Probe;
using testkit::TestKit;
using Events = std::vector<std::string>;

/// Notes each text; runs `start` when it starts.
Props noting(const Journal& journal, Scripted::OnStart start) {
  return scripted(
      [journal](Context&, const Message& message) {
        match(message)
            .on<Text>([&](const Text& text) { journal->push_back(text.value); })
            .on<ReceiveTimeout>([&] { journal->push_back("silence"); })
            .on<Fail>([](const Fail& fail) { throw std::runtime_error(fail.why); });
      },
      std::move(start));
}

TEST(Timer, FiresOnceWhenItsTimeHasCome) {
  TestKit kit;
  const Journal journal = make_journal();
  kit.spawn(noting(journal, [](Context& context) { context.start_timer("t", Text{"tick"}, 100); }));
  kit.advance(99);
  EXPECT_TRUE(journal->empty());
  kit.advance(1'000);
  EXPECT_EQ(*journal, Events{"tick"});
}

TEST(Timer, ARepeatingOneGoesOnUntilItIsCancelled) {
  TestKit kit;
  int ticks = 0;
  kit.spawn(scripted(
      [&](Context& context, const Message&) {
        if (++ticks == 3) context.cancel_timer("t");
      },
      [](Context& context) { context.start_repeating("t", Text{"tick"}, 10, 50); }));
  kit.advance(60);
  EXPECT_EQ(ticks, 2);
  kit.advance(10'000);
  EXPECT_EQ(ticks, 3);
  EXPECT_EQ(kit.timers(), 0U);
}

TEST(Timer, SettingAKeyAgainReplacesIt) {
  TestKit kit;
  const Journal journal = make_journal();
  kit.spawn(noting(journal, [](Context& context) {
    context.start_timer("t", Text{"old"}, 10);
    context.start_timer("t", Text{"new"}, 20);
  }));
  kit.advance(100);
  EXPECT_EQ(*journal, Events{"new"});
}

TEST(Timer, AFiringThatIsQueuedWhenItsTimerIsCancelledIsNotDelivered) {
  TestKit kit;
  const Journal journal = make_journal();
  bool cancelled = false;
  kit.spawn(scripted(
      [&, journal](Context& context, const Message& message) {
        journal->push_back(message.get_if<Text>()->value);
        context.cancel_timer("second");
        cancelled = true;
      },
      [](Context& context) {
        context.start_timer("first", Text{"first"}, 10);
        context.start_timer("second", Text{"second"}, 10);
      }));
  kit.advance(100);
  EXPECT_TRUE(cancelled);
  EXPECT_EQ(*journal, Events{"first"});
}

TEST(Timer, GoesBeforeQueuedMessages) {
  TestKit kit;
  const Journal journal = make_journal();
  ActorRef a;
  kit.system().after(10, [&] {
    for (int i = 0; i < 2; ++i) a.tell(Text{"queued"});
  });
  a = kit.spawn(noting(journal, [](Context& context) { context.start_timer("t", Text{"tick"}, 10); }));
  kit.advance(10);
  EXPECT_EQ(*journal, (Events{"tick", "queued", "queued"}));
}

TEST(Timer, ADelayWithoutEndNeitherFiresNorOverflows) {
  TestKit kit;
  const Journal journal = make_journal();
  kit.spawn(noting(journal, [](Context& context) {
    context.start_repeating("t", Text{"tick"}, 10, std::numeric_limits<std::int64_t>::max());
    context.set_receive_timeout(std::numeric_limits<std::int64_t>::max());
  }));
  kit.advance(1'000'000);
  EXPECT_EQ(*journal, Events{"tick"});
}

TEST(Timer, EndsWithItsActor) {
  TestKit kit;
  const ActorRef a = kit.spawn(noting(make_journal(), [](Context& context) {
    context.start_repeating("t", Text{"tick"}, 10, 10);
    context.set_receive_timeout(100);
  }));
  EXPECT_EQ(kit.timers(), 2U);
  kit.system().stop(a);
  kit.run();
  EXPECT_EQ(kit.timers(), 0U);
}

TEST(ReceiveTimeout, ComesAfterSilenceAndEachMessageBeginsItAnew) {
  TestKit kit;
  const Journal journal = make_journal();
  const ActorRef a = kit.spawn(noting(journal, [](Context& context) { context.set_receive_timeout(100); }));
  kit.advance(60);
  a.tell(Text{"one"});
  kit.advance(60);
  EXPECT_EQ(*journal, Events{"one"});
  kit.advance(40);
  EXPECT_EQ(*journal, (Events{"one", "silence"}));
  kit.advance(100);
  EXPECT_EQ(journal->size(), 3U);
}

/// Asks on Text, notes the outcome.
Props asking(const Journal& journal, const ActorRef& to, std::int64_t timeout_ms) {
  return scripted([=](Context& context, const Message& message) {
    if (!message.is<Text>()) throw std::runtime_error("boom");
    context.ask(to, GetCount{}, timeout_ms, [journal](Context&, const AskResult& outcome) {
      const Result<Count> answer = answer_as<Count>(outcome);
      journal->push_back(answer ? std::to_string(answer->value) : outcome ? "other type" : outcome.error().message);
    });
  });
}

TEST(Ask, BringsTheFirstAnswerOnceAndALaterOneIsADeadLetter) {
  TestKit kit;
  const Journal journal = make_journal();
  const ActorRef twice = kit.spawn(scripted([](Context& context, const Message&) {
    context.reply(Count{1});
    EXPECT_EQ(context.reply(Count{2}), Delivery::dead);
  }));
  kit.spawn(asking(journal, twice, 100)).tell(Text{});
  kit.advance(1'000);
  EXPECT_EQ(*journal, Events{"1"});
  EXPECT_EQ(kit.system().stats().dead_letters, 1U);
  EXPECT_EQ(kit.timers(), 0U);
}

TEST(Ask, TimesOutOnceAndAnAnswerThatIsTooLateIsADeadLetter) {
  TestKit kit;
  const Journal journal = make_journal();
  ActorRef asker;
  const ActorRef silent =
      kit.spawn(scripted([&](Context& context, const Message&) { asker = context.sender(); }), "silent");
  kit.spawn(asking(journal, silent, 100)).tell(Text{});
  kit.advance(100);
  ASSERT_EQ(journal->size(), 1U);
  EXPECT_NE(journal->front().find("/silent within 100 ms"), std::string::npos);
  EXPECT_EQ(asker.tell(Count{1}), Delivery::dead);
  kit.run();
  EXPECT_EQ(journal->size(), 1U);
  EXPECT_EQ(kit.system().stats().asks_timed_out, 1U);
}

TEST(Ask, TellsAtOnceWhenTheMailboxIsFullOrNobodyIsThere) {
  TestKit kit;
  const ActorRef full = kit.spawn(recorder(make_journal()).with_mailbox({1, 1'000}));
  full.tell(Text{});
  auto busy = ask(kit.system(), full, GetCount{}, 100);
  EXPECT_EQ(busy.get().error().code, ErrorCode::busy);
  kit.system().stop_now(full);
  kit.run();
  auto gone = ask(kit.system(), full, GetCount{}, 100);
  EXPECT_EQ(gone.get().error().code, ErrorCode::not_found);
}

TEST(Ask, FromAThreadThatIsNoActorGivesAFuture) {
  TestKit kit;
  const ActorRef a = kit.spawn(recorder(make_journal()));
  auto outcome = ask(kit.system(), a, GetCount{}, 100);
  kit.run();
  EXPECT_EQ(answer_as<Count>(outcome.get()).value().value, 0);
}

TEST(Ask, AnAnswerOfAnotherTypeIsNamed) {
  TestKit kit;
  const ActorRef a = kit.spawn(scripted([](Context& context, const Message&) { context.reply(Text{"?"}); }));
  auto outcome = ask(kit.system(), a, GetCount{}, 100);
  kit.run();
  const Result<Count> answer = answer_as<Count>(outcome.get());
  EXPECT_NE(answer.error().message.find("Text"), std::string::npos);
}

TEST(Ask, IsBounded) {
  TestKit kit;
  const ActorRef silent = kit.spawn(scripted([](Context&, const Message&) {}));
  std::size_t open = 0;
  kit.spawn(scripted([](Context&, const Message&) {},
                     [&](Context& context) {
                       while (context.ask(silent, GetCount{}, 100, [](Context&, const AskResult&) {})) ++open;
                     }));
  EXPECT_EQ(open, Context::kAsksMax);
  kit.advance(100);
  EXPECT_EQ(kit.system().stats().asks_timed_out, Context::kAsksMax);
}

}  // namespace
}  // namespace wattring::actor
