// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/sharding/replica_net.hpp"

/// R6: what differs below an equal coverage is found, and both get everything.

namespace wattring::sharding {
namespace {

constexpr ShardId kShard{7};
constexpr std::uint64_t kAll = 0b1111;
/// Until each shard with entries has been compared once.
constexpr std::int64_t kRound = 3 * ReplicaSettings{}.content_ns;

struct ThreeOwners {
  ThreeOwners() : net(3) {
    net.write(net.nodes[0], {kShard});
    for (ReplicaNet::Node& node : net.nodes) node.facts = kAll;
    const auto owners = net.rings.back()->owners(kShard);
    first = net.find(owners[0]);
    second = net.find(owners[1]);
    third = net.find(owners[2]);
  }
  ReplicaNet net;
  ReplicaNet::Node* first = nullptr;
  ReplicaNet::Node* second = nullptr;
  ReplicaNet::Node* third = nullptr;
};

TEST(ReplicaContents, EqualOnesMoveNothing) {
  ThreeOwners at;
  at.net.run_for(kRound, kNsPerSecond);
  for (const ReplicaNet::Node& node : at.net.nodes) {
    EXPECT_GT(node.digests, 0U);
    EXPECT_TRUE(node.fetches.empty());
    EXPECT_EQ(node.replica->counts().contents_differed, 0U);
  }
}

TEST(ReplicaContents, WhatTheFirstOwnerLostComesBack) {
  ThreeOwners at;
  at.first->facts = 0b1101;
  at.net.run_for(kRound, kNsPerSecond);
  EXPECT_EQ(at.first->facts, kAll);
  EXPECT_GT(at.first->replica->counts().contents_differed, 0U);
}

TEST(ReplicaContents, WhatAnotherOwnerLostComesBack) {
  ThreeOwners at;
  at.third->facts = 0;
  at.net.run_for(kRound, kNsPerSecond);
  EXPECT_EQ(at.third->facts, kAll);
  EXPECT_TRUE(at.second->fetches.empty()) << "it has what the first one has";
}

TEST(ReplicaContents, BothGetWhatTheOtherHas) {
  ThreeOwners at;
  at.first->facts = 0b0011;
  at.second->facts = 0b1100;
  at.third->facts = 0b0011;
  at.net.run_for(2 * kRound, kNsPerSecond);
  for (const ReplicaNet::Node& node : at.net.nodes) EXPECT_EQ(node.facts, kAll);
}

TEST(ReplicaContents, AreComparedUnderEqualCoverageOnly) {
  ThreeOwners at;
  at.net.passes = [&](const NodeId&, const NodeId& to, const PeerMessage& message) {
    return to != at.third->id || std::holds_alternative<message::Content>(message.body);
  };
  at.net.write(*at.first, {kShard});
  at.third->facts = 0b0001;
  at.net.run_for(kRound, kNsPerSecond);
  EXPECT_GT(at.third->digests, 0U);
  EXPECT_TRUE(at.third->fetches.empty()) << "it knows that it lacks something";
  EXPECT_EQ(at.third->replica->counts().contents_differed, 0U);
}

TEST(ReplicaContents, ThatCannotBeToldAreAskedForAgain) {
  ThreeOwners at;
  at.first->facts = 0;
  at.second->can_digest = at.third->can_digest = false;
  at.net.run_for(kRound, kNsPerSecond);
  EXPECT_EQ(at.first->facts, 0U);
  at.second->can_digest = true;
  at.net.run_for(kRound, kNsPerSecond);
  EXPECT_EQ(at.first->facts, kAll);
}

TEST(ReplicaContents, AreTheNextOwnersTaskWhenTheFirstIsAway) {
  ThreeOwners at;
  at.first->up = false;
  at.net.meet();
  at.third->facts = 0;
  at.net.run_for(kRound, kNsPerSecond);
  EXPECT_EQ(at.third->facts, kAll);
}

/// Values that do not verify cannot be hashed: no comparison ever tells.
struct DamagedThird : ThreeOwners {
  DamagedThird() {
    third->facts = 0b0001;
    third->can_digest = false;
  }
  bool suspect() {
    ReplicaEffects out;
    const bool begun = third->replica->suspect(net.now, kShard, out);
    net.carry_out(*third, std::move(out));
    net.settle();
    return begun;
  }
};

TEST(ReplicaSuspect, WhatDoesNotVerifyIsFetchedAtOnce) {
  DamagedThird at;
  at.net.run_for(kRound, kNsPerSecond);
  EXPECT_EQ(at.third->facts, 0b0001U) << "comparing did not help";
  EXPECT_TRUE(at.suspect());
  EXPECT_EQ(at.third->facts, kAll);
  ASSERT_EQ(at.third->fetches.size(), 1U);
  EXPECT_EQ(at.third->fetches.front().from, at.first->id);
}

TEST(ReplicaSuspect, IsNoReasonToFetchMoreThanOnceAMinuteThenLessAndLess) {
  DamagedThird at;
  EXPECT_TRUE(at.suspect());
  EXPECT_FALSE(at.suspect());
  at.net.run_for(59 * kNsPerSecond, kNsPerSecond);
  EXPECT_FALSE(at.suspect());
  at.net.run_for(kNsPerSecond, kNsPerSecond);
  EXPECT_TRUE(at.suspect());
  ASSERT_EQ(at.third->fetches.size(), 2U);
  EXPECT_EQ(at.third->fetches.back().from, at.second->id) << "the first one's copy did not help";
  at.net.run_for(60 * kNsPerSecond, kNsPerSecond);
  EXPECT_FALSE(at.suspect()) << "now each two minutes";
  at.net.run_for(60 * kNsPerSecond, kNsPerSecond);
  EXPECT_TRUE(at.suspect());
}

TEST(ReplicaSuspect, OfAnotherShardIsAnotherMatter) {
  DamagedThird at;
  EXPECT_TRUE(at.suspect());
  ReplicaEffects out;
  EXPECT_TRUE(at.third->replica->suspect(at.net.now, ShardId{8}, out));
}

TEST(ReplicaSuspect, WithoutAnotherOwnerInReachWaitsForOne) {
  DamagedThird at;
  at.first->up = at.second->up = false;
  at.net.meet();
  EXPECT_FALSE(at.suspect());
  EXPECT_TRUE(at.third->fetches.empty());
  at.second->up = true;
  at.net.meet();
  EXPECT_TRUE(at.suspect()) << "what could not be done does not count";
  EXPECT_EQ(at.third->facts, kAll);
}

}  // namespace
}  // namespace wattring::sharding
