// SPDX-License-Identifier: Apache-2.0
#include "sharding/placement.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/hash.hpp"
#include "sharding/shares.hpp"
#include "tests/sharding/sample_ring.hpp"

namespace wattring::sharding {
namespace {

constexpr std::array<std::uint8_t, 16> kKey{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

ShardId shard_at(std::size_t number) {
  return ShardId{static_cast<std::uint16_t>(number)};
}

std::uint64_t hash_of(const Placement& placement) {
  std::string bytes;
  for (std::size_t s = 0; s < placement.shard_count(); ++s)
    for (const NodeId& owner : placement.owners(shard_at(s)))
      bytes.append(reinterpret_cast<const char*>(owner.bytes.data()), owner.bytes.size());
  return hash64(bytes);
}

// Nodes of two releases in one cluster must agree on every owner.
TEST(Placement, NeverChangesBetweenReleases) {
  EXPECT_EQ(hash_of(Placement(sample_ring(1, 7), 1024, kKey)), 15048974759813985762U);
  Ring uneven = sample_ring(2, 9, 3);
  for (std::size_t i = 0; i < uneven.members.size(); ++i)
    uneven.members[i].weight = static_cast<std::uint16_t>(20 + 90 * i);
  uneven.pins = {{ShardId{17}, uneven.members[3].id}};
  EXPECT_EQ(hash_of(Placement(uneven, 4096, kKey)), 5726773759924791134U);
}

TEST(Placement, OneMemberOwnsEverything) {
  const Ring ring = sample_ring(1, 1);
  const Placement placement(ring, 64, kKey);
  for (std::size_t s = 0; s < 64; ++s) {
    ASSERT_EQ(placement.owners(shard_at(s)).size(), 1U);
    EXPECT_EQ(placement.owners(shard_at(s)).front(), ring.members[0].id);
    EXPECT_TRUE(placement.stand_ins(shard_at(s), "").empty());
  }
}

TEST(Placement, WhoIsNoOwnerHasNoSlot) {
  const Placement placement(sample_ring(1, 5), 64, kKey);
  const std::vector<NodeId> all = placement.preference(ShardId{9});
  ASSERT_EQ(all.size(), 5U);
  EXPECT_EQ(placement.owner_slot(ShardId{9}, all[0]), 0U);
  EXPECT_EQ(placement.owner_slot(ShardId{9}, all[2]), 2U);
  EXPECT_FALSE(placement.owner_slot(ShardId{9}, all[3]));
  EXPECT_FALSE(placement.owns(sample_node(12345), ShardId{9}));
}

TEST(Placement, TheShareFollowsTheWeight) {
  Ring ring = sample_ring(4, 20);
  ring.members[2].weight = 200;
  const Placement placement(ring, 4096, kKey);
  double heavy = 0;
  for (std::size_t s = 0; s < 4096; ++s)
    if (placement.owns(ring.members[2].id, shard_at(s))) ++heavy;
  EXPECT_NEAR(heavy / (4096 * 3), 2.0 / 21.0, 0.1 * 2.0 / 21.0);
}

TEST(Placement, ASmallZoneSharesItsLoadAmongItsOwnMembers) {
  Ring ring = sample_ring(5, 10);
  for (std::size_t i = 0; i < 10; ++i) ring.members[i].zone = i < 4 ? "a" : i < 8 ? "b" : "c";
  const Shares shares = fair_shares(ring, 1024);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(shares.copies[i] / kShareUnits, i < 8 ? 256U : 512U) << i;
}

/// Means over 40 random clusters. These are promises to operators; docs/benchmarks.md has the whole table.
struct Means {
  double homes = 0, join = 0, leave = 0;
};
Means means(std::size_t shards, std::size_t nodes) {
  Means sum;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Ring ring = sample_ring(seed, nodes);
    const auto key = sample_node(seed + 1'000'000).bytes;
    const Placement now(ring, shards, key);
    Ring more = successor_of(ring);
    add_member(more, {sample_node(seed * 7919 + nodes), 100, "z0"});
    Ring less = successor_of(ring);
    remove_member(less, ring.members[seed % nodes].id);
    const Movement join = movement(now, Placement(more, shards, key));
    const Movement leave = movement(now, Placement(less, shards, key));
    sum.homes += balance(now).homes / 40;
    sum.join += static_cast<double>(join.copies) / static_cast<double>(join.optimum) / 40;
    sum.leave += static_cast<double>(leave.copies) / static_cast<double>(leave.optimum) / 40;
  }
  return sum;
}

TEST(Placement, AJoinOrALeaveMovesLittleMoreThanItMust) {
  for (const std::size_t nodes : {4U, 7U, 12U, 20U}) {
    const Means few = means(1024, nodes);
    EXPECT_LE(few.join, 1.10) << nodes;
    EXPECT_LE(few.leave, 1.10) << nodes;
    EXPECT_LE(few.homes, 1.15) << nodes;
    const Means many = means(4096, nodes);
    EXPECT_LE(many.join, 1.05) << nodes;
    EXPECT_LE(many.leave, 1.05) << nodes;
    EXPECT_LE(many.homes, 1.15) << nodes;
  }
}

TEST(Placement, MovementCountsCopiesAndHomesApart) {
  const Ring ring = sample_ring(1, 5);
  const Placement now(ring, 256, kKey);
  EXPECT_EQ(movement(now, now).copies, 0U);
  EXPECT_EQ(movement(now, now).homes, 0U);
  EXPECT_EQ(movement(now, now).optimum, 0U);
  Ring pinned = successor_of(ring);
  const NodeId second = now.owners(ShardId{3})[1];
  pinned.pins = {{ShardId{3}, second}};
  const Movement moved = movement(now, Placement(pinned, 256, kKey));
  EXPECT_GE(moved.homes, 1U);
  EXPECT_LE(moved.homes, 4U) << "a pin may push others over or under their bounds, no more";
  EXPECT_EQ(moved.optimum, 0U);
}

TEST(PlacementDeathTest, ARingThatWasNotCheckedIsABug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Ring ring = sample_ring(1, 3);
  std::swap(ring.members[0], ring.members[1]);
  EXPECT_DEATH(Placement(ring, 1024, kKey), "CHECK failed");
  EXPECT_DEATH(Placement(sample_ring(1, 3), 1000, kKey), "CHECK failed");
}

}  // namespace
}  // namespace wattring::sharding
