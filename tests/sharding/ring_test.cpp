// SPDX-License-Identifier: Apache-2.0
#include "sharding/ring.hpp"

#include <gtest/gtest.h>

#include "tests/sharding/sample_ring.hpp"

namespace wattring::sharding {
namespace {

std::string why(const Result<void>& result) {
  return result ? "" : result.error().message;
}

TEST(Ring, ComesBackFromItsBytes) {
  Ring ring = sample_ring(1, 5, 3);
  ring.members[2].weight = 250;
  ring.pins = {{ShardId{3}, ring.members[0].id}, {ShardId{900}, ring.members[4].id}};
  Ring next = successor_of(ring);
  remove_member(next, ring.members[1].id);
  const Result<Ring> back = decode_ring(encode(next));
  ASSERT_TRUE(back.has_value()) << back.error().text();
  EXPECT_EQ(*back, next);
  EXPECT_EQ(ring_id(*back), ring_id(next));
}

// Rings on disk and on the wire name their parents by this number, which was computed apart from this code.
TEST(Ring, ItsIdNeverChangesBetweenReleases) {
  const Ring ring = founding_ring({NodeId{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}}, 100, "a"}, 3, 2);
  EXPECT_EQ(ring_id(ring), 14472057461949482249U);
}

TEST(Ring, AnyDifferenceMakesAnotherId) {
  const Ring ring = sample_ring(1, 4, 2);
  std::vector<Ring> others(6, ring);
  others[0].members[0].weight = 101;
  others[1].members[0].zone = "other";
  others[2].acks = 1;
  others[3].pins = {{ShardId{0}, ring.members[0].id}};
  others[4].removed = {sample_node(77)};
  others[5].version = 2;
  for (const Ring& other : others) EXPECT_NE(ring_id(other), ring_id(ring));
}

TEST(Ring, QuorumsComeFromTheMembersAndNotFromTheConfigurationAlone) {
  struct Row {
    std::size_t members;
    std::uint32_t copies, acks, read;
    std::size_t majority;
  };
  for (const Row& row : {Row{1, 1, 1, 1, 1}, Row{2, 2, 2, 1, 2}, Row{3, 3, 2, 2, 2}, Row{6, 3, 2, 2, 4}}) {
    const Ring ring = sample_ring(1, row.members);
    EXPECT_EQ(ring.effective_copies(), row.copies);
    EXPECT_EQ(ring.effective_acks(), row.acks);
    EXPECT_EQ(ring.read_quorum(), row.read);
    EXPECT_EQ(ring.majority(), row.majority);
  }
}

TEST(Ring, AJoinARemovalAndAPinMayFollow) {
  const Ring ring = sample_ring(1, 4);
  Ring join = successor_of(ring);
  add_member(join, {sample_node(99), 100, ""});
  EXPECT_EQ(why(check_successor(ring, join)), "");
  Ring removal = successor_of(ring);
  remove_member(removal, ring.members[1].id);
  EXPECT_EQ(why(check_successor(ring, removal)), "");
  Ring pin = successor_of(ring);
  pin.pins = {{ShardId{7}, ring.members[2].id}};
  EXPECT_EQ(why(check_successor(ring, pin)), "");
}

TEST(Ring, WhatMayNotFollowIsToldWhy) {
  Ring first = sample_ring(1, 4);
  Ring ring = successor_of(first);
  remove_member(ring, first.members[1].id);
  const auto refused = [&](auto change) {
    Ring next = successor_of(ring);
    next.acks = 1;  // some change that is allowed
    change(next);
    return why(check_successor(ring, next));
  };
  const NodeId gone = first.members[1].id;
  EXPECT_EQ(refused([](Ring&) {}), "");
  EXPECT_NE(refused([](Ring& next) { next.version += 1; }).find("cannot follow"), std::string::npos);
  EXPECT_NE(refused([](Ring& next) { next.parent += 1; }).find("another ring"), std::string::npos);
  EXPECT_NE(refused([](Ring& next) { next.removed.clear(); }).find("forgotten"), std::string::npos);
  EXPECT_NE(refused([&](Ring& next) { add_member(next, {gone, 100, ""}); }).find("removed before"), std::string::npos);
  EXPECT_NE(refused([](Ring& next) { next.members.pop_back(); }).find("neither kept nor removed"), std::string::npos);
  EXPECT_NE(refused([](Ring& next) { next.acks = 2; }).find("changes nothing"), std::string::npos);
  EXPECT_NE(refused([&](Ring& next) {
              for (const RingMember& member : ring.members) remove_member(next, member.id);
              add_member(next, {sample_node(99), 100, ""});
            }).find("no member stays"),
            std::string::npos);
}

TEST(Ring, OneThatIsNotSoundIsToldWhy) {
  const auto refused = [](auto change) {
    Ring ring = sample_ring(1, 4);
    change(ring);
    return why(check_ring(ring));
  };
  EXPECT_EQ(refused([](Ring&) {}), "");
  EXPECT_NE(refused([](Ring& ring) { ring.members.clear(); }).find("no member"), std::string::npos);
  EXPECT_NE(refused([](Ring& ring) { std::swap(ring.members[0], ring.members[1]); }).find("sorted"), std::string::npos);
  EXPECT_NE(refused([](Ring& ring) { ring.members[1] = ring.members[0]; }).find("twice"), std::string::npos);
  EXPECT_NE(refused([](Ring& ring) { ring.members[0].weight = 0; }).find("weight 0"), std::string::npos);
  EXPECT_NE(refused([](Ring& ring) { ring.members[0].zone.assign(65, 'z'); }).find("65 bytes"), std::string::npos);
  EXPECT_NE(refused([](Ring& ring) { ring.acks = 4; }).find("4 acks"), std::string::npos);
  EXPECT_NE(refused([](Ring& ring) { ring.copies = 0; }).find("0 copies"), std::string::npos);
  EXPECT_NE(refused([](Ring& ring) { ring.version = 2; }).find("parent"), std::string::npos);
  EXPECT_NE(refused([](Ring& ring) {
              ring.pins = {{ShardId{1}, sample_node(5)}};
            }).find("no member"),
            std::string::npos);
  EXPECT_NE(refused([](Ring& ring) {
              ring.pins = {{ShardId{1}, ring.members[0].id}, {ShardId{1}, ring.members[1].id}};
            }).find("two"),
            std::string::npos);
}

}  // namespace
}  // namespace wattring::sharding
