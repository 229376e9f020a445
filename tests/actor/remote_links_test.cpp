// SPDX-License-Identifier: Apache-2.0
#include "node/actor/remote_links.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/actor/link_side.hpp"

namespace wattring::actor {
namespace {

using cluster::MemberState;
using Kind = RemoteEnvelope::Kind;

/// Two nodes, and frames that a test may lose.
class Links : public ::testing::Test {
 protected:
  Links() { see_each_other(); }

  static RemoteLinks::Options options() {
    RemoteLinks::Options options;
    options.cluster = 77;
    options.queue = {.messages_max = 100, .bytes_max = 10'000, .frame_bytes = 1'000};
    return options;
  }
  cluster::View view(const NodeId& self, MemberState state_of_b = MemberState::alive) const {
    cluster::View view;
    view.self = self;
    view.members = {link_member(a.self, life_a, MemberState::alive), link_member(b.self, life_b, state_of_b)};
    return view;
  }
  void see_each_other() {
    (void)a.links.set_view(view(a.self));
    (void)b.links.set_view(view(b.self));
  }
  /// Until nothing is under way; `lost` frames of a, and of b, go missing first.
  void pump(int lost_of_a = 0, int lost_of_b = 0) {
    for (bool moved = true; moved;) {
      moved = pass(a, b, lost_of_a);
      moved = pass(b, a, lost_of_b) || moved;
    }
  }
  bool pass(Side& from, Side& to, int& lost) {
    const auto outgoing = from.links.next();
    if (!outgoing) return false;
    from.links.taken(*outgoing);
    if (lost > 0) {
      --lost;
    } else {
      to.take(outgoing->frame, now_ns);
    }
    return true;
  }
  void advance(std::int64_t ns) {
    now_ns += ns;
    a.links.tick(now_ns);
    b.links.tick(now_ns);
  }
  Delivery count(int value) { return a.send(Kind::message, "/x", b.self, "/y", now_ns, Count{value}); }
  Delivery watch() { return a.send(Kind::watch, "/watcher", b.self, "/watched", now_ns); }
  /// As b's System does when the watched one is at its end.
  void end_watched() { b.send(Kind::terminated, "/watched", a.self, "/watcher", now_ns); }

