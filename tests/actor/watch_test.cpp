// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "node/actor/router.hpp"
#include "node/actor/testkit/test_kit.hpp"
#include "tests/actor/actors.hpp"
#include "tests/actor/two_nodes.hpp"

namespace wattring::actor {
namespace {

using testkit::Probe;
using testkit::TestKit;
using Events = std::vector<std::string>;

TEST(DeathWatch, TellsOnceAndAfterWhatTheDeadHadSent) {
  TestKit kit;
  Probe probe = kit.probe();
  const ActorRef to = probe.ref();
  const ActorRef a = kit.spawn(scripted([to](Context& context, const Message&) {
    for (int i = 0; i < 3; ++i) context.tell(to, Count{i});
    context.stop_now();
  }));
  probe.watch(a);
  probe.watch(a);
  a.tell(Text{});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(probe.expect_message<Count>().value().value, i);
  EXPECT_EQ(probe.expect_message<Terminated>().value().reason, Terminated::Reason::stopped);
  EXPECT_TRUE(probe.expect_no_message());
}

TEST(DeathWatch, OfOneWhoIsGoneTellsAtOnce) {
  TestKit kit;
  const ActorRef a = kit.spawn(recorder(make_journal()), "a");
  kit.system().stop(a);
  kit.run();
  Probe probe = kit.probe();
  probe.watch(a);
  EXPECT_EQ(probe.expect_message<Terminated>().value().who, a);
  const ActorRef nobody = kit.system().ref({kit.system().node(), "/nobody"});
  probe.watch(nobody);
  EXPECT_EQ(probe.expect_message<Terminated>().value().who, nobody);
}

TEST(DeathWatch, ARestartIsNoDeath) {
  TestKit kit({.root_strategy = restart_at_once()});
  const ActorRef a = kit.spawn(recorder(make_journal()));
  Probe probe = kit.probe();
  probe.watch(a);
  a.tell(Fail{"boom"});
  EXPECT_TRUE(probe.expect_no_message());
}

TEST(DeathWatch, UnwatchEndsIt) {
  TestKit kit;
  const ActorRef a = kit.spawn(recorder(make_journal()));
  bool told = false;
  kit.spawn(scripted([&](Context&, const Message&) { told = true; },
                     [a](Context& context) {
                       context.watch(a);
                       context.unwatch(a);
                     }));
  kit.system().stop(a);
  kit.run();
  EXPECT_FALSE(told);
}

TEST(DeathWatch, ThoseWhoAreNoActorsAreTold) {
  TestKit kit;
  const ActorRef a = kit.spawn(recorder(make_journal()));
  int told = 0;
  kit.system().when_terminated(a, [&](const Terminated&) { ++told; });
  kit.run();
  EXPECT_EQ(told, 0);
  kit.system().stop(a);
  kit.run();
  kit.system().when_terminated(a, [&](const Terminated&) { ++told; });
  EXPECT_EQ(told, 2);
}

TEST(Remoting, TellReachesTheOtherNodeAndTheAnswerComesBack) {
  TwoNodes nodes;
  nodes.b.spawn(recorder(make_journal()), "counter");
  Probe probe = nodes.a.probe();
  const ActorRef counter = nodes.a.system().ref(nodes.address_b("/counter"));
  EXPECT_FALSE(counter.is_local());
  EXPECT_EQ(probe.tell(counter, Text{"one"}), Delivery::accepted);
  probe.tell(counter, GetCount{});
  nodes.run();
  EXPECT_EQ(probe.expect_message<Count>().value().value, 1);
  EXPECT_EQ(probe.last_sender(), counter);
}

TEST(Remoting, AskReachesTheOtherNodeAndTheAnswerComesBack) {
  TwoNodes nodes;
  nodes.b.spawn(recorder(make_journal()), "counter");
  auto outcome = ask(nodes.a.system(), nodes.a.system().ref(nodes.address_b("/counter")), GetCount{}, 100);
  nodes.run();
  EXPECT_EQ(answer_as<Count>(outcome.get()).value().value, 0);
}

TEST(Remoting, ALostMessageIsATimeOutAndIsNotSentAgain) {
  TwoNodes nodes;
  const Journal journal = make_journal();
  nodes.b.spawn(recorder(journal), "counter");
  nodes.lose = true;
  auto outcome = ask(nodes.a.system(), nodes.a.system().ref(nodes.address_b("/counter")), GetCount{}, 100);
  nodes.lose = false;
  nodes.run();
  nodes.a.advance(100);
  EXPECT_EQ(outcome.get().error().code, ErrorCode::unknown_outcome);
  EXPECT_EQ(nodes.sent, 1);
}

TEST(Remoting, WithoutATransportThereIsNoRoute) {
  TestKit kit;
  NodeId other;
  other.bytes[0] = 9;
  EXPECT_EQ(kit.system().ref({other, "/x"}).tell(Text{}), Delivery::no_route);
  EXPECT_EQ(kit.system().stats().refused_no_route, 1U);
}

TEST(Remoting, WatchTellsOfADeathOnTheOtherNode) {
  TwoNodes nodes;
  const ActorRef there = nodes.b.spawn(recorder(make_journal()), "a");
  Probe probe = nodes.a.probe();
  const ActorRef a = nodes.a.system().ref(nodes.address_b("/a"));
  probe.watch(a);
  nodes.run();
  EXPECT_TRUE(probe.expect_no_message());
  nodes.b.system().stop(there);
  nodes.run();
  const Terminated terminated = probe.expect_message<Terminated>().value();
  EXPECT_EQ(terminated.who, a);
  EXPECT_EQ(terminated.reason, Terminated::Reason::stopped);
}

TEST(Remoting, WatchOfNobodyThereTellsToo) {
  TwoNodes nodes;
  Probe probe = nodes.a.probe();
  probe.watch(nodes.a.system().ref(nodes.address_b("/nobody")));
  nodes.run();
  EXPECT_EQ(probe.expect_message<Terminated>().value().reason, Terminated::Reason::stopped);
}

TEST(Remoting, ADeadNodeTerminatesAllWhoWereWatchedThereOnce) {
  TwoNodes nodes;
  nodes.b.spawn(recorder(make_journal()), "a");
  Probe probe = nodes.a.probe();
  probe.watch(nodes.a.system().ref(nodes.address_b("/a")));
  nodes.run();
  nodes.a.system().node_down(nodes.b.system().node());
  EXPECT_EQ(probe.expect_message<Terminated>().value().reason, Terminated::Reason::node_down);
  nodes.b.system().stop(nodes.b.system().find("/a"));
  nodes.run();
  nodes.a.system().node_down(nodes.b.system().node());
  EXPECT_TRUE(probe.expect_no_message());
}

TEST(Remoting, UnwatchCrossesToo) {
  TwoNodes nodes;
  const ActorRef there = nodes.b.spawn(recorder(make_journal()), "a");
  const ActorRef a = nodes.a.system().ref(nodes.address_b("/a"));
  bool told = false;
  nodes.a.spawn(scripted([&](Context&, const Message&) { told = true; },
                         [a](Context& context) {
                           context.watch(a);
                           context.unwatch(a);
                         }));
  nodes.run();
  nodes.b.system().stop(there);
  nodes.run();
  EXPECT_FALSE(told);
}

TEST(Router, RoundRobinTakesTurns) {
  TestKit kit;
  std::vector<Probe> probes{kit.probe(), kit.probe(), kit.probe()};
  const Router router(kit.system(), Routing::round_robin, {probes[0].ref(), probes[1].ref(), probes[2].ref()});
  for (int i = 0; i < 6; ++i) EXPECT_EQ(router.ref().tell(Count{i}), Delivery::accepted);
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(probes[static_cast<std::size_t>(i) % 3].expect_message<Count>().value().value, i);
  }
}

TEST(Router, BroadcastReachesAll) {
  TestKit kit;
  std::vector<Probe> probes{kit.probe(), kit.probe()};
  const Router router(kit.system(), Routing::broadcast, {probes[0].ref(), probes[1].ref(), ActorRef()});
  EXPECT_EQ(router.ref().tell(Text{"all"}), Delivery::accepted);
  for (Probe& probe : probes) EXPECT_EQ(probe.expect_message<Text>().value().value, "all");
}

TEST(Router, ConsistentHashMovesOnlyTheKeysOfWhoLeft) {
  TestKit kit;
  std::vector<Probe> probes{kit.probe("x"), kit.probe("y"), kit.probe("z")};
  Router router(kit.system(), Routing::consistent_hash, {probes[0].ref(), probes[1].ref(), probes[2].ref()},
                [](const Message& message) { return std::uint64_t(message.get_if<Count>()->value) << 55U; });
  std::map<int, std::size_t> before;
  const auto owners = [&] {
    std::map<int, std::size_t> found;
    for (int key = 0; key < 500; ++key) router.ref().tell(Count{key});
    for (std::size_t i = 0; i < probes.size(); ++i) {
      while (probes[i].waiting() > 0) found[probes[i].expect_message<Count>().value().value] = i;
    }
    return found;
  };
  before = owners();
  EXPECT_EQ(before.size(), 500U);
  EXPECT_EQ(owners(), before);
  router.set_routees({probes[0].ref(), probes[2].ref()});
  for (const auto& [key, owner] : owners()) {
    if (before[key] != 1) {
      EXPECT_EQ(owner, before[key]) << key;
    }
  }
}

TEST(Router, WithoutRouteesIsADeadLetter) {
  TestKit kit;
  const Router router(kit.system(), Routing::round_robin, {});
  EXPECT_EQ(router.ref().tell(Text{}), Delivery::dead);
  EXPECT_EQ(kit.system().stats().dead_letters, 1U);
}

}  // namespace
}  // namespace wattring::actor
