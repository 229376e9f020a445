// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/simulation/scene.hpp"

/// Situations that must work, each in a cluster of its own.

namespace wattring::simulation {
namespace {

using cluster::EventKind;
using cluster::MemberState;

class Situation : public testing::Test {
 protected:
  Scene scene_;
  World& world_ = scene_.world;

  void form(std::size_t nodes) { ASSERT_TRUE(scene_.form(nodes)); }
  /// Everybody agrees in the end, and nothing was wrong on the way.
  void expect_good(std::int64_t limit_ns = 60 * kSecond) {
    EXPECT_TRUE(scene_.calm_within(limit_ns));
    EXPECT_EQ(to_text(scene_.finish()), "");
  }
  void split(std::uint32_t parts) {
    for (Node node = 0; node < world_.size(); ++node) world_.network().set_group(world_.node(node).place, node % parts);
  }
  /// How a restart of n3 fares; the others are told of one return.
  void restart(std::int64_t away_ns, const StartOptions& how) {
    form(5);
    world_.run_for(20 * kSecond);
    const std::int64_t before = scene_.now();
    const cluster::Life earlier = world_.swim(3).self().life;
    world_.crash(3);
    world_.run_for(away_ns);
    world_.start(3, how);
    const auto accepted = [&] {
      return std::ranges::all_of(scene_.running(), [&](Node node) {
        const cluster::RecordPtr held = world_.swim(node).record_of(world_.node(3).id);
        return held && held->life == world_.swim(3).self().life && held->state == MemberState::alive;
      });
    };
    EXPECT_TRUE(world_.run_until(accepted, 2 * kSecond));
    EXPECT_GT(world_.swim(3).self().life.epoch, earlier.epoch);
    world_.run_for(30 * kSecond);
    // Elsewhere it is let in only when its former address does not answer, and others may have noticed that.
    for (const Node node : scene_.running())
      EXPECT_TRUE(how.new_address || scene_.told(EventKind::failed, {.of = 3, .at = node, .since_ns = before}) == 0);
    expect_good();
  }
};

TEST_F(Situation, AZombieRefutesItsDeathAndCatchesUp) {
  form(5);
  world_.pause(3);
  ASSERT_TRUE(scene_.all_hold(3, MemberState::dead, kMinute)) << "it is paused";
  world_.crash(4);
  const Node late = world_.add_node();
  world_.start(late);
  ASSERT_TRUE(world_.run_until([&] { return world_.knows(0, late); }, 10 * kSecond));
  world_.resume(3);
  EXPECT_TRUE(world_.run_until([&] { return world_.knows(3, late); }, 5 * kSecond));
  EXPECT_TRUE(scene_.all_hold(3, MemberState::alive, 10 * kSecond));
  EXPECT_GE(scene_.told(EventKind::refuted, {.of = 3, .at = 3}), 1U);
  expect_good();
}

TEST_F(Situation, ARestartWithin50MsIsAReturnAndNoFailure) {
  restart(50 * kMs, {});
  EXPECT_EQ(scene_.told(EventKind::rejoined, {.of = 3, .at = 0}), 1U);
}

TEST_F(Situation, ARestartWithALostDiskIsAccepted) {
  StartOptions how;
  how.lost_disk = true;
  restart(200 * kMs, how);
}

TEST_F(Situation, ARestartWithTheClockAnHourBackIsAccepted) {
  StartOptions how;
  how.wall_back_ms = 3'600'000;
  how.lost_disk = true;  // or the disk would know better
  restart(200 * kMs, how);
}

TEST_F(Situation, ARestartAtANewAddressIsAccepted) {
  StartOptions how;
  how.new_address = true;
  restart(200 * kMs, how);
}

TEST_F(Situation, ACopyOfARunningNodeIsRefusedAndSaysWhy) {
  form(5);
  const Node copy = world_.add_copy(4);
  world_.start(copy);
  EXPECT_TRUE(world_.run_until([&] { return !world_.runs(copy); }, 5 * kSecond));
  ASSERT_TRUE(world_.node(copy).stopped);
  EXPECT_EQ(world_.node(copy).stopped->reason, cluster::RejectReason::duplicate_id);
  EXPECT_NE(world_.node(copy).stopped->text.find(world_.endpoint(4)), std::string::npos);
  EXPECT_TRUE(world_.runs(4));
  expect_good();
}

TEST_F(Situation, OfTwoEstablishedHoldersOfAnIdTheNewerStops) {
  form(6);
  split(2);
  ASSERT_TRUE(world_.run_until([&] { return world_.state_at(1, 4) == MemberState::dead; }, kMinute));
  const Node copy = world_.add_copy(4);
  world_.network().set_group(world_.node(copy).place, 1);
  world_.start(copy);
  world_.run_for(10 * kSecond);
  ASSERT_TRUE(world_.runs(copy)) << "nobody in its half holds the id";
  world_.network().mend_all();
  EXPECT_TRUE(world_.run_until([&] { return !world_.runs(copy); }, kMinute));
  EXPECT_TRUE(world_.runs(4));
  expect_good();
}

TEST_F(Situation, AnAddressTakenOverByAnotherNodeIsTheOtherNodes) {
  form(5);
  world_.crash(4);
  const Node other = world_.add_at_address_of(4);
  world_.start(other);
  EXPECT_TRUE(scene_.all_hold(other, MemberState::alive, 2 * kSecond));
  EXPECT_TRUE(scene_.all_hold(4, MemberState::dead, kMinute));
  EXPECT_EQ(scene_.told(EventKind::failed, {.of = other, .at = {}}), 0U);
  expect_good();
}

TEST_F(Situation, AnAddressTakenOverByAnotherClusterIsNobody) {
  form(5);
  const std::uint32_t other = world_.add_cluster("other");
  world_.crash(4);
  const Node stranger = world_.add_at_address_of(4, other);
  world_.start(stranger);
  world_.run_for(kMinute);
  EXPECT_EQ(world_.swim(stranger).live_count(), 1U);
  for (Node node = 0; node < 4; ++node) EXPECT_EQ(world_.state_at(node, 4), MemberState::dead);
  EXPECT_EQ(to_text(scene_.checker.violations()), "");
}

TEST_F(Situation, AMemberThatMostDoNotHearIsDeadThoughItRefutes) {
  form(12);
  for (Node node = 0; node < 12; ++node)
    if (node != 7 && node != 3) world_.network().cut(world_.node(7).place, world_.node(node).place);
  world_.run_for(2 * kMinute);
  EXPECT_TRUE(std::ranges::all_of(
      scene_.running(), [&](Node node) { return node == 7 || world_.state_at(node, 7) == MemberState::dead; }));
  EXPECT_GE(scene_.told(EventKind::refuted, {.of = 7, .at = 7}), 1U);
  for (Node node = 0; node < 12; ++node)
    EXPECT_TRUE(node == 7 || scene_.told(EventKind::failed, {.of = node, .at = {}}) == 0) << node;
  world_.network().mend_all();
  expect_good(90 * kSecond);
}

TEST_F(Situation, AMemberThatHearsHardlyAnybodyIsDeadThoughItSpeaks) {
  form(12);
  for (Node node = 0; node < 12; ++node)
    if (node != 7 && node != 3) world_.network().cut(world_.node(node).place, world_.node(7).place);
  world_.run_for(2 * kMinute);
  EXPECT_TRUE(std::ranges::all_of(
      scene_.running(), [&](Node node) { return node == 7 || world_.state_at(node, 7) == MemberState::dead; }));
  world_.network().mend_all();
  expect_good(90 * kSecond);
}

TEST_F(Situation, TwoBrokenLinksAreTheObserversProblem) {
  form(12);
  world_.network().cut(world_.node(7).place, world_.node(1).place);
  world_.network().cut(world_.node(7).place, world_.node(2).place);
  world_.run_for(5 * kMinute);
  EXPECT_EQ(scene_.told(EventKind::failed), 0U);
  world_.network().mend_all();
  expect_good();
}

TEST_F(Situation, AMemberThatComesAndGoesIsFlappingUntilItStays) {
  form(5);
  for (int i = 0; i < 5; ++i) {
    world_.pause(3);
    world_.run_for(4 * kSecond);
    world_.resume(3);
    world_.run_for(3 * kSecond);
  }
  EXPECT_EQ(scene_.told(EventKind::flapping, {.of = 3, .at = 0}), 1U);
  world_.run_for(5 * kMinute);
  EXPECT_EQ(scene_.told(EventKind::steady, {.of = 3, .at = 0}), 1U);
  expect_good();
}

TEST_F(Situation, WhoStoodStillFor10SecondsBlamesNobody) {
  form(40);
  world_.run_for(20 * kSecond);
  for (const Node node : {5U, 25U}) world_.pause(node);
  world_.run_for(10 * kSecond);
  const std::int64_t woke = scene_.now();
  for (const Node node : {5U, 25U}) world_.resume(node);
  world_.run_for(kMinute);
  for (Node node = 0; node < 40; ++node) {
    if (node == 5 || node == 25) continue;
    EXPECT_EQ(scene_.told(EventKind::failed, {.of = node, .at = {}}), 0U) << node;
    for (const Node paused : {5U, 25U})
      EXPECT_EQ(scene_.told(EventKind::suspected, {.of = node, .at = paused, .since_ns = woke}), 0U) << node;
  }
  EXPECT_EQ(scene_.told(EventKind::own_pause, {.of = {}, .at = 5}), 1U);
  expect_good();
}

TEST_F(Situation, OneNodeIsACluster) {
  form(1);
  world_.run_for(5 * kMinute);
  EXPECT_EQ(world_.swim(0).live_count(), 1U);
  EXPECT_EQ(world_.node(0).messages, 0U);
  world_.leave(0);
  world_.run_for(kSecond);
  EXPECT_FALSE(world_.runs(0)) << "there is nobody to wait for";
}

TEST_F(Situation, OfTwoNodesEachNoticesTheOthersEndAndReturn) {
  form(2);
  world_.crash(1);
  EXPECT_TRUE(scene_.all_hold(1, MemberState::dead, 10 * kSecond));
  world_.start(1);
  EXPECT_TRUE(scene_.all_hold(1, MemberState::alive, 2 * kSecond));
  world_.power_off(0);
  EXPECT_TRUE(scene_.all_hold(0, MemberState::dead, 10 * kSecond));
  world_.start(0);
  expect_good();
}

TEST_F(Situation, OfThreeNodesTheLastOneNoticesThatItIsAlone) {
  form(3);
  world_.power_off(0);
  world_.power_off(1);
  EXPECT_TRUE(world_.run_until([&] { return world_.swim(2).live_count() == 1; }, 30 * kSecond));
  world_.start(0);
  world_.start(1);
  expect_good();
}

TEST_F(Situation, AnotherClustersNameIsRefusedAndSaidWhy) {
  form(3);
  const Node stranger = world_.add_node(world_.add_cluster("other"));
  world_.start(stranger);
  world_.run_for(30 * kSecond);
  EXPECT_EQ(world_.swim(stranger).live_count(), 1U);
  EXPECT_EQ(scene_.told(EventKind::rejected, {.of = stranger, .at = stranger}), 1U) << "told once";
  EXPECT_EQ(world_.swim(0).live_count(), 3U);
  EXPECT_GE(world_.swim(0).stats().ignored_cluster, 1U);
}

TEST_F(Situation, AnotherMajorVersionIsRefusedAndSaidWhy) {
  form(3);
  const Node stranger = world_.add_node();
  world_.set_filter([=](Node from, const cluster::Route& /*to*/, cluster::Message& message) {
    if (from == stranger) ++message.header.major;
    return true;
  });
  world_.start(stranger);
  world_.run_for(30 * kSecond);
  EXPECT_EQ(world_.swim(stranger).live_count(), 1U);
  EXPECT_EQ(scene_.told(EventKind::rejected, {.of = stranger, .at = stranger}), 1U) << "told once";
  EXPECT_EQ(world_.swim(0).live_count(), 3U);
}

TEST_F(Situation, HalvesFindEachOtherThoughAllSeedsAreDead) {
  form(10);
  split(2);
  world_.run_for(kMinute);
  for (Node node = 0; node < 3; ++node) world_.crash(node);
  world_.run_for(30 * kSecond);
  world_.network().mend_all();
  EXPECT_TRUE(scene_.calm_within(30 * kSecond));
  expect_good();
}

TEST_F(Situation, WhoLeavesIsNeverSaidToHaveFailed) {
  form(8);
  for (const Node node : {7U, 6U, 0U}) {
    world_.leave(node);
    world_.run_for(5 * kSecond);
    EXPECT_FALSE(world_.runs(node));
  }
  world_.run_for(2 * kMinute);
  EXPECT_EQ(scene_.told(EventKind::failed), 0U);
  EXPECT_EQ(scene_.told(EventKind::left, {.of = 7, .at = 1}), 1U);
  expect_good();
}

}  // namespace
}  // namespace wattring::simulation