  std::int64_t now_ns = 1;
  cluster::Life life_a{1, 11};
  cluster::Life life_b{1, 22};
  Side a{1, options()};
  Side b{2, options()};
};

TEST_F(Links, CarryMessagesInOrderAndManyInAFrame) {
  for (int i = 0; i < 50; ++i) EXPECT_EQ(count(i), Delivery::accepted);
  pump();
  ASSERT_EQ(b.counts().size(), 50U);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(b.counts()[static_cast<std::size_t>(i)], i);
  EXPECT_EQ(a.counters.sent.value(), 50U);
  EXPECT_LT(a.counters.sent_frames.value(), 5U);
}

TEST_F(Links, SendNothingToWhomMembershipDoesNotShowAsLive) {
  EXPECT_EQ(a.send(Kind::message, "/x", link_node(9), "/y", now_ns, Count{1}), Delivery::no_route);
  (void)a.links.set_view(view(a.self, MemberState::left));
  EXPECT_EQ(count(1), Delivery::no_route);
  (void)a.links.set_view(view(a.self, MemberState::suspect));
  EXPECT_EQ(count(1), Delivery::accepted);
  EXPECT_EQ(a.counters.refused_no_route.value(), 2U);
}

TEST_F(Links, ANodeWithoutASocketForPeersIsNoRoute) {
  cluster::View seen = view(a.self);
  auto record = std::make_shared<cluster::Record>(*seen.members[1].record);
  record->endpoints.peers.clear();
  seen.members[1].record = record;
  (void)a.links.set_view(seen);
  EXPECT_EQ(count(1), Delivery::no_route);
}

TEST_F(Links, RefuseWhenTheQueueIsFullAndTakeAgainWhenItMoved) {
  int accepted = 0;
  while (count(accepted) == Delivery::accepted) ++accepted;
  EXPECT_EQ(accepted, 100);
  EXPECT_EQ(a.counters.refused_full.value(), 1U);
  pump();
  EXPECT_EQ(count(1), Delivery::accepted);
  const std::string large(6'000, 'x');
  EXPECT_EQ(a.send(Kind::message, "/x", b.self, "/y", now_ns, Text{large}), Delivery::accepted);
  EXPECT_EQ(a.send(Kind::message, "/x", b.self, "/y", now_ns, Text{large}), Delivery::full);
}

TEST_F(Links, KeepAFrameThatTheTransportDidNotTakeAndItsPlace) {
  count(1);
  auto outgoing = a.links.next();
  ASSERT_TRUE(outgoing.has_value());
  a.links.not_taken(std::move(*outgoing));
  count(2);
  EXPECT_FALSE(a.links.next().has_value());
  EXPECT_TRUE(a.links.any_blocked());
  a.links.retry_blocked();
  pump();
  EXPECT_EQ(b.counts(), (std::vector<int>{1, 2}));
}

TEST_F(Links, CountFramesThatAreMissing) {
  count(1);
  pump(1);
  count(2);
  pump();
  EXPECT_EQ(b.counts(), (std::vector<int>{2}));
  EXPECT_EQ(b.counters.gaps.value(), 1U);
}

TEST_F(Links, DropAFrameThatWasOvertaken) {
  count(1);
  const auto first = a.links.next();
  count(2);
  const auto second = a.links.next();
  b.take(second->frame, now_ns);
  b.take(first->frame, now_ns);
  b.take(second->frame, now_ns);
  EXPECT_EQ(b.counts(), (std::vector<int>{2}));
  EXPECT_EQ(b.counters.dropped_out_of_order.value(), 2U);
}

TEST_F(Links, TellTheEndOfALifeOnce) {
  EXPECT_TRUE(a.links.set_view(view(a.self)).empty());
  EXPECT_EQ(a.links.set_view(view(a.self, MemberState::dead)), std::vector{b.self});
  EXPECT_TRUE(a.links.set_view(view(a.self, MemberState::dead)).empty());
  life_b = {2, 33};
  EXPECT_TRUE(a.links.set_view(view(a.self)).empty());
  life_b = {3, 44};
  EXPECT_EQ(a.links.set_view(view(a.self)), std::vector{b.self});
  cluster::View alone = view(a.self);
  alone.members.pop_back();
  EXPECT_EQ(a.links.set_view(alone), std::vector{b.self});
}

TEST_F(Links, WhatWasQueuedForALifeNeverReachesTheNext) {
  count(1);
  life_b = {2, 33};
  see_each_other();
  count(2);
  pump();
  EXPECT_EQ(b.counts(), (std::vector<int>{2}));
  EXPECT_EQ(a.counters.dropped_peer_down.value(), 1U);
}

TEST_F(Links, WhatWasOnTheWayToALifeNeverReachesTheNext) {
  count(1);
  const auto outgoing = a.links.next();
  life_b = {2, 33};
  (void)b.links.set_view(view(b.self));
  b.take(outgoing->frame, now_ns);
  EXPECT_TRUE(b.counts().empty());
  EXPECT_EQ(b.counters.dropped_other_life.value(), 1U);
}

TEST_F(Links, WhatAFormerLifeSentIsDroppedOnceTheNextIsKnown) {
  count(1);
  const auto outgoing = a.links.next();
  life_a = {2, 33};
  (void)b.links.set_view(view(b.self));
  b.take(outgoing->frame, now_ns);
  EXPECT_TRUE(b.counts().empty());
  EXPECT_EQ(b.counters.dropped_unknown_life.value(), 1U);
}

TEST_F(Links, AnotherClustersFrameIsDropped) {
  RemoteLinks::Options other = options();
  other.cluster = 78;
  Side stranger(1, other);
  (void)stranger.links.set_view(view(a.self));
  stranger.send(Kind::message, "/x", b.self, "/y", now_ns, Count{1});
  b.take(stranger.links.next()->frame, now_ns);
  EXPECT_TRUE(b.counts().empty());
  EXPECT_EQ(b.counters.dropped_cluster.value(), 1U);
}

TEST_F(Links, AWatchThatWasLostIsSentAgainUntilItIsKnown) {
  watch();
  pump(1);
  EXPECT_EQ(b.kinds(Kind::watch), 0U);
  advance(kNsPerSecond);
  pump(0, 1);  // this time the answer is lost
  EXPECT_EQ(b.kinds(Kind::watch), 1U);
  advance(kNsPerSecond);
  pump();
  const std::uint64_t frames = a.counters.sent_frames.value();
  EXPECT_GE(frames, 3U);
  advance(kNsPerSecond);
  pump();
  EXPECT_EQ(a.counters.sent_frames.value(), frames);
  EXPECT_EQ(b.kinds(Kind::watch), 1U);
}

TEST_F(Links, AWatchIsAskedForAgainWhenItsEndMayHaveBeenLost) {
  watch();
  pump();
  EXPECT_EQ(b.kinds(Kind::watch), 1U);
  end_watched();
  pump(0, 1);
  EXPECT_EQ(a.kinds(Kind::terminated), 0U);
  // Nothing else is said, until the node where somebody is watched is asked for a sign.
  advance(10 * kNsPerSecond);
  pump();
  EXPECT_EQ(a.counters.gaps.value(), 1U);
  EXPECT_EQ(a.kinds(Kind::terminated), 1U);
}

TEST_F(Links, AnEndThatWasLostIsToldAlsoWhenSomebodyElseLivesThereNow) {
  watch();
  pump();
  end_watched();
  pump(0, 1);
  advance(10 * kNsPerSecond);
  pump();
  EXPECT_EQ(a.kinds(Kind::terminated), 1U);
  EXPECT_EQ(b.kinds(Kind::watch), 1U);
}

TEST_F(Links, AWatchIsAskedForAgainWhenTheOtherSideForgotIt) {
  watch();
  pump();
  // b holds a dead for a while; a never hears of it.
  cluster::View without_a = view(b.self);
  without_a.members[0] = link_member(a.self, life_a, MemberState::dead);
  EXPECT_EQ(b.links.set_view(without_a), std::vector{a.self});
  (void)b.links.set_view(view(b.self));
  pump();
  EXPECT_EQ(b.kinds(Kind::watch), 2U);
}

TEST_F(Links, AWatchIsAskedForAgainWhenThereWasNoRoomToTellItsEnd) {
  watch();
  pump();
  while (b.send(Kind::message, "/x", a.self, "/y", now_ns, Count{1}) == Delivery::accepted) {
  }
  end_watched();
  EXPECT_EQ(b.counters.sent.value(), 1U);
  pump();
  EXPECT_EQ(a.kinds(Kind::terminated), 1U);
}

TEST_F(Links, AWatchThatWasTakenBackOrToldOfIsNotSentAgain) {
  watch();
  a.send(Kind::unwatch, "/watcher", b.self, "/watched", now_ns);
  pump(1);
  advance(kNsPerSecond);
  pump();
  EXPECT_EQ(b.kinds(Kind::watch), 0U);
  watch();
  pump();
  end_watched();
  pump();
  EXPECT_EQ(a.kinds(Kind::terminated), 1U);
  advance(20 * kNsPerSecond);
  pump();
  EXPECT_EQ(b.kinds(Kind::watch), 1U);
}

TEST_F(Links, WatchesDoNotPileUpOnALinkThatDoesNotMove) {
  watch();
  auto outgoing = a.links.next();
  a.links.not_taken(std::move(*outgoing));
  for (int i = 0; i < 50; ++i) advance(kNsPerSecond);
  EXPECT_LE(a.links.rows()[0].queued, 1U);
}

TEST_F(Links, LimitHowMuchIsWatchedOnANode) {
  RemoteLinks::Options few = options();
  few.watches_max = 2;
  Side c(1, few);
  (void)c.links.set_view(view(a.self));
  EXPECT_EQ(c.send(Kind::watch, "/1", b.self, "/x", now_ns), Delivery::accepted);
  EXPECT_EQ(c.send(Kind::watch, "/2", b.self, "/x", now_ns), Delivery::accepted);
  EXPECT_EQ(c.send(Kind::watch, "/3", b.self, "/x", now_ns), Delivery::full);
}

TEST_F(Links, SayNothingWhileNobodyWatchesAndNothingIsSent) {
  for (int i = 0; i < 100; ++i) advance(kNsPerSecond);
  EXPECT_FALSE(a.links.next().has_value());
  EXPECT_FALSE(b.links.next().has_value());
}

}  // namespace
}  // namespace wattring::actor
