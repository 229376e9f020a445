// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "tests/sharding/replica_net.hpp"

namespace wattring::sharding {
namespace {

constexpr ShardId kShard{7};

std::vector<ShardId> all_shards() {
  std::vector<ShardId> all;
  for (std::uint16_t i = 0; i < kNetShards; ++i) all.push_back(ShardId{i});
  return all;
}

ReplicaNet::Node& node_of(ReplicaNet& net, const NodeId& id) {
  return *net.find(id);
}

TEST(Replica, OneNodeAloneAcknowledgesAsSingle) {
  ReplicaNet net(1);
  const auto number = net.write(net.nodes[0], all_shards());
  EXPECT_EQ(net.nodes[0].done.at(number).worst, AckClass::single);
  EXPECT_TRUE(net.nodes[0].done.at(number).unknown.empty());
  EXPECT_EQ(net.nodes[0].filled.size(), kNetShards);
}

TEST(Replica, AWriteIsDurableOnAllOwners) {
  ReplicaNet net(5);
  const auto number = net.write(net.nodes[0], all_shards());
  EXPECT_EQ(net.nodes[0].done.at(number).worst, AckClass::durable);
  for (const ShardId shard : all_shards()) {
    for (const ReplicaNet::Node& node : net.nodes) {
      const bool owns = net.rings.back()->owns(node.id, shard);
      EXPECT_EQ(node.replica->durable(shard).contains(net.nodes[0].writer, Sequence{number}), owns);
    }
  }
}

TEST(Replica, NothingIsAcknowledgedBeforeTwoDisksHaveIt) {
  ReplicaNet net(3);
  for (ReplicaNet::Node& node : net.nodes) node.commits = false;
  const auto number = net.write(net.nodes[0], {kShard});
  EXPECT_TRUE(net.nodes[0].done.empty());
  net.commit_waiting(net.nodes[1]);
  EXPECT_TRUE(net.nodes[0].done.empty());
  net.commit_waiting(net.nodes[2]);
  EXPECT_EQ(net.nodes[0].done.at(number).worst, AckClass::durable);
  EXPECT_EQ(net.nodes[0].done.at(number).copies, 2U);
}

TEST(Replica, AStandInMakesItHeldWhenTwoOwnersAreGone) {
  ReplicaNet net(5);
  const auto owners = net.rings.back()->owners(kShard);
  node_of(net, owners[0]).up = node_of(net, owners[1]).up = false;
  net.meet();
  ReplicaNet::Node& writer = node_of(net, owners[2]);
  const auto number = net.write(writer, {kShard});
  EXPECT_EQ(writer.done.at(number).worst, AckClass::held);
  EXPECT_EQ(writer.done.at(number).copies, 2U);
}

/// Of four nodes an owner is away; the writer stands in for it, and of the two other owners one has the entry.
struct StandInIsFirst {
  StandInIsFirst() : net(4), owners(net.rings.back()->owners(kShard).begin(), net.rings.back()->owners(kShard).end()) {
    for (ReplicaNet::Node& node : net.nodes)
      if (!net.rings.back()->owns(node.id, kShard)) writer = &node;
    node_of(net, owners[0]).up = false;
    late = &node_of(net, owners[2]);
    late->commits = false;
    net.meet();
    number = net.write(*writer, {kShard});
  }
  ReplicaNet net;
  std::vector<NodeId> owners;
  ReplicaNet::Node* writer = nullptr;
  ReplicaNet::Node* late = nullptr;
  std::uint64_t number = 0;
};

TEST(Replica, HeldWaitsForAnOwnerThatMayMakeItDurable) {
  StandInIsFirst at;
  EXPECT_TRUE(at.writer->done.empty()) << "two copies, and one owner is about to answer";
  at.net.run_for(100 * kNsPerMs);
  EXPECT_TRUE(at.writer->done.empty());
  at.net.commit_waiting(*at.late);
  EXPECT_EQ(at.writer->done.at(at.number).worst, AckClass::durable);
  EXPECT_EQ(at.writer->done.at(at.number).copies, 3U);
}

TEST(Replica, HeldWaitsForOwnersNoLongerThanTheHedge) {
  StandInIsFirst at;
  at.net.run_for(ReplicaSettings{}.hedge_ns - 50 * kNsPerMs);
  EXPECT_TRUE(at.writer->done.empty());
  EXPECT_LE(at.writer->replica->next_deadline(), at.net.now + 50 * kNsPerMs);
  at.net.run_for(50 * kNsPerMs);
  EXPECT_EQ(at.writer->done.at(at.number).worst, AckClass::held);
  EXPECT_EQ(at.writer->done.at(at.number).copies, 2U);
}

TEST(Replica, HeldWaitsForNobodyWhoIsGone) {
  StandInIsFirst at;
  at.late->up = false;
  at.net.meet();
  EXPECT_EQ(at.writer->done.at(at.number).worst, AckClass::held);
}

TEST(Replica, HeldWaitsForNobodyWhoHasNoRoom) {
  StandInIsFirst at;
  at.late->full = true;
  at.net.commit_waiting(*at.late);
  EXPECT_EQ(at.writer->done.at(at.number).worst, AckClass::held);
}

TEST(Replica, TooFewNodesLeaveItUnknownInTime) {
  ReplicaNet net(3);
  net.nodes[1].up = net.nodes[2].up = false;
  net.meet();
  EXPECT_FALSE(net.nodes[0].replica->routes()->can_write);
  const auto number = net.write(net.nodes[0], {kShard});
  EXPECT_TRUE(net.nodes[0].done.empty());
  net.run_for(11 * kNsPerSecond);
  EXPECT_EQ(net.nodes[0].done.at(number).unknown, std::vector{kShard});
}

TEST(Replica, WhoDoesNotAnswerIsPassedOverAfterTheHedge) {
  ReplicaNet net(5);
  const auto owners = net.rings.back()->owners(kShard);
  const NodeId silent_a = owners[1];
  const NodeId silent_b = owners[2];
  net.passes = [=](const NodeId& from, const NodeId& to, const PeerMessage&) {
    return from != silent_a && to != silent_a && from != silent_b && to != silent_b;
  };
  ReplicaNet::Node& writer = node_of(net, owners[0]);
  const auto number = net.write(writer, {kShard});
  EXPECT_TRUE(writer.done.empty());
  net.run_for(400 * kNsPerMs);
  EXPECT_EQ(writer.done.at(number).worst, AckClass::held);
}

TEST(Replica, AFullDiskIsReplacedAtOnce) {
  ReplicaNet net(5);
  const auto owners = net.rings.back()->owners(kShard);
  node_of(net, owners[1]).full = node_of(net, owners[2]).full = true;
  ReplicaNet::Node& writer = node_of(net, owners[0]);
  const auto number = net.write(writer, {kShard});
  EXPECT_EQ(writer.done.at(number).worst, AckClass::held);
}

TEST(Replica, NoRoomAnywhereIsRefusedAndNotUnknown) {
  ReplicaNet net(1);
  net.nodes[0].full = true;
  const auto number = net.write(net.nodes[0], {kShard});
  EXPECT_EQ(net.nodes[0].done.at(number).refused, std::vector{kShard});
  EXPECT_TRUE(net.nodes[0].done.at(number).unknown.empty());
}

TEST(Replica, ANodeThatWasAwayFetchesWhatItMissed) {
  ReplicaNet net(3);
  net.nodes[2].up = false;
  net.meet();
  for (int i = 0; i < 5; ++i) net.write(net.nodes[0], all_shards());
  net.nodes[2].up = true;
  net.meet();
  net.run_for(10 * kNsPerSecond);
  for (const ShardId shard : all_shards())
    EXPECT_EQ(net.nodes[2].replica->durable(shard), net.nodes[0].replica->durable(shard)) << shard.value;
}

TEST(Replica, WhoIsBackMaySayThatNothingIsMissingOnlyAfterAComparison) {
  ReplicaNet net(3);
  ReplicaNet::Node& away = net.nodes[2];
  net.run_for(5 * kNsPerSecond);
  EXPECT_EQ(away.replica->counts().shards_missing, 0U);
  away.up = false;
  net.meet();
  ReplicaEffects alone;
  away.replica->set_usable(net.now, {{away.id, net.now}}, alone);
  net.write(net.nodes[0], {ShardId{5}});
  away.up = true;
  net.passes = [&](const NodeId&, const NodeId& to, const PeerMessage&) { return to != away.id; };
  net.meet();
  EXPECT_EQ(away.replica->counts().shards_missing, kNetShards);
  net.passes = [&](const NodeId&, const NodeId& to, const PeerMessage& message) {
    return to != away.id || !std::holds_alternative<message::CoverageTell>(message.body);
  };
  net.run_for(5 * kNsPerSecond);
  EXPECT_EQ(away.replica->counts().shards_missing, 1U);
  net.passes = {};
  net.run_for(10 * kNsPerSecond);
  EXPECT_EQ(away.replica->counts().shards_missing, 0U);
}

TEST(Replica, WhatIsGoneFromTheLogComesByTransfer) {
  ReplicaNet net(3);
  net.nodes[2].up = false;
  net.meet();
  net.write(net.nodes[0], all_shards());
  for (ReplicaNet::Node& node : net.nodes) node.log_is_gone = true;
  net.nodes[2].up = true;
  net.meet();
  net.run_for(20 * kNsPerSecond);
  EXPECT_FALSE(net.nodes[2].fetches.empty());
  for (const ShardId shard : all_shards())
    EXPECT_EQ(net.nodes[2].replica->durable(shard), net.nodes[0].replica->durable(shard)) << shard.value;
}

TEST(Replica, AStandInDropsOnlyWhenAllOwnersHaveConfirmed) {
  ReplicaSettings settings;
  settings.drop_wait_ns = 5 * kNsPerSecond;
  ReplicaNet net(5, 0, settings);
  const auto owners = net.rings.back()->owners(kShard);
  ReplicaNet::Node& away = node_of(net, owners[0]);
  away.up = false;
  net.meet();
  net.write(node_of(net, owners[1]), {kShard});
  const auto holder = std::find_if(net.nodes.begin(), net.nodes.end(), [&](const ReplicaNet::Node& node) {
    return node.replica->role(kShard) == Replica::Role::holder;
  });
  ASSERT_NE(holder, net.nodes.end());
  net.run_for(30 * kNsPerSecond);
  EXPECT_TRUE(holder->drops.empty()) << "an owner is away";
  away.up = true;
  net.meet();
  net.run_for(30 * kNsPerSecond);
  ASSERT_EQ(holder->drops.size(), 1U);
  EXPECT_EQ(holder->replica->role(kShard), Replica::Role::none);
  EXPECT_FALSE(away.replica->durable(kShard).empty());
}

TEST(Replica, AnExchangeNeedsAQuorumOfOwners) {
  ReplicaNet net(3);
  net.write(net.nodes[0], {kShard});
  ReplicaEffects out;
  const std::array shards{kShard};
  net.nodes[1].replica->exchange(net.now, 1, shards, out);
  net.carry_out(net.nodes[1], std::move(out));
  net.settle();
  ASSERT_EQ(net.nodes[1].exchanged.size(), 1U);
  EXPECT_TRUE(net.nodes[1].exchanged[0].complete);

  net.nodes[0].up = net.nodes[2].up = false;
  net.meet();
  out.clear();
  net.nodes[1].replica->exchange(net.now, 2, shards, out);
  net.carry_out(net.nodes[1], std::move(out));
  net.run_for(5 * kNsPerSecond);
  ASSERT_EQ(net.nodes[1].exchanged.size(), 2U);
  EXPECT_FALSE(net.nodes[1].exchanged[1].complete);
}

TEST(Replica, ANewOwnerIsFilledBeforeItCountsAsOne) {
  ReplicaNet net(3, 1);
  net.write(net.nodes[0], all_shards());
  net.add_ring(4);
  net.give_rings(net.nodes[0]);
  EXPECT_FALSE(net.nodes[0].replica->retired(1)) << "a filling may still ask back to it";
  net.run_for(10 * kNsPerSecond);
  for (const ShardId shard : all_shards()) {
    for (const NodeId& owner : net.rings.back()->owners(shard)) {
      ReplicaNet::Node& node = node_of(net, owner);
      EXPECT_EQ(node.replica->filled_ring(shard), 2U);
      EXPECT_EQ(node.replica->role(shard), Replica::Role::owner);
      EXPECT_FALSE(node.replica->durable(shard).empty());
    }
  }
  EXPECT_TRUE(net.nodes[0].replica->retired(1));
}

TEST(Replica, DuringARingChangeAcksAreHeldUntilTheFenceIsKnown) {
  ReplicaNet net(3, 1);
  net.add_ring(4);
  net.passes = [](const NodeId&, const NodeId&, const PeerMessage& message) {
    return std::holds_alternative<message::Append>(message.body) ||
           std::holds_alternative<message::Receipt>(message.body);
  };
  // Only the fourth knows the new ring; its first write tells the others.
  net.give_rings(net.nodes[3]);
  const auto first = net.write(net.nodes[3], all_shards());
  EXPECT_EQ(net.nodes[3].done.at(first).worst, AckClass::held);
  const auto second = net.write(net.nodes[3], all_shards());
  EXPECT_EQ(net.nodes[3].done.at(second).worst, AckClass::durable);
}

TEST(Replica, ADiskThatLostWhatItToldRenewsItselfAndFillsAgain) {
  ReplicaNet net(3);
  net.write(net.nodes[0], {kShard});
  net.write(net.nodes[0], {kShard});
  // Node 0 hears what node 2 holds ...
  const std::array shards{kShard};
  ReplicaEffects out;
  net.nodes[0].replica->exchange(net.now, 1, shards, out);
  net.carry_out(net.nodes[0], std::move(out));
  net.settle();
  // ... which then comes back with less under the same generation.
  net.nodes[2].up = false;
  net.meet();
  std::vector<Replica::Held> held;
  for (const ShardId shard : all_shards()) held.push_back({shard, {}, 1, false});
  net.nodes[2].replica = net.make(net.nodes[2], 1, std::move(held));
  net.nodes[2].up = true;
  net.give_rings(net.nodes[2]);
  net.meet();
  net.run_for(20 * kNsPerSecond);
  EXPECT_EQ(net.nodes[2].renewals, 1U);
  EXPECT_EQ(net.nodes[2].replica->filled_ring(kShard), 1U);
  EXPECT_EQ(net.nodes[2].replica->durable(kShard), net.nodes[0].replica->durable(kShard));
}

TEST(Replica, BothCopiesInOneZoneAreNotEnoughWhileAnotherZoneLives) {
  ReplicaNet net(4, 0, {}, "aabb");
  const auto owners = net.rings.back()->owners(kShard);
  ReplicaNet::Node& writer = node_of(net, owners[0]);
  const std::string& zone = net.rings.back()->ring().member(writer.id)->zone;
  for (ReplicaNet::Node& node : net.nodes)
    if (net.rings.back()->ring().member(node.id)->zone != zone) node.commits = false;
  const auto number = net.write(writer, {kShard});
  net.run_for(kNsPerSecond);
  EXPECT_TRUE(writer.done.empty());
  for (ReplicaNet::Node& node : net.nodes) net.commit_waiting(node);
  EXPECT_NE(writer.done.at(number).worst, AckClass::unknown);
}

TEST(Replica, AHomeComesBackOnlyWhenItIsSteady) {
  ReplicaNet net(3);
  const NodeId home = net.rings.back()->owners(kShard)[0];
  const NodeId next = net.rings.back()->owners(kShard)[1];
  ReplicaNet::Node& observer = node_of(net, next);
  EXPECT_EQ(observer.replica->routes()->home[kShard.value], home);
  node_of(net, home).up = false;
  net.meet();
  EXPECT_EQ(observer.replica->routes()->home[kShard.value], next);
  node_of(net, home).up = true;
  net.meet();
  net.run_for(50 * kNsPerSecond);
  EXPECT_EQ(observer.replica->routes()->home[kShard.value], next);
  net.run_for(80 * kNsPerSecond);
  EXPECT_EQ(observer.replica->routes()->home[kShard.value], home);
}

TEST(Replica, DamagedEntriesComeBackFromOthers) {
  ReplicaNet net(3);
  net.write(net.nodes[0], {kShard});
  const Coverage whole = net.nodes[1].replica->durable(kShard);
  net.nodes[1].journal.clear();
  ReplicaEffects out;
  net.nodes[1].replica->damaged(net.now, kShard, whole, out);
  net.carry_out(net.nodes[1], std::move(out));
  EXPECT_TRUE(net.nodes[1].replica->durable(kShard).empty());
  net.run_for(10 * kNsPerSecond);
  EXPECT_EQ(net.nodes[1].replica->durable(kShard), whole);
  EXPECT_EQ(net.nodes[1].journal.size(), 1U);
  EXPECT_EQ(net.nodes[1].renewals, 0U) << "who says that it is damaged has not forgotten";
}

}  // namespace
}  // namespace wattring::sharding
