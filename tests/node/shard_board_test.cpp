// SPDX-License-Identifier: Apache-2.0
#include "node/app/shard_board.hpp"

#include <gtest/gtest.h>

#include "base/units.hpp"
#include "node/app/usable_nodes.hpp"
#include "tests/node/fake_cluster.hpp"
#include "tests/sharding/sample_ring.hpp"

namespace wattring::app {
namespace {

using cluster::MemberState;
using http::FakeCluster;
using http::ShardState;
using http::WriteClass;

constexpr std::size_t kShards = 64;

/// n1 looks at a ring of so many nodes that serve what they own first.
class Board : public ::testing::Test {
 protected:
  void found(std::size_t nodes) {
    sharding::Ring ring;
    cluster.view_.members.clear();
    for (std::size_t i = 1; i <= nodes; ++i) {
      const std::string name = "n" + std::to_string(i);
      ring.members.push_back({FakeCluster::id_of(name), 100, ""});
      cluster.add(name, MemberState::alive).self = i == 1;
    }
    routes.ring = std::make_shared<sharding::Placement>(ring, kShards, std::array<std::uint8_t, 16>{7});
    for (std::size_t s = 0; s < kShards; ++s) routes.home.push_back(owners(s).front());
    holding.roles.assign(kShards, sharding::Replica::Role::owner);
  }
  [[nodiscard]] std::span<const NodeId> owners(std::size_t shard) const {
    return routes.ring->owners(ShardId{static_cast<std::uint16_t>(shard)});
  }
  [[nodiscard]] bool owns(const std::string& name, std::size_t shard) const {
    return routes.ring->owns(FakeCluster::id_of(name), ShardId{static_cast<std::uint16_t>(shard)});
  }
  void kill(const std::string& name) { set(name, FakeCluster::record(name, MemberState::dead)); }
  void drain(const std::string& name) {
    auto record = std::make_shared<cluster::Record>(*FakeCluster::record(name, MemberState::alive));
    record->features = cluster::kDrainingFeature;
    set(name, record);
  }
  void set(const std::string& name, const cluster::RecordPtr& record) {
    for (cluster::MemberView& member : cluster.view_.members)
      if (member.record->name == name) member.record = record;
  }
  [[nodiscard]] http::ShardBoard look() {
    return make_board(FakeCluster::id_of("n1"), routes, holding, cluster.view().get());
  }

