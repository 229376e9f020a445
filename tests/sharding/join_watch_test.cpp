// SPDX-License-Identifier: Apache-2.0
#include "sharding/join_watch.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "tests/sharding/sample_ring.hpp"

namespace wattring::sharding {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

struct Scene {
  Ring ring = sample_ring(1, 3);
  std::vector<LiveMember> live;
  Scene() {
    for (const RingMember& member : ring.members) live.push_back({member.id, 100, "", 0});
  }
  void arrives(const NodeId& id, std::int64_t since_ns) { live.push_back({id, 150, "east", since_ns}); }
  [[nodiscard]] JoinWatch::Advice look(std::size_t member, std::int64_t now_ns) const {
    return JoinWatch(ring.members[member].id).look(now_ns, ring, live);
  }
};

TEST(JoinWatch, WithoutNewcomersThereIsNothingToDo) {
  const Scene scene;
  const JoinWatch::Advice advice = scene.look(0, 100 * kSecond);
  EXPECT_FALSE(advice.propose);
  EXPECT_EQ(advice.again_ns, kNever);
}

TEST(JoinWatch, WhoHasBeenAliveForTenSecondsIsProposedAsItIs) {
  Scene scene;
  scene.arrives(sample_node(50), 5 * kSecond);
  EXPECT_FALSE(scene.look(0, 14 * kSecond).propose);
  EXPECT_EQ(scene.look(0, 14 * kSecond).again_ns, 15 * kSecond);
  const JoinWatch::Advice advice = scene.look(0, 15 * kSecond);
  ASSERT_TRUE(advice.propose);
  EXPECT_TRUE(check_successor(scene.ring, *advice.propose).has_value());
  ASSERT_NE(advice.propose->member(sample_node(50)), nullptr);
  EXPECT_EQ(*advice.propose->member(sample_node(50)), (RingMember{sample_node(50), 150, "east"}));
}

TEST(JoinWatch, SeveralAreProposedTogether) {
  Scene scene;
  scene.arrives(sample_node(50), 0);
  scene.arrives(sample_node(51), 8 * kSecond);
  EXPECT_FALSE(scene.look(0, 12 * kSecond).propose) << "the second is waited for";
  ASSERT_TRUE(scene.look(0, 18 * kSecond).propose);
  EXPECT_EQ(scene.look(0, 18 * kSecond).propose->members.size(), 5U);
}

TEST(JoinWatch, AStreamOfNewcomersDoesNotKeepTheFirstOut) {
  Scene scene;
  for (std::uint64_t i = 0; i < 10; ++i) scene.arrives(sample_node(50 + i), static_cast<std::int64_t>(i) * 5 * kSecond);
  // At 30 s those who came at 0, 5, 10, 15 and 20 s are steady.
  ASSERT_TRUE(scene.look(0, 30 * kSecond).propose);
  EXPECT_EQ(scene.look(0, 30 * kSecond).propose->members.size(), 3U + 5U);
}

TEST(JoinWatch, TheLowestLiveMemberProposesFirstAndTheOthersLater) {
  Scene scene;
  scene.arrives(sample_node(50), 0);
  EXPECT_TRUE(scene.look(0, 10 * kSecond).propose);
  EXPECT_FALSE(scene.look(1, 10 * kSecond).propose);
  EXPECT_EQ(scene.look(1, 10 * kSecond).again_ns, 15 * kSecond);
  EXPECT_TRUE(scene.look(1, 15 * kSecond).propose);
  EXPECT_EQ(scene.look(2, 15 * kSecond).again_ns, 20 * kSecond);
  scene.live.erase(scene.live.begin());
  EXPECT_TRUE(scene.look(1, 10 * kSecond).propose) << "it is the lowest now";
}

TEST(JoinWatch, WhoIsNoMemberNeverProposes) {
  Scene scene;
  scene.arrives(sample_node(50), 0);
  EXPECT_FALSE(JoinWatch(sample_node(50)).look(100 * kSecond, scene.ring, scene.live).propose);
}

TEST(JoinWatch, ARemovedNodeIsNeverProposed) {
  Scene scene;
  scene.ring.removed = {sample_node(50)};
  scene.arrives(sample_node(50), 0);
  EXPECT_FALSE(scene.look(0, 100 * kSecond).propose);
  EXPECT_EQ(scene.look(0, 100 * kSecond).again_ns, kNever);
}

TEST(JoinWatch, AFullRingTakesNobody) {
  Scene scene;
  scene.ring = sample_ring(9, kRingMembersMax);
  scene.live = {{scene.ring.members[0].id, 100, "", 0}};
  scene.arrives(sample_node(50), 0);
  EXPECT_FALSE(scene.look(0, 100 * kSecond).propose);
}

}  // namespace
}  // namespace wattring::sharding
