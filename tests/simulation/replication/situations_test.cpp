// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/simulation/replication/world.hpp"

/// What random runs meet too seldom, step by step: as it should be, and with the rule broken.

namespace wattring::replication {
namespace {

using sharding::AckClass;
using sharding::Mutant;
namespace message = sharding::message;

constexpr Slot kSlot = 0;

WorldOptions options_with(Mutant mutant) {
  WorldOptions options;
  options.slots = 1;
  options.settings.mutant = mutant;
  options.settings.digest_ns = 200 * kMs;
  return options;
}

std::vector<Node> owners_of(World& world, bool owners) {
  std::vector<Node> nodes;
  for (Node node = 0; node < world.size(); ++node)
    if (world.rings().owns(1, world.book().shards()[kSlot], node) == owners) nodes.push_back(node);
  return nodes;
}

/// Two owners stop and nobody has noticed: is a write acknowledged within a second (H28, I17)?
bool acknowledged_in_time(Mutant mutant) {
  WorldOptions options = options_with(mutant);
  options.news_ns = 1'000 * kSecond;
  World world(options);
  world.run_for(kSecond);
  for (Node node = 0; node < world.size(); ++node) world.review(node);
  bool acked = false;
  world.on_written = [&](Node, AckClass level, const std::vector<EntryNo>&) { acked = level != AckClass::unknown; };
  world.crash(owners_of(world, true)[0]);
  world.crash(owners_of(world, true)[1]);
  EXPECT_TRUE(world.write(owners_of(world, false)[0], std::span(&kSlot, 1)));
  world.run_for(kSecond);
  EXPECT_TRUE(world.checker().violations().empty());
  return acked;
}

TEST(Situation, TwoOwnersThatStopUnnoticedDelayAWriteByLessThanASecond) {
  EXPECT_TRUE(acknowledged_in_time(Mutant::none));
  EXPECT_FALSE(acknowledged_in_time(Mutant::no_hedge));
}

/// A home stands still for some seconds: what it knew to be complete is history (H6).
bool still_complete_after_pause(Mutant mutant) {
  World world(options_with(mutant));
  world.run_for(3 * kSecond);
  const Node home = owners_of(world, true).front();
  EXPECT_TRUE(world.read_quorum(home, kSlot));
  world.run_for(200 * kMs);
  EXPECT_TRUE(world.replica(home).complete_as_of(world.book().shards()[kSlot]).has_value());
  world.pause(home, 3 * kSecond);
  world.run_for(3 * kSecond);
  return world.replica(home).complete_as_of(world.book().shards()[kSlot]).has_value();
}

TEST(Situation, AHomeThatStoodStillIsNoLongerComplete) {
  EXPECT_FALSE(still_complete_after_pause(Mutant::none));
  EXPECT_TRUE(still_complete_after_pause(Mutant::complete_stays));
}

/// An owner's disk loses what it gave a receipt for; one other owner never had it, and the one that has it is not heard
/// (H14). Does the first call its answer complete?
bool lies_after_amnesia(Mutant mutant) {
  World world(options_with(mutant));
  world.run_for(3 * kSecond);
  const std::vector<Node> owners = owners_of(world, true);
  const auto [keeps, loses, never] = std::array{owners[0], owners[1], owners[2]};
  const Image before = world.disk(loses).durable;
  for (Node node = 0; node < world.size(); ++node) {
    world.network().set_cut(never, node, true);
    world.network().set_cut(node, never, true);
  }
  EXPECT_TRUE(world.write(keeps, std::span(&kSlot, 1)));
  world.run_for(500 * kMs);
  EXPECT_TRUE(world.read_quorum(keeps, kSlot));
  world.run_for(500 * kMs);
  bool deaf = false;  // then only who never had it is heard
  world.filter = [&, keeps = keeps, loses = loses](Node from, Node to, const sharding::PeerMessage& sent) {
    if (from == keeps && std::holds_alternative<message::Entries>(sent.body)) return false;
    return !(deaf && from == keeps && to == loses);
  };
  world.set_back(loses, before, false);
  world.start(loses);
  world.run_for(10 * kSecond);
  EXPECT_GT(world.figures.amnesia, 0U);
  deaf = true;
  world.network().heal();
  world.news();
  world.run_for(3 * kSecond);
  EXPECT_TRUE(world.read_quorum(loses, kSlot));
  world.run_for(3 * kSecond);
  return !world.checker().violations().empty();
}

TEST(Situation, WhoLostWhatItHadReceiptedDoesNotCountItself) {
  EXPECT_FALSE(lies_after_amnesia(Mutant::none));
  EXPECT_TRUE(lies_after_amnesia(Mutant::ignore_amnesia));
}

}  // namespace
}  // namespace wattring::replication
