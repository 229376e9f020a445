// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "node/actor/testkit/test_kit.hpp"
#include "tests/actor/actors.hpp"

namespace wattring::actor {
namespace {

using testkit::Probe;
using testkit::TestKit;
using Events = std::vector<std::string>;

TEST(Mailbox, RefusesTheMessageThatWouldPassItsCountAndTakesAgainWhenOneIsProcessed) {
  TestKit kit;
  const Journal journal = make_journal();
  const ActorRef a = kit.spawn(recorder(journal).with_mailbox({2, 1'000'000}), "a");
  EXPECT_EQ(a.tell(Text{"one"}), Delivery::accepted);
  EXPECT_EQ(a.tell(Text{"two"}), Delivery::accepted);
  EXPECT_EQ(a.tell(Text{"three"}), Delivery::full);
  kit.run_one();
  EXPECT_EQ(a.tell(Text{"four"}), Delivery::accepted);
  kit.run();
  EXPECT_EQ(*journal, (Events{"a started", "a one", "a two", "a four"}));
  EXPECT_EQ(kit.system().stats().refused_full, 1U);
}

TEST(Mailbox, RefusesTheMessageThatWouldPassItsBytes) {
  TestKit kit;
  const ActorRef a = kit.spawn(recorder(make_journal()).with_mailbox({100, 1'000}));
  EXPECT_EQ(a.tell(Text{std::string(600, 'x')}), Delivery::accepted);
  EXPECT_EQ(a.tell(Text{std::string(600, 'x')}), Delivery::full);
  EXPECT_EQ(a.tell(Text{"small"}), Delivery::accepted);
  kit.run();
  EXPECT_EQ(a.tell(Text{std::string(600, 'x')}), Delivery::accepted);
}

TEST(Mailbox, AFullOneStillTakesWhatTheRuntimeSends) {
  TestKit kit;
  const Journal journal = make_journal();
  const ActorRef a = kit.spawn(recorder(journal).with_mailbox({1, 1'000}), "a");
  Probe probe = kit.probe();
  a.tell(Text{"one"});
  EXPECT_EQ(a.tell(Text{"two"}), Delivery::full);
  probe.watch(a);
  a.tell(Text{"three"});
  kit.system().stop(a);
  EXPECT_EQ(probe.expect_message<Terminated>().value().who, a);
  EXPECT_EQ(*journal, (Events{"a started", "a one", "a three", "a stopped"}));
}

TEST(Mailbox, ControlGoesBeforeQueuedMessages) {
  TestKit kit;
  const Journal journal = make_journal();
  const ActorRef a = kit.spawn(recorder(journal), "a");
  Probe probe = kit.probe();
  for (int i = 0; i < 100; ++i) a.tell(Text{"late"});
  kit.run_one();
  kit.system().stop_now(a);
  kit.run();
  EXPECT_EQ(*journal, (Events{"a started", "a late", "a stopped"}));
  EXPECT_EQ(kit.system().stats().dead_letters, 99U);
}

TEST(Mailbox, AMessageToAStoppedActorIsADeadLetter) {
  TestKit kit;
  const ActorRef a = kit.spawn(recorder(make_journal()), "a");
  kit.system().stop(a);
  kit.run();
  Probe listener = kit.probe();
  kit.system().events().subscribe<DeadLetter>(listener.ref());
  EXPECT_EQ(listener.tell(a, Text{"hello?"}), Delivery::dead);
  const DeadLetter letter = listener.expect_message<DeadLetter>().value();
  EXPECT_EQ(letter.to.path, "/a");
  EXPECT_EQ(letter.sender, listener.ref());
  EXPECT_EQ(letter.reason, DeadLetter::Reason::no_actor);
}

TEST(Mailbox, AHandleOutlivesItsActorAndAllAboveIt) {
  TestKit kit;
  kit.spawn(family(make_journal(), {}, {"a"}), "p");
  const ActorRef a = kit.system().find("/p/a");
  kit.system().stop(kit.system().find("/p"));
  kit.run();
  EXPECT_EQ(a.tell(Text{"late"}), Delivery::dead);
  EXPECT_EQ(a.path(), "/p/a");
}

TEST(Mailbox, NobodyTakesNothing) {
  EXPECT_EQ(ActorRef().tell(Text{"x"}), Delivery::dead);
  EXPECT_EQ(ActorRef().path(), "");
}

TEST(EventStream, TellsThoseWhoSubscribedToTheTypeAndForgetsTheStopped) {
  TestKit kit;
  Probe texts = kit.probe();
  Probe counts = kit.probe();
  EventStream& events = kit.system().events();
  events.subscribe<Text>(texts.ref());
  events.subscribe<Text>(texts.ref());
  events.subscribe<Count>(counts.ref());
  events.publish(Text{"one"});
  EXPECT_EQ(texts.expect_message<Text>().value().value, "one");
  EXPECT_TRUE(texts.expect_no_message());
  EXPECT_TRUE(counts.expect_no_message());
  kit.system().stop(texts.ref());
  kit.run();
  events.publish(Text{"two"});
  EXPECT_FALSE(events.has_subscribers<Text>());
  events.unsubscribe<Count>(counts.ref());
  EXPECT_FALSE(events.has_subscribers<Count>());
}

TEST(EventStream, ADeadLetterNobodyTakesIsNotADeadLetterAgain) {
  TestKit kit;
  const ActorRef gone = kit.spawn(recorder(make_journal()));
  kit.system().events().subscribe<DeadLetter>(gone);
  kit.system().stop(gone);
  kit.run();
  gone.tell(Text{"x"});
  EXPECT_EQ(kit.system().stats().dead_letters, 2U);
}

TEST(Introspection, ShowsTheTreeWithWhatWaits) {
  TestKit kit;
  const Journal journal = make_journal();
  kit.spawn(family(journal, restart_at_once(), {"b", "a"}), "shards");
  const ActorRef a = kit.system().find("/shards/a");
  a.tell(Fail{"boom"});
  kit.run();
  a.tell(Text{"12345"});
  kit.advance(0);
  a.tell(Text{"12345"});
  a.tell(Text{"12345"});
  const ActorTree tree = kit.system().tree("/shards", 1).value();
  ASSERT_EQ(tree.rows.size(), 3U);
  EXPECT_EQ(tree.rows[0].path, "/shards");
  EXPECT_EQ(tree.rows[0].children, 2U);
  EXPECT_EQ(tree.rows[1].path, "/shards/a");
  EXPECT_EQ(tree.rows[1].mailbox_messages, 2U);
  EXPECT_EQ(tree.rows[1].mailbox_bytes, 2 * (sizeof(Text) + 5));
  EXPECT_EQ(tree.rows[1].restarts, 1U);
  EXPECT_EQ(tree.rows[1].last_failure, "boom");
  EXPECT_EQ(tree.rows[2].path, "/shards/b");
  EXPECT_FALSE(tree.truncated);
}

TEST(Introspection, TellsHowLongTheOldestMessageHasWaited) {
  TestKit kit({.root_strategy = always(Directive::restart)});
  Strategy slow;
  slow.backoff = {10'000, 10'000, 1.0, 0.0};
  kit.spawn(family(make_journal(), slow, {"a"}), "p");
  const ActorRef a = kit.system().find("/p/a");
  a.tell(Fail{"boom"});
  kit.run();
  a.tell(Text{"waits"});
  kit.advance(3'000);
  const ActorRow row = kit.system().tree("/p/a", 0).value().rows[0];
  EXPECT_EQ(row.state, ActorState::backing_off);
  EXPECT_EQ(row.oldest_age_ms, 3'000);
}

TEST(Introspection, GoesAsDeepAsAskedAndNamesWhatIsNotThere) {
  TestKit kit;
  kit.spawn(family(make_journal(), {}, {"a"}), "p");
  EXPECT_EQ(kit.system().tree("/", 0).value().rows.size(), 1U);
  EXPECT_EQ(kit.system().tree("/", 1).value().rows.size(), 2U);
  EXPECT_EQ(kit.system().tree("/", 9).value().rows.size(), 3U);
  EXPECT_EQ(kit.system().tree("/q", 0).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace wattring::actor
