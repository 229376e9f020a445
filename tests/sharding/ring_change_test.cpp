// SPDX-License-Identifier: Apache-2.0
#include "sharding/ring_change.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/sharding/sample_ring.hpp"

namespace wattring::sharding {
namespace {

constexpr std::array<std::uint8_t, 16> kKey{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
constexpr std::size_t kShards = 256;

std::vector<FilledOwner> all_filled(const Ring& ring) {
  std::vector<FilledOwner> out;
  for (const RingMember& member : ring.members) out.push_back({member.id, std::vector<bool>(kShards, true)});
  return out;
}

TEST(RingChange, AddsRemovesAndReweighsInOneStep) {
  const Ring ring = sample_ring(1, 4);
  RingChange change;
  change.add = {{sample_node(77), 50, "east"}};
  change.remove = {ring.members[2].id};
  change.weights = {{ring.members[0].id, 200}};
  const auto next = changed_ring(ring, change);
  ASSERT_TRUE(next) << next.error().text();
  EXPECT_EQ(next->version, ring.version + 1);
  EXPECT_EQ(next->parent, ring_id(ring));
  EXPECT_EQ(next->members.size(), 4U);
  EXPECT_EQ(next->member(sample_node(77))->zone, "east");
  EXPECT_EQ(next->member(ring.members[0].id)->weight, 200);
  EXPECT_TRUE(next->is_removed(ring.members[2].id));
  EXPECT_TRUE(check_successor(ring, *next));
}

TEST(RingChange, APinOfARemovedHomeGoesWithIt) {
  Ring ring = sample_ring(1, 3);
  ring.pins = {{ShardId{4}, ring.members[0].id}, {ShardId{9}, ring.members[1].id}};
  const auto next = changed_ring(ring, {{}, {ring.members[0].id}, {}});
  ASSERT_TRUE(next) << next.error().text();
  ASSERT_EQ(next->pins.size(), 1U);
  EXPECT_EQ(next->pins[0].shard.value, 9);
}

TEST(RingChange, SaysWhatMakesNoSense) {
  const Ring ring = sample_ring(1, 2);
  const auto why = [&](const RingChange& change) { return changed_ring(ring, change).error().message; };
  EXPECT_NE(why({{}, {sample_node(9)}, {}}).find("is not in the ring"), std::string::npos);
  EXPECT_NE(why({{ring.members[0]}, {}, {}}).find("is in the ring already"), std::string::npos);
  EXPECT_NE(why({{}, {}, {{sample_node(9), 100}}}).find("is not in the ring"), std::string::npos);
  EXPECT_NE(why({{}, {}, {{ring.members[0].id, 0}}}).find("weight 0"), std::string::npos);
  EXPECT_NE(why({}).find("changes nothing"), std::string::npos);
  EXPECT_NE(why({{}, {ring.members[0].id, ring.members[1].id}, {}}).find("no member"), std::string::npos);
  const auto removed = changed_ring(ring, {{}, {ring.members[0].id}, {}});
  ASSERT_TRUE(removed);
  EXPECT_NE(changed_ring(*removed, {{ring.members[0]}, {}, {}}).error().message.find("cannot come back"),
            std::string::npos);
}

TEST(RingChange, LoadsAddUpToAllHomesAndCopies) {
  const Placement placement(sample_ring(3, 5), kShards, kKey);
  std::uint64_t homes = 0;
  std::uint64_t copies = 0;
  for (const Load& load : loads(placement)) {
    homes += load.homes;
    copies += load.copies;
  }
  EXPECT_EQ(homes, kShards);
  EXPECT_EQ(copies, 3 * kShards);
}

TEST(RingChange, ASmallZoneIsWarnedOf) {
  EXPECT_TRUE(heavy_zones(Placement(sample_ring(1, 6, 3), kShards, kKey)).empty());
  Ring uneven = sample_ring(1, 5);
  for (std::size_t i = 0; i < 5; ++i) uneven.members[i].zone = i == 0 ? "small" : i < 3 ? "a" : "b";
  const auto heavy = heavy_zones(Placement(uneven, kShards, kKey));
  ASSERT_EQ(heavy.size(), 1U);
  EXPECT_EQ(heavy[0].zone, "small");
  EXPECT_NEAR(heavy[0].times, 5.0 / 3, 0.01);
}

TEST(RingChange, RemovingANodeEndangersNothingWhileTwoOtherFullOwnersCanBeReached) {
  const Placement placement(sample_ring(1, 4), kShards, kKey);
  const Ring& ring = placement.ring();
  EXPECT_TRUE(endangered(placement, {{}, {ring.members[1].id}, {}}, all_filled(ring)).empty());
  EXPECT_TRUE(endangered(placement, {{}, {}, {{ring.members[1].id, 50}}}, {}).empty()) << "nobody goes";
}

TEST(RingChange, WhereTheOthersAreAwayOrNotFilledRemovingANodeWouldLoseShards) {
  const Placement placement(sample_ring(1, 4), kShards, kKey);
  const Ring& ring = placement.ring();
  const RingChange change{{}, {ring.members[1].id}, {}};
  auto reachable = all_filled(ring);
  reachable.erase(reachable.begin());  // members[0] is away
  std::vector<ShardId> expected;
  for (std::size_t s = 0; s < kShards; ++s) {
    const ShardId shard{static_cast<std::uint16_t>(s)};
    if (placement.owns(ring.members[0].id, shard) && placement.owns(ring.members[1].id, shard))
      expected.push_back(shard);
  }
  EXPECT_FALSE(expected.empty());
  EXPECT_EQ(endangered(placement, change, reachable), expected);

  auto filling = all_filled(ring);
  const ShardId shard = expected.front();
  filling[0].filled[shard.value] = false;
  EXPECT_EQ(endangered(placement, change, filling), std::vector<ShardId>{shard});
}

TEST(RingChange, WhatANodeHoldsForOwnersThatAreAwayGoesWithItToo) {
  const Placement placement(sample_ring(1, 5), kShards, kKey);
  const Ring& ring = placement.ring();
  const NodeId going = ring.members[1].id;
  const RingChange change{{}, {going}, {}};
  ShardId shard{1};
  while (placement.owns(going, shard)) ++shard.value;
  auto reachable = all_filled(ring);
  const auto of_going = std::ranges::find(reachable, going, &FilledOwner::id);
  of_going->holds.assign(kShards, false);
  of_going->holds[shard.value] = true;
  EXPECT_TRUE(endangered(placement, change, reachable).empty()) << "all its owners are there, and full";
  const auto owners = placement.owners(shard);
  for (FilledOwner& one : reachable)
    if (one.id == owners[0] || one.id == owners[1]) one.filled[shard.value] = false;
  EXPECT_EQ(endangered(placement, change, reachable), std::vector<ShardId>{shard});
  EXPECT_EQ(held_by_removed({shard, ShardId{0}}, change, reachable), std::vector<ShardId>{shard});
  of_going->holds.clear();
  EXPECT_TRUE(endangered(placement, change, reachable).empty()) << "it neither owns nor holds the shard";
}

TEST(RingChange, OfTwoNodesOneMayGoWhenTheOtherIsFull) {
  const Placement placement(sample_ring(1, 2), kShards, kKey);
  const RingChange change{{}, {placement.ring().members[0].id}, {}};
  EXPECT_TRUE(endangered(placement, change, all_filled(placement.ring())).empty());
  EXPECT_EQ(endangered(placement, change, {}).size(), kShards);
}

TEST(RingChange, OfThreeNodesTwoCannotGoAtOnce) {
  const Placement placement(sample_ring(1, 3), kShards, kKey);
  const Ring& ring = placement.ring();
  const RingChange both{{}, {ring.members[0].id, ring.members[1].id}, {}};
  EXPECT_EQ(endangered(placement, both, all_filled(ring)).size(), kShards)
      << "what was acknowledged may be on exactly those two disks";
}

}  // namespace
}  // namespace wattring::sharding
