// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "node/actor/testkit/test_kit.hpp"
#include "tests/actor/actors.hpp"

namespace wattring::actor {
namespace {

using testkit::Probe;
using testkit::TestKit;

class Accumulator : public TypedActor<Accumulator, Count, GetCount> {
 public:
  void on(Context&, const Count& count) { sum_ += count.value; }
  void on(Context& context, const GetCount&) { context.reply(Count{sum_}); }

 private:
  int sum_ = 0;
};

TEST(Actor, ProcessesMessagesInTheOrderOfTheirSendingAndAnswersTheSender) {
  TestKit kit;
  const ActorRef actor = kit.spawn(Props::make<Accumulator>(), "sum");
  Probe probe = kit.probe();
  for (int i = 1; i <= 10; ++i) EXPECT_EQ(probe.tell(actor, Count{i}), Delivery::accepted);
  probe.tell(actor, GetCount{});
  EXPECT_EQ(probe.expect_message<Count>().value().value, 55);
  EXPECT_EQ(probe.last_sender(), actor);
}

TEST(Actor, AMessageOfAnotherTypeIsADeadLetter) {
  TestKit kit;
  const ActorRef actor = kit.spawn(Props::make<Accumulator>());
  Probe listener = kit.probe();
  kit.system().events().subscribe<DeadLetter>(listener.ref());
  actor.tell(Text{"?"});
  const DeadLetter letter = listener.expect_message<DeadLetter>().value();
  EXPECT_EQ(letter.reason, DeadLetter::Reason::unhandled);
  EXPECT_EQ(letter.message.get_if<Text>()->value, "?");
  EXPECT_EQ(kit.system().stats().dead_letters, 1U);
}

TEST(Actor, LivesAtAPathAndIsFoundThere) {
  TestKit kit;
  const Journal journal = make_journal();
  const ActorRef parent = kit.spawn(family(journal, {}, {"meter-7"}), "shards");
  const ActorRef child = kit.system().find("/shards/meter-7");
  EXPECT_EQ(child.path(), "/shards/meter-7");
  EXPECT_EQ(kit.system().find("/shards"), parent);
  EXPECT_FALSE(kit.system().find("/shards/meter-8"));
  EXPECT_FALSE(kit.system().find("/shards/meter-7/deeper"));
}

TEST(Actor, ANamelessOneIsFoundByTheNameItWasGiven) {
  TestKit kit;
  const ActorRef actor = kit.spawn(Props::make<Accumulator>());
  EXPECT_EQ(actor.path().substr(0, 2), "/$");
  EXPECT_EQ(kit.system().find(actor.path()), actor);
}

TEST(Actor, RefusesNamesThatAreTakenOrNoNames) {
  TestKit kit;
  kit.spawn(Props::make<Accumulator>(), "one");
  EXPECT_EQ(kit.system().spawn(Props::make<Accumulator>(), "one").error().code, ErrorCode::already_exists);
  EXPECT_EQ(kit.system().spawn(Props::make<Accumulator>(), "a/b").error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(kit.system().spawn(Props::make<Accumulator>(), "$1").error().code, ErrorCode::invalid_argument);
}

TEST(Actor, HasNoMoreChildrenThanItsPropsAllow) {
  TestKit kit;
  std::vector<ErrorCode> refused;
  kit.spawn(scripted([](Context&, const Message&) {},
                     [&](Context& context) {
                       for (int i = 0; i < 3; ++i) {
                         const auto child = context.spawn(Props::make<Accumulator>());
                         if (!child) refused.push_back(child.error().code);
                       }
                     })
                .with_children_max(2));
  EXPECT_EQ(refused, std::vector<ErrorCode>{ErrorCode::busy});
}

TEST(Actor, ANameIsFreeAgainAfterTheStopAndTheOldHandleStaysDead) {
  TestKit kit;
  const ActorRef old_one = kit.spawn(Props::make<Accumulator>(), "one");
  kit.system().stop(old_one);
  kit.run();
  const ActorRef new_one = kit.spawn(Props::make<Accumulator>(), "one");
  EXPECT_FALSE(old_one == new_one);
  EXPECT_EQ(old_one.tell(Count{1}), Delivery::dead);
  EXPECT_EQ(new_one.tell(Count{1}), Delivery::accepted);
}

TEST(Actor, AHandleOfAnAddressReachesWhoeverLivesThere) {
  TestKit kit;
  const ActorRef by_path = kit.system().ref({kit.system().node(), "/one"});
  EXPECT_EQ(by_path.tell(Count{1}), Delivery::dead);
  const ActorRef first = kit.spawn(Props::make<Accumulator>(), "one");
  EXPECT_EQ(by_path.tell(Count{1}), Delivery::accepted);
  kit.system().stop(first);
  kit.run();
  EXPECT_EQ(by_path.tell(Count{1}), Delivery::dead);
  kit.spawn(Props::make<Accumulator>(), "one");
  EXPECT_EQ(by_path.tell(Count{1}), Delivery::accepted);
}

TEST(Actor, StopsItsChildrenBeforeItself) {
  TestKit kit;
  const Journal journal = make_journal();
  const ActorRef parent = kit.spawn(scripted([](Context&, const Message&) {},
                                             [&](Context& context) {
                                               (void)context.spawn(recorder(journal), "a");
                                               (void)context.spawn(recorder(journal), "b");
                                             }));
  Probe probe = kit.probe();
  probe.watch(parent);
  kit.system().stop(parent);
  EXPECT_EQ(probe.expect_message<Terminated>().value().who, parent);
  EXPECT_EQ(*journal, (std::vector<std::string>{"a started", "b started", "a stopped", "b stopped"}));
}

TEST(Actor, StopNowLeavesQueuedMessagesAsDeadLetters) {
  TestKit kit;
  const Journal journal = make_journal();
  const ActorRef actor = kit.spawn(recorder(journal), "a");
  actor.tell(Text{"one"});
  kit.system().stop_now(actor);
  kit.run();
  EXPECT_EQ(*journal, (std::vector<std::string>{"a started", "a stopped"}));
  EXPECT_EQ(kit.system().stats().dead_letters, 1U);
}

TEST(Actor, ForwardKeepsTheFirstSender) {
  TestKit kit;
  const ActorRef target = kit.spawn(Props::make<Accumulator>());
  const ActorRef middle = kit.spawn(scripted([target](Context& context, const Message&) { context.forward(target); }));
  Probe probe = kit.probe();
  probe.tell(middle, GetCount{});
  EXPECT_EQ(probe.expect_message<Count>().value().value, 0);
  EXPECT_EQ(probe.last_sender(), target);
}

TEST(Actor, BecomeReplacesItsBehaviourAndUnbecomeGivesTheOldOneBack) {
  TestKit kit;
  const ActorRef actor = kit.spawn(scripted([](Context& context, const Message& message) {
    if (message.is<Text>()) {
      context.become([](Context& inner, const Message& next) {
        if (next.is<Text>()) return inner.unbecome();
        inner.reply(Text{"inner"});
      });
      return;
    }
    context.reply(Text{"outer"});
  }));
  Probe probe = kit.probe();
  probe.tell(actor, GetCount{});
  probe.tell(actor, Text{});
  probe.tell(actor, GetCount{});
  probe.tell(actor, Text{});
  probe.tell(actor, GetCount{});
  EXPECT_EQ(probe.expect_message<Text>().value().value, "outer");
  EXPECT_EQ(probe.expect_message<Text>().value().value, "inner");
  EXPECT_EQ(probe.expect_message<Text>().value().value, "outer");
}

TEST(Actor, BecomeIsBounded) {
  TestKit kit;
  int accepted = 0;
  kit.spawn(scripted([](Context&, const Message&) {},
                     [&](Context& context) {
                       while (context.become([](Context&, const Message&) {})) ++accepted;
                     }));
  EXPECT_EQ(accepted, static_cast<int>(Context::kBehavioursMax));
}

/// Stashes everything until a Count comes.
Props stashing(const Journal& journal) {
  return scripted([journal, open = false](Context& context, const Message& message) mutable {
    if (message.is<Count>()) {
      open = true;
      return context.unstash_all();
    }
    const std::string& text = message.get_if<Text>()->value;
    if (!open) {
      if (!context.stash()) journal->push_back("full: " + text);
    } else {
      journal->push_back(text);
    }
  });
}

TEST(Stash, ComesBackInItsOldOrderBeforeWhatIsQueued) {
  TestKit kit;
  const Journal journal = make_journal();
  const ActorRef actor = kit.spawn(stashing(journal));
  actor.tell(Text{"one"});
  actor.tell(Text{"two"});
  actor.tell(Count{});
  actor.tell(Text{"three"});
  kit.run();
  EXPECT_EQ(*journal, (std::vector<std::string>{"one", "two", "three"}));
}

TEST(Stash, IsBounded) {
  TestKit kit;
  const Journal journal = make_journal();
  const ActorRef actor = kit.spawn(stashing(journal).with_stash(2));
  for (const char* text : {"one", "two", "three"}) actor.tell(Text{text});
  kit.run();
  EXPECT_EQ(*journal, std::vector<std::string>{"full: three"});
}

TEST(Stash, BecomesDeadLettersWhenTheActorStops) {
  TestKit kit;
  const ActorRef actor = kit.spawn(stashing(make_journal()));
  actor.tell(Text{"one"});
  kit.system().stop(actor);
  kit.run();
  EXPECT_EQ(kit.system().stats().dead_letters, 1U);
}

}  // namespace
}  // namespace wattring::actor
