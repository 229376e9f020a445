// SPDX-License-Identifier: Apache-2.0
#include "tests/actor/remoting_contract.hpp"

#include <atomic>
#include <string>

#include "node/actor/examples/elsewhere.hpp"
#include "node/actor/remote_codec.hpp"

namespace wattring::actor {
namespace {

using cluster::MemberState;

constexpr std::int64_t kSoonMs = 20'000;

TEST_P(RemotingContract, TheReadmesExampleKeepsABalanceOnTheOtherNode) {
  EXPECT_EQ(examples::elsewhere(network->open({}), network->open({})).value(), 42);
}

TEST_P(RemotingContract, TellReachesTheOtherNodeAndTheAnswerComesBack) {
  RemoteNodes nodes(*network, 2);
  ASSERT_TRUE(nodes.joined(0, 1));
  (void)nodes[1].system.spawn(recorder(make_journal()), "counter");
  const auto [asker, inbox] = nodes[0].keeper("asker");
  const ActorRef counter = nodes.ref(0, 1, "/counter");
  EXPECT_EQ(counter.tell(Text{"one"}, asker), Delivery::accepted);
  EXPECT_EQ(counter.tell(GetCount{}, asker), Delivery::accepted);
  ASSERT_TRUE(RemoteNodes::until([&, in = inbox] { return in->size() == 1; }));
  EXPECT_EQ(inbox->at(0).get_if<Count>()->value, 1);
  EXPECT_EQ(inbox->sender_of(0), counter);
}

TEST_P(RemotingContract, AskBringsTheAnswer) {
  RemoteNodes nodes(*network, 2);
  ASSERT_TRUE(nodes.joined(0, 1));
  (void)nodes[1].system.spawn(recorder(make_journal()), "counter");
  const auto outcome = ask(nodes[0].system, nodes.ref(0, 1, "/counter"), GetCount{}, kSoonMs).get();
  EXPECT_EQ(answer_as<Count>(outcome).value().value, 0);
}

TEST_P(RemotingContract, AskOfAPathWhereNobodyIsFailsAtOnceAndIsADeadLetterThere) {
  RemoteNodes nodes(*network, 2);
  ASSERT_TRUE(nodes.joined(0, 1));
  // Questions may have timed out while the link came up.
  const auto before = nodes[0].system.stats();
  const auto before_there = nodes[1].system.stats();
  const auto outcome = ask(nodes[0].system, nodes.ref(0, 1, "/nobody"), GetCount{}, kSoonMs).get();
  EXPECT_EQ(outcome.error().code, ErrorCode::not_found);
  EXPECT_EQ(nodes[1].system.stats().dead_letters, before_there.dead_letters + 1);
  EXPECT_EQ(nodes[0].system.stats().refused_elsewhere, before.refused_elsewhere + 1);
  EXPECT_EQ(nodes[0].system.stats().asks_timed_out, before.asks_timed_out);
}

TEST_P(RemotingContract, AskOfAFullMailboxThereIsBusy) {
  std::atomic<bool> go{false};
  std::atomic<bool> inside{false};
  RemoteNodes nodes(*network, 2);
  ASSERT_TRUE(nodes.joined(0, 1));
  const Props slow = scripted([&](Context&, const Message&) {
                       inside.store(true);
                       while (!go.load()) std::this_thread::yield();
                     })
                         .with_mailbox({.messages_max = 1})
                         .on_own_thread();
  const ActorRef there = nodes[1].system.spawn(slow, "slow").value();
  // One is processed, the others wait.
  there.tell(Text{});
  while (!inside.load()) std::this_thread::yield();
  while (there.tell(Text{}) != Delivery::full) std::this_thread::yield();
  const auto outcome = ask(nodes[0].system, nodes.ref(0, 1, "/slow"), GetCount{}, kSoonMs).get();
  go.store(true);
  EXPECT_EQ(outcome.error().code, ErrorCode::busy);
}

TEST_P(RemotingContract, AskTimesOutWhenTheOtherNodeIsGoneAndNobodyKnows) {
  RemoteNodes nodes(*network, 2);
  ASSERT_TRUE(nodes.joined(0, 1));
  nodes.kill(1);
  const auto outcome = ask(nodes[0].system, nodes.ref(0, 1, "/x"), GetCount{}, 50).get();
  EXPECT_EQ(outcome.error().code, ErrorCode::unknown_outcome);
}

TEST_P(RemotingContract, AskOfANodeHeldDeadFailsAtOnce) {
  RemoteNodes nodes(*network, 2);
  ASSERT_TRUE(nodes.joined(0, 1));
  nodes.set_state(1, MemberState::dead);
  nodes.tell_views();
  ASSERT_TRUE(RemoteNodes::until([&] { return nodes.ref(0, 1, "/x").tell(GetCount{}) == Delivery::no_route; }));
  const auto outcome = ask(nodes[0].system, nodes.ref(0, 1, "/x"), GetCount{}, kSoonMs).get();
  EXPECT_EQ(outcome.error().code, ErrorCode::not_found);
}

TEST_P(RemotingContract, ASuspectIsStillSentTo) {
  RemoteNodes nodes(*network, 2);
  ASSERT_TRUE(nodes.joined(0, 1));
  nodes.set_state(1, MemberState::suspect);
  nodes.tell_views();
  EXPECT_TRUE(nodes.joined(0, 1));
}

TEST_P(RemotingContract, AForwardedQuestionIsAnsweredByTheThirdNodeDirectly) {
  RemoteNodes nodes(*network, 3);
  ASSERT_TRUE(nodes.joined(0, 1));
  ASSERT_TRUE(nodes.joined(1, 2));
  ASSERT_TRUE(nodes.joined(2, 0));
  (void)nodes[2].system.spawn(recorder(make_journal()), "counter");
  const ActorRef third = nodes.ref(1, 2, "/counter");
  (void)nodes[1].system.spawn(scripted([third](Context& context, const Message&) { context.forward(third); }), "relay");
  const auto outcome = ask(nodes[0].system, nodes.ref(0, 1, "/relay"), GetCount{}, kSoonMs).get();
  EXPECT_EQ(answer_as<Count>(outcome).value().value, 0);
}

TEST_P(RemotingContract, WatchTellsOfTheEndOfAnActorOnce) {
  RemoteNodes nodes(*network, 2);
  ASSERT_TRUE(nodes.joined(0, 1));
  const ActorRef there = nodes[1].system.spawn(recorder(make_journal()), "a").value();
  const ActorRef a = nodes.ref(0, 1, "/a");
  const auto [watcher, inbox] = nodes[0].watcher_of(a, "watcher");
  // What is sent after the watch comes after it.
  ASSERT_TRUE(ask(nodes[0].system, a, GetCount{}, kSoonMs).get().has_value());
  EXPECT_EQ(inbox->size(), 0U);
  nodes[1].system.stop(there);
  ASSERT_TRUE(RemoteNodes::until([&, in = inbox] { return in->size() > 0; }));
  ASSERT_TRUE(nodes.joined(0, 1));
  ASSERT_EQ(inbox->size(), 1U);
  EXPECT_EQ(inbox->at(0).get_if<Terminated>()->who, a);
  EXPECT_EQ(inbox->at(0).get_if<Terminated>()->reason, Terminated::Reason::stopped);
}

TEST_P(RemotingContract, WatchOfNobodyTellsToo) {
  RemoteNodes nodes(*network, 2);
  ASSERT_TRUE(nodes.joined(0, 1));
  const auto [watcher, inbox] = nodes[0].watcher_of(nodes.ref(0, 1, "/nobody"));
  ASSERT_TRUE(RemoteNodes::until([&, in = inbox] { return in->count<Terminated>() == 1; }));
}

TEST_P(RemotingContract, WatchOfANodeThatDiesTellsThatItIsDown) {
  RemoteNodes nodes(*network, 2);
  ASSERT_TRUE(nodes.joined(0, 1));
  (void)nodes[1].system.spawn(recorder(make_journal()), "a");
  const auto [watcher, inbox] = nodes[0].watcher_of(nodes.ref(0, 1, "/a"));
  ASSERT_TRUE(nodes.joined(0, 1));
  nodes.kill(1);
  nodes.set_state(1, MemberState::dead);
  nodes.tell_views();
  ASSERT_TRUE(RemoteNodes::until([&, in = inbox] { return in->size() == 1; }));
  EXPECT_EQ(inbox->at(0).get_if<Terminated>()->reason, Terminated::Reason::node_down);
}

TEST_P(RemotingContract, ARestartIsTheEndOfAllWhoWereWatchedAndNothingOldReachesTheNewLife) {
  RemoteNodes nodes(*network, 2);
  ASSERT_TRUE(nodes.joined(0, 1));
  (void)nodes[1].keeper("a");
  const ActorRef a = nodes.ref(0, 1, "/a");
  const auto [watcher, inbox] = nodes[0].watcher_of(a, "watcher");
  ASSERT_TRUE(nodes.joined(0, 1));
  nodes.restart(1);
  const auto [successor, received] = nodes[1].keeper("a");
  nodes.tell_view(1);
  // Node 0 still believes in the old life: what it sends now is for that one.
  for (int i = 0; i < 100; ++i) a.tell(Text{"old"});
  nodes.tell_views();
  ASSERT_TRUE(RemoteNodes::until([&, in = inbox] { return in->count<Terminated>() == 1; }));
  EXPECT_EQ(inbox->at(0).get_if<Terminated>()->reason, Terminated::Reason::node_down);
  ASSERT_TRUE(RemoteNodes::until([&] { return nodes.ref(0, 1, "/a").tell(Text{"new"}) == Delivery::accepted; }));
  ASSERT_TRUE(nodes.joined(0, 1));
  ASSERT_TRUE(RemoteNodes::until([&, in = received] { return in->size() > 0; }));
  for (std::size_t i = 0; i < received->size(); ++i) EXPECT_EQ(received->at(i).get_if<Text>()->value, "new");
}

TEST_P(RemotingContract, UnwatchEndsIt) {
  std::atomic<int> told{0};
  RemoteNodes nodes(*network, 2);
  ASSERT_TRUE(nodes.joined(0, 1));
  const ActorRef there = nodes[1].system.spawn(recorder(make_journal()), "a").value();
  const ActorRef a = nodes.ref(0, 1, "/a");
  (void)nodes[0].system.spawn(scripted([&](Context&, const Message&) { ++told; },
                                       [a](Context& context) {
                                         context.watch(a);
                                         context.unwatch(a);
                                       }));
  ASSERT_TRUE(nodes.joined(0, 1));
  const auto [here, ended] = nodes[1].watcher_of(there);
  nodes[1].system.stop(there);
  ASSERT_TRUE(RemoteNodes::until([&, in = ended] { return in->size() == 1; }));
  ASSERT_TRUE(nodes.joined(0, 1));
  EXPECT_EQ(told.load(), 0);
}

TEST_P(RemotingContract, ActorsForgetWatchersWhoseNodeIsDown) {
  RemoteNodes nodes(*network, 3);
  ASSERT_TRUE(nodes.joined(0, 1));
  const ActorRef there = nodes[1].system.spawn(recorder(make_journal()), "a").value();
  const auto [watcher, inbox] = nodes[0].watcher_of(nodes.ref(0, 1, "/a"));
  ASSERT_TRUE(ask(nodes[0].system, nodes.ref(0, 1, "/a"), GetCount{}, kSoonMs).get().has_value());
  nodes.kill(0);
  nodes.set_state(0, MemberState::dead);
  nodes.tell_views();
  // What comes from elsewhere is heard after the actors were told, and an actor's mailbox keeps the order.
  ASSERT_TRUE(nodes.joined(2, 1));
  const auto [local, ended] = nodes[1].watcher_of(there);
  nodes[1].system.stop(there);
  ASSERT_TRUE(RemoteNodes::until([&, in = ended] { return in->size() == 1; }));
  EXPECT_EQ(nodes[1].system.stats().refused_no_route, 0U) << "nobody tried to tell the node that is down";
}

TEST_P(RemotingContract, AHundredThousandMessagesOfEachPairComeInOrder) {
  constexpr int kMessages = 50'000;
  std::atomic<int> next{0};
  std::atomic<int> violations{0};
  std::atomic<int> next_back{0};
  RemoteNodes nodes(*network, 2);
  ASSERT_TRUE(nodes.joined(0, 1));
  (void)nodes[1].system.spawn(scripted([&](Context&, const Message& message) {
                                if (message.get_if<Count>()->value != next.load()) ++violations;
                                next.store(message.get_if<Count>()->value + 1);
                              }).with_mailbox({.messages_max = 2 * kMessages, .bytes_max = 1U << 30U}),
                              "sink");
  const Props back = scripted([&](Context&, const Message& message) {
    if (message.get_if<Count>()->value != next_back.load()) ++violations;
    next_back.store(message.get_if<Count>()->value + 1);
  });
  (void)nodes[0].system.spawn(back.with_mailbox({.messages_max = 2 * kMessages, .bytes_max = 1U << 30U}), "sink");
  const auto send_all = [&](std::size_t from, std::size_t to) {
    const ActorRef sink = nodes.ref(from, to, "/sink");
    for (int i = 0; i < kMessages; ++i)
      while (sink.tell(Count{i}) == Delivery::full) std::this_thread::yield();
  };
  std::thread there([&] { send_all(0, 1); });
  send_all(1, 0);
  there.join();
  EXPECT_TRUE(RemoteNodes::until([&] { return next.load() == kMessages && next_back.load() == kMessages; }))
      << next.load() << " and " << next_back.load();
  EXPECT_EQ(violations.load(), 0);
  EXPECT_EQ(nodes[1].counter("wattring_link_gap_total"), 0U);
}

TEST_P(RemotingContract, AFullQueueRefusesAndCounts) {
  RemoteNodes nodes(*network, 2);
  ASSERT_TRUE(nodes.joined(0, 1));
  nodes.kill(1);
  const ActorRef sink = nodes.ref(0, 1, "/sink");
  const std::string large(100'000, 'x');
  ASSERT_TRUE(RemoteNodes::until([&] { return sink.tell(Text{large}) == Delivery::full; }));
  EXPECT_GE(nodes[0].refused("full"), 1U);
  EXPECT_EQ(ask(nodes[0].system, sink, Text{large}, kSoonMs).get().error().code, ErrorCode::busy);
}

TEST_P(RemotingContract, ATypeWithoutCodecIsRefusedToItsSender) {
  RemoteNodes nodes(*network, 2);
  ASSERT_TRUE(nodes.joined(0, 1));
  EXPECT_EQ(nodes.ref(0, 1, "/x").tell(Fail{"stays here"}), Delivery::no_route);
  EXPECT_EQ(nodes[0].refused("no_codec"), 1U);
}

TEST_P(RemotingContract, AMessageOfAMebibyteIsTooLargeAndOneBelowArrives) {
  RemoteNodes nodes(*network, 2);
  ASSERT_TRUE(nodes.joined(0, 1));
  const auto [keeper, inbox] = nodes[1].keeper("keeper");
  const ActorRef there = nodes.ref(0, 1, "/keeper");
  EXPECT_EQ(there.tell(Text{std::string(kRemoteFrameBytesMax, 'x')}), Delivery::no_route);
  EXPECT_EQ(nodes[0].refused("too_large"), 1U);
  const std::string fits(kRemoteFrameBytesMax - 1'000, 'y');
  EXPECT_EQ(there.tell(Text{fits}), Delivery::accepted);
  ASSERT_TRUE(RemoteNodes::until([&, in = inbox] { return in->size() == 1; }));
  EXPECT_EQ(inbox->at(0).get_if<Text>()->value, fits);
}

TEST_P(RemotingContract, HostileFramesChangeNothing) {
  RemoteNodes nodes(*network, 2);
  ASSERT_TRUE(nodes.joined(0, 1));
  const auto [keeper, inbox] = nodes[1].keeper("keeper");
  const auto stranger = network->open({});
  const auto frame = [&](RemoteHeader header, const std::string& text) {
    std::string encoded;
    RemoteEnvelope envelope{RemoteEnvelope::Kind::message, {}, {nodes[1].node, "/keeper"}, Text{text}};
    write_envelope(encoded, envelope, header.source, test_codecs()->of(envelope.message));
    FrameBuilder builder;
    builder.add(encoded);
    return builder.seal(header);
  };
  RemoteHeader header;
  header.cluster = RemoteNodes::kCluster;
  header.source = nodes[0].node;
  header.source_life = nodes[0].life;
  header.destination_nonce = nodes[1].life.nonce;
  header.sequence = 1'000;
  RemoteHeader other_cluster = header;
  other_cluster.cluster = 1;
  RemoteHeader other_life = header;
  other_life.destination_nonce = 1;
  RemoteHeader unknown_node = header;
  unknown_node.source.bytes[15] = 9;
  RemoteHeader old_life = header;
  old_life.source_life.nonce = 1;
  RemoteHeader overtaken = header;
  overtaken.sequence = 1;
  std::string cut = frame(header, "cut");
  cut.pop_back();
  std::vector<std::string> hostile{"",
                                   "garbage",
                                   frame(header, "x") + "trailing",
                                   cut,
                                   frame(other_cluster, "x"),
                                   frame(other_life, "x"),
                                   frame(unknown_node, "x"),
                                   frame(old_life, "x"),
                                   frame(overtaken, "x"),
                                   std::string(kRemoteFrameBytesMax + 1, 'W')};
  std::vector<cluster::Input> ignored;
  const auto settled = [&] {
    return nodes[1].dropped("cluster") == 1 && nodes[1].dropped("other_life") == 1 &&
           nodes[1].dropped("unknown_life") == 2 && nodes[1].dropped("out_of_order") == 1 &&
           nodes[1].dropped("malformed") >= 3;
  };
  for (const std::string& bytes : hostile) {
    // A link may still be on its way up.
    ASSERT_TRUE(RemoteNodes::until([&] {
      const auto sent = stranger->send(cluster::Route::to(nodes[1].remote.endpoint()), bytes);
      stranger->receive(1'000'000, ignored);
      return sent == cluster::SendOutcome::sent;
    }));
  }
  ASSERT_TRUE(RemoteNodes::until([&] {
    stranger->receive(1'000'000, ignored);
    return settled();
  }));
  nodes.ref(0, 1, "/keeper").tell(Text{"good"});
  ASSERT_TRUE(RemoteNodes::until([&, in = inbox] { return in->size() > 0; }));
  EXPECT_EQ(inbox->size(), 1U);
  EXPECT_EQ(inbox->at(0).get_if<Text>()->value, "good");
}

}  // namespace
}  // namespace wattring::actor
