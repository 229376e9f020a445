// SPDX-License-Identifier: Apache-2.0
#include "sharding/promises.hpp"

#include <gtest/gtest.h>

#include <array>

#include "tests/sharding/sample_ring.hpp"

/// What a user is promised while nodes are away, row by row (docs/operations/shards.md).

namespace wattring::sharding {
namespace {

constexpr std::array<std::uint8_t, 16> kKey{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
constexpr std::uint64_t kEverySet = 1'000'000;

Placement placed(std::size_t members, std::size_t zones = 1, std::size_t shards = 1024) {
  return {sample_ring(members, members, zones), shards, kKey};
}

/// Over every set of failed members each shard gives the same, so that few shards will do.
Promise row(std::size_t members, std::size_t failed, std::uint64_t sets_max = kEverySet) {
  return promises(placed(members, 1, 64), sets_max).by_failed.at(failed);
}

double choose(std::size_t n, std::size_t k) {
  double ways = k > n ? 0 : 1;
  for (std::size_t i = 1; i <= k && ways > 0; ++i)
    ways = ways * static_cast<double>(n - k + i) / static_cast<double>(i);
  return ways;
}

/// Of three owners, at least `gone` are among the failed.
double hypergeometric(std::size_t n, std::size_t failed, std::size_t gone) {
  double share = 0;
  for (std::size_t k = gone; k <= 3 && k <= failed; ++k)
    share += choose(3, k) * choose(n - 3, failed - k) / choose(n, failed);
  return share;
}

TEST(Promises, OneNodeAcknowledgesOnOneDisk) {
  const Promises one = promises(placed(1));
  EXPECT_EQ(one.copies, 1U);
  EXPECT_EQ(one.acks, 1U);
  ASSERT_EQ(one.by_failed.size(), 1U);
  EXPECT_TRUE(one.by_failed[0].acked);
  EXPECT_EQ(one.by_failed[0].held.worst, 0);
  EXPECT_EQ(one.by_failed[0].incomplete.worst, 0);
}

TEST(Promises, OfTwoNodesTheOtherDiskHasEveryAcknowledgedReading) {
  EXPECT_TRUE(row(2, 0).acked);
  const Promise alone = row(2, 1);
  EXPECT_FALSE(alone.acked);
  EXPECT_EQ(alone.held.mean, 0) << "nothing is acknowledged, so nothing is HELD";
  EXPECT_EQ(alone.incomplete.worst, 0);
  EXPECT_EQ(alone.at_risk.worst, 0);
}

TEST(Promises, OfThreeNodesAnyOneMayFail) {
  const Promise one = row(3, 1);
  EXPECT_TRUE(one.acked);
  EXPECT_EQ(one.held.worst, 0);
  EXPECT_EQ(one.incomplete.worst, 0);
  EXPECT_EQ(one.at_risk.worst, 0);
  const Promise two = row(3, 2);
  EXPECT_FALSE(two.acked);
  EXPECT_EQ(two.incomplete.mean, 1);
  EXPECT_EQ(two.at_risk.mean, 1) << "what was just acknowledged may be on exactly those two disks";
  EXPECT_EQ(two.nobody.mean, 0);
}

TEST(Promises, OfFourNodesTwoMayFailAndHalfOfTheShardsFeelIt) {
  const Promise one = row(4, 1);
  EXPECT_TRUE(one.acked);
  EXPECT_EQ(one.held.worst, 0);
  EXPECT_EQ(one.incomplete.worst, 0);
  const Promise two = row(4, 2);
  EXPECT_TRUE(two.acked);
  EXPECT_NEAR(two.held.mean, 0.5, 1e-9);
  EXPECT_NEAR(two.incomplete.mean, 0.5, 1e-9);
  EXPECT_NEAR(two.at_risk.mean, 0.5, 1e-9);
  EXPECT_FALSE(row(4, 3).acked);
}

struct Expected {
  std::size_t members;
  std::size_t failed;
  double table;  ///< as the documentation rounds it
};

TEST(Promises, LargerClustersFollowTheTable) {
  for (const Expected& each : std::initializer_list<Expected>{{5, 2, 0.30},
                                                              {5, 3, 0.70},
                                                              {6, 2, 0.20},
                                                              {6, 3, 0.50},
                                                              {9, 2, 0.08},
                                                              {9, 3, 0.23},
                                                              {10, 2, 0.07},
                                                              {10, 3, 0.18},
                                                              {20, 2, 0.02},
                                                              {20, 3, 0.05}}) {
    const Promise found = row(each.members, each.failed);
    SCOPED_TRACE(std::to_string(each.members) + " members, " + std::to_string(each.failed) + " failed");
    EXPECT_TRUE(found.exact);
    EXPECT_TRUE(found.acked);
    EXPECT_NEAR(found.held.mean, each.table, 0.005);
    EXPECT_NEAR(found.held.mean, hypergeometric(each.members, each.failed, 2), 1e-9);
    EXPECT_EQ(found.incomplete.mean, found.held.mean);
    EXPECT_EQ(found.at_risk.mean, found.held.mean);
    EXPECT_NEAR(found.nobody.mean, hypergeometric(each.members, each.failed, 3), 1e-9);
    EXPECT_GE(found.held.worst, found.held.mean);
  }
  EXPECT_NEAR(row(5, 3).nobody.mean, 0.10, 1e-9);
}

TEST(Promises, WithOneNodeLeftNothingIsAcknowledged) {
  for (const std::size_t members : {2U, 3U, 4U, 5U, 9U}) EXPECT_FALSE(row(members, members - 1).acked);
}

TEST(Promises, OfThreeZonesAWholeOneMayFail) {
  for (const std::size_t members : {3U, 6U, 9U}) {
    const Promises found = promises(placed(members, 3));
    ASSERT_EQ(found.by_zone.size(), 3U);
    for (const Promise& zone : found.by_zone) {
      EXPECT_EQ(zone.failed, members / 3);
      EXPECT_TRUE(zone.acked);
      EXPECT_EQ(zone.held.worst, 0);
      EXPECT_EQ(zone.incomplete.worst, 0);
      EXPECT_EQ(zone.at_risk.worst, 0);
    }
  }
}

TEST(Promises, OfTwoZonesOneFailsHalfOfTheShards) {
  for (const std::size_t members : {4U, 6U, 10U}) {
    const Promises found = promises(placed(members, 2));
    ASSERT_EQ(found.by_zone.size(), 2U);
    for (const Promise& zone : found.by_zone) {
      EXPECT_TRUE(zone.acked);
      EXPECT_NEAR(zone.held.mean, 0.49, 0.06);
      EXPECT_EQ(zone.incomplete.mean, zone.held.mean);
      EXPECT_EQ(zone.nobody.worst, 0);
    }
    // A shard has two of its owners in one of them.
    EXPECT_NEAR(found.by_zone[0].held.mean + found.by_zone[1].held.mean, 1, 1e-9);
  }
  EXPECT_TRUE(promises(placed(6, 1)).by_zone.empty());
}

TEST(Promises, TooManySetsAreSampledAndItIsSaid) {
  const Promise sampled = row(20, 5, 500);
  EXPECT_FALSE(sampled.exact);
  EXPECT_EQ(sampled.sets, 500U);
  EXPECT_NEAR(sampled.held.mean, hypergeometric(20, 5, 2), 0.01);
  EXPECT_NEAR(sampled.nobody.mean, hypergeometric(20, 5, 3), 0.01);
  EXPECT_EQ(row(20, 5, 500).held.mean, sampled.held.mean) << "the same table at every look";
  EXPECT_EQ(promises(placed(20, 1, 64)).by_failed.size(), kPromiseRowsMax);
}

}  // namespace
}  // namespace wattring::sharding