  FakeCluster cluster;
  sharding::Routes routes;
  ReplicationService::Holding holding;
};

TEST_F(Board, WithoutARingThereIsNothingToSee) {
  const http::ShardBoard board = look();
  EXPECT_EQ(board.ring_version, 0U);
  EXPECT_TRUE(board.shards.empty());
}

TEST_F(Board, OneNodeAcknowledgesOnOneDisk) {
  found(1);
  const http::ShardBoard board = look();
  EXPECT_EQ(board.homes, kShards);
  EXPECT_EQ(board.copies, 1U);
  for (const http::ShardRow& row : board.shards) {
    EXPECT_EQ(row.ack, WriteClass::single);
    EXPECT_EQ(row.state, ShardState::ok);
  }
}

TEST_F(Board, AShardIsWorthWhatItsReachableOwnersAre) {
  found(4);
  for (const http::ShardRow& row : look().shards) {
    EXPECT_EQ(row.ack, WriteClass::durable);
    EXPECT_EQ(row.reachable, 3U);
    EXPECT_EQ(row.state, ShardState::ok);
  }
  kill("n3");
  kill("n4");
  const http::ShardBoard board = look();
  std::size_t held = 0;
  for (std::size_t s = 0; s < kShards; ++s) {
    const bool both = owns("n3", s) && owns("n4", s);
    held += both ? 1 : 0;
    EXPECT_EQ(board.shards[s].ack, both ? WriteClass::held : WriteClass::durable);
    EXPECT_EQ(board.shards[s].state, ShardState::degraded);
  }
  EXPECT_GT(held, 0U);
  EXPECT_FALSE(board.members[2].reachable);
  kill("n2");
  for (const http::ShardRow& row : look().shards) {
    EXPECT_EQ(row.ack, WriteClass::none);
    EXPECT_EQ(row.state, row.reachable == 0 ? ShardState::nobody : ShardState::degraded);
  }
}

TEST_F(Board, WhileAnOlderRingIsNotDoneWithNothingIsDurable) {
  found(3);
  holding.fenced.assign(kShards, true);
  EXPECT_TRUE(look().fenced);
  holding.fenced[9] = false;
  const http::ShardBoard board = look();
  EXPECT_FALSE(board.fenced);
  EXPECT_EQ(board.shards[9].ack, WriteClass::held);
  EXPECT_EQ(board.shards[8].ack, WriteClass::durable);
}

TEST_F(Board, WhatFillsHereIsFillingAndWhoServesIsTheHome) {
  found(3);
  holding.roles[5] = sharding::Replica::Role::filling;
  holding.counts.shards_filling = 1;
  holding.lagging = {FakeCluster::id_of("n2")};
  routes.home[6] = NodeId{};
  const http::ShardBoard board = look();
  EXPECT_EQ(board.shards[5].state, ShardState::filling);
  EXPECT_EQ(board.shards[5].role, http::ShardRole::filling);
  EXPECT_EQ(board.shards[6].home, http::ShardRow::kNobody);
  EXPECT_EQ(board.filling, 1U);
  EXPECT_TRUE(board.members[1].lagging);
  std::uint64_t homes = 0;
  for (const http::RingSeat& seat : board.members) homes += seat.homes;
  EXPECT_EQ(homes, kShards - 1);
  EXPECT_EQ(board.members[0].homes, board.homes);
}

TEST_F(Board, ADrainedOwnerIsNotWrittenToWhileOthersSuffice) {
  found(3);
  drain("n3");
  for (const http::ShardRow& row : look().shards) EXPECT_EQ(row.ack, WriteClass::durable);
  kill("n2");
  for (const http::ShardRow& row : look().shards) EXPECT_EQ(row.ack, WriteClass::durable) << "n1 and n3 are needed";
}

TEST_F(Board, UsableAreAllButThoseWhoDrainAsLongAsTheOthersSuffice) {
  found(3);
  const auto usable = [&](bool leaving = false) {
    std::vector<NodeId> ids;
    for (const auto& node : usable_nodes(*cluster.view(), &routes.ring->ring(), leaving)) ids.push_back(node.id);
    return ids;
  };
  for (cluster::MemberView& member : cluster.view_.members) {
    auto record = std::make_shared<cluster::Record>(*member.record);
    record->endpoints.data = "10.0.0.1:7415";
    member.record = record;
  }
  EXPECT_EQ(usable().size(), 3U);
  EXPECT_EQ(usable(true), (std::vector<NodeId>{FakeCluster::id_of("n2"), FakeCluster::id_of("n3")}));
  auto record = std::make_shared<cluster::Record>(*cluster.view_.members[2].record);
  record->features = cluster::kDrainingFeature;
  set("n3", record);
  EXPECT_EQ(usable(), (std::vector<NodeId>{FakeCluster::id_of("n1"), FakeCluster::id_of("n2")}));
  kill("n2");
  EXPECT_EQ(usable(), (std::vector<NodeId>{FakeCluster::id_of("n1"), FakeCluster::id_of("n3")}));
  EXPECT_EQ(usable_nodes(*cluster.view(), nullptr, false).size(), 2U) << "without a ring nobody knows what suffices";
}

TEST_F(Board, SaysWhatIsOnItsWayAndWhenItMayBeDone) {
  found(3);
  holding.now_ns = 12 * kNsPerSecond;
  holding.arriving = {{ShardId{5}, FakeCluster::id_of("n2"), 1000, 2 * kNsPerSecond}};
  EXPECT_FALSE(look().filled_in_s);
  holding.filled_in_ns = kNsPerSecond + 1;
  const http::ShardBoard board = look();
  EXPECT_EQ(board.filled_in_s, 2);
  ASSERT_TRUE(board.shards[5].arriving);
  EXPECT_EQ(board.shards[5].arriving->from, "n2");
  EXPECT_EQ(board.shards[5].arriving->bytes, 1000U);
  EXPECT_EQ(board.shards[5].arriving->for_s, 10);
  EXPECT_FALSE(board.shards[4].arriving);
}

}  // namespace
}  // namespace wattring::app
