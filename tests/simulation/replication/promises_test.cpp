// SPDX-License-Identifier: Apache-2.0
#include "sharding/promises.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <map>
#include <string>
#include <vector>

#include "tests/simulation/replication/world.hpp"

/// What a user is promised while nodes are away (docs/operations/shards.md), row by row, held by the core itself: real
/// placement, real acknowledgements, every set of failed nodes.

namespace wattring::replication {
namespace {

using sharding::AckClass;
using sharding::Mutant;
using NodeSet = std::uint32_t;  ///< a bit each

constexpr std::int64_t kAckWithin = kSecond;
constexpr unsigned kRounds = 3;

bool in(NodeSet nodes, Node node) {
  return (nodes >> node & 1U) != 0;
}

struct Shape {
  std::size_t nodes = 0;
  std::size_t zones = 0;
  std::uint64_t seed = 1;
  Mutant mutant = Mutant::none;
};

/// A quiet cluster in which some stop; everybody knows who can be reached.
class Cluster {
 public:
  explicit Cluster(const Shape& shape) : world(options(shape)) {
    world.on_written = [this](Node, AckClass level, const std::vector<EntryNo>& entries) {
      if (level == AckClass::unknown) return;
      acks[entries.front()] = level;
      slowest_ns = std::max(slowest_ns, world.now_ns() - began_ns_.at(entries.front()));
    };
    world.on_read = [this](Node node, Slot slot, bool complete) { answers[{node, slot}] = complete; };
    look();
    world.run_for(kSecond);
  }

  void stop(NodeSet failed) {
    for (Node node = 0; node < world.size(); ++node)
      if (in(failed, node)) world.crash(node);
    look();
    world.run_for(500 * kMs);
  }
  void write(Node node, Slot slot) {
    const auto entry = static_cast<EntryNo>(world.book().size());
    began_ns_[entry] = world.now_ns();
    if (world.write(node, std::span(&slot, 1))) asked[slot].push_back(entry);
  }
  /// Every node, every shard.
  void write_everywhere() {
    for (unsigned round = 0; round < kRounds; ++round) {
      for (Node node = 0; node < world.size(); ++node)
        for (Slot slot = 0; slot < slots(); ++slot) write(node, slot);
      world.run_for(kAckWithin);
    }
  }
  void read_everywhere() {
    for (Node node = 0; node < world.size(); ++node)
      for (Slot slot = 0; slot < slots(); ++slot)
        if (in(owners(slot), node)) (void)world.read_quorum(node, slot);
    world.run_for(3 * kSecond);
  }
  [[nodiscard]] NodeSet owners(Slot slot) const { return world.rings().owners(1, world.book().shards()[slot]); }
  [[nodiscard]] Slot slots() const { return static_cast<Slot>(world.book().shards().size()); }
  [[nodiscard]] std::string violation() const {
    const auto& all = world.checker().violations();
    return all.empty() ? "" : to_text(all.front());
  }

  mutable World world;
  std::map<Slot, std::vector<EntryNo>> asked;
  std::map<EntryNo, AckClass> acks;
  std::map<std::pair<Node, Slot>, bool> answers;
  std::int64_t slowest_ns = 0;

 private:
  static WorldOptions options(const Shape& shape) {
    WorldOptions options;
    options.seed = shape.seed;
    options.nodes = shape.nodes;
    options.slots = kSlotsMax;
    options.zones = shape.zones;
    options.settings.mutant = shape.mutant;
    return options;
  }
  void look() {
    for (Node node = 0; node < world.size(); ++node) world.review(node);
  }
  std::map<EntryNo, std::int64_t> began_ns_;
};

/// Of all shards and sets of failed nodes.
struct Shares {
  double shards = 0;
  double held = 0;
  double incomplete = 0;
  double nobody = 0;
  std::size_t less = 0;  ///< writes with a lesser class than their shard could give
  std::int64_t slowest_ns = 0;
};

/// Some nodes stop. What each shard then gives, against what its owners' number says.
void stop_some(const Shape& shape, NodeSet failed, Shares& shares) {
  Cluster cluster(shape);
  const sharding::Ring& ring = cluster.world.rings().at(1)->ring();
  const std::size_t left = shape.nodes - static_cast<std::size_t>(std::popcount(failed));
  const bool acked = left >= ring.effective_acks();
  cluster.stop(failed);
  cluster.write_everywhere();
  cluster.read_everywhere();
  ASSERT_EQ(cluster.violation(), "");
  ASSERT_LT(cluster.slowest_ns, kAckWithin);
  shares.slowest_ns = std::max(shares.slowest_ns, cluster.slowest_ns);
  for (Slot slot = 0; slot < cluster.slots(); ++slot) {
    const auto here = static_cast<std::size_t>(std::popcount(cluster.owners(slot) & ~failed));
    const AckClass strict = ring.effective_acks() == 1 ? AckClass::single : AckClass::durable;
    const AckClass promised = here >= ring.effective_acks() ? strict : AckClass::held;
    ASSERT_EQ(cluster.asked[slot].size(), left * kRounds);
    for (const EntryNo entry : cluster.asked[slot]) {
      ASSERT_EQ(cluster.acks.contains(entry), acked);
      if (acked && cluster.acks[entry] != promised) ++shares.less;
    }
    const bool complete = here >= ring.read_quorum();
    for (Node node = 0; node < shape.nodes; ++node)
      if (in(cluster.owners(slot) & ~failed, node)) {
        ASSERT_EQ((cluster.answers[{node, slot}]), complete);
      }
    shares.shards += 1;
    shares.held += acked && promised == AckClass::held ? 1 : 0;
    shares.incomplete += complete ? 0 : 1;
    shares.nobody += here == 0 ? 1 : 0;
  }
}

std::vector<NodeSet> sets_of(std::size_t nodes, std::size_t failed) {
  std::vector<NodeSet> all;
  for (NodeSet set = 0; set < NodeSet{1} << nodes; ++set)
    if (static_cast<std::size_t>(std::popcount(set)) == failed) all.push_back(set);
  return all;
}

struct Row {
  std::size_t nodes;
  std::size_t failed;
  double held = 0;        ///< share of shards, as documented
  double incomplete = 0;  ///< likewise
  double nobody = 0;
};
std::ostream& operator<<(std::ostream& out, const Row& row) {
  return out << row.nodes << " nodes, " << row.failed << " away";
}

class Promised : public testing::TestWithParam<Row> {};

/// Over every set of failed nodes each shard gives the same, so that a few shards will do.
TEST_P(Promised, IsHeld) {
  const Row& row = GetParam();
  Shares shares;
  for (const NodeSet failed : sets_of(row.nodes, row.failed)) {
    SCOPED_TRACE("away: " + std::to_string(failed));
    ASSERT_NO_FATAL_FAILURE(stop_some({row.nodes, 0, 7}, failed, shares));
  }
  EXPECT_NEAR(shares.held / shares.shards, row.held, 0.005);
  EXPECT_NEAR(shares.incomplete / shares.shards, row.incomplete, 0.005);
  EXPECT_NEAR(shares.nobody / shares.shards, row.nobody, 0.005);
  EXPECT_EQ(shares.less, 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Promised,
    testing::Values(Row{1, 0, 0, 0}, Row{2, 0, 0, 0}, Row{2, 1, 0, 0}, Row{3, 0, 0, 0}, Row{3, 1, 0, 0},
                    Row{3, 2, 0, 1}, Row{4, 1, 0, 0}, Row{4, 2, 0.5, 0.5}, Row{4, 3, 0, 1, 0.25}, Row{5, 1, 0, 0},
                    Row{5, 2, 0.3, 0.3}, Row{5, 3, 0.7, 0.7, 0.1}, Row{5, 4, 0, 1, 0.4}, Row{6, 2, 0.2, 0.2},
                    Row{6, 3, 0.5, 0.5, 0.05}, Row{9, 2, 0.08, 0.08}, Row{9, 3, 0.23, 0.23, 0.01},
                    Row{10, 2, 0.07, 0.07}, Row{10, 3, 0.18, 0.18, 0.01}, Row{20, 1, 0, 0}, Row{20, 2, 0.02, 0.02}),
    [](const auto& instance) {
      return std::to_string(instance.param.nodes) + "Nodes" + std::to_string(instance.param.failed) + "Away";
    });

/// Failed disks are gone for good, some time after the acknowledgement: what has an owner left is there.
TEST(PromisedOfLostDisks, WhatHasAnOwnerLeftIsThere) {
  for (const Row& row : {Row{2, 1}, Row{3, 1}, Row{3, 2}, Row{4, 1}, Row{4, 2}, Row{5, 2}, Row{5, 3, 0, 0, 0.1}}) {
    std::size_t acked = 0;
    std::size_t lost = 0;
    for (const NodeSet failed : sets_of(row.nodes, row.failed)) {
      Cluster cluster({row.nodes, 0, 7});
      cluster.write_everywhere();
      cluster.world.run_for(kSecond);
      for (Node node = 0; node < row.nodes; ++node)
        if (in(failed, node)) cluster.world.destroy(node);
      acked += cluster.acks.size();
      for (const auto& [entry, level] : cluster.acks) lost += cluster.world.checker().copies(entry) == 0 ? 1 : 0;
    }
    EXPECT_NEAR(static_cast<double>(lost) / static_cast<double>(acked), row.nobody, 1e-9) << row;
  }
}

/// At once: as many disks as an acknowledgement waits for are enough to lose it, and fewer are not.
TEST(PromisedOfLostDisks, WhatWasJustAcknowledgedMayBeOnTwoDisksAlone) {
  Cluster cluster({5, 0, 7});
  const Slot slot = 0;
  std::vector<Node> owners;
  for (Node node = 0; node < cluster.world.size(); ++node)
    if (in(cluster.owners(slot), node)) owners.push_back(node);
  cluster.world.disk_weather(owners[2]).commit_ns = 10 * kSecond;
  cluster.write(owners[0], slot);
  cluster.world.run_for(200 * kMs);
  ASSERT_EQ(cluster.acks.size(), 1U);
  const EntryNo entry = cluster.acks.begin()->first;
  cluster.world.destroy(owners[0]);
  EXPECT_EQ(cluster.world.checker().copies(entry), 1U);
  cluster.world.destroy(owners[1]);
  EXPECT_EQ(cluster.world.checker().copies(entry), 0U);
}

/// One of four or five is away, many placements: DURABLE, though a stand-in is often quicker than an owner.
void one_is_away(Mutant mutant, Shares& shares) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    for (const std::size_t nodes : {4U, 5U})
      for (Node away = 0; away < nodes; ++away)
        ASSERT_NO_FATAL_FAILURE(stop_some({nodes, 0, seed, mutant}, NodeSet{1} << away, shares));
}

TEST(PromisedOfOneAway, EveryAckIsDurable) {
  Shares shares;
  one_is_away(Mutant::none, shares);
  EXPECT_EQ(shares.shards, 20 * 9 * kSlotsMax);
  EXPECT_EQ(shares.less, 0U);
  EXPECT_LT(shares.slowest_ns, 100 * kMs) << "nobody waits for somebody who is known to be away";
}

TEST(PromisedOfOneAway, IsMissedWhereAStandInsReceiptIsTheEnd) {
  Shares shares;
  one_is_away(Mutant::held_at_once, shares);
  EXPECT_GT(shares.less, 0U);
}

NodeSet zone_of(std::size_t nodes, std::size_t zones, std::size_t zone) {
  NodeSet set = 0;
  for (Node node = 0; node < nodes; ++node)
    if (node % zones == zone) set |= NodeSet{1} << node;
  return set;
}

TEST(PromisedOfZones, OneOfThreeMayGo) {
  Shares shares;
  for (std::uint64_t seed = 1; seed <= 12; ++seed)
    ASSERT_NO_FATAL_FAILURE(stop_some({6, 3, seed}, zone_of(6, 3, seed % 3), shares));
  EXPECT_EQ(shares.held, 0);
  EXPECT_EQ(shares.incomplete, 0);
  EXPECT_EQ(shares.less, 0U);
}

TEST(PromisedOfZones, OneOfTwoTakesHalfOfTheShards) {
  Shares shares;
  for (std::uint64_t seed = 1; seed <= 30; ++seed)
    ASSERT_NO_FATAL_FAILURE(stop_some({6, 2, seed}, zone_of(6, 2, seed % 2), shares));
  EXPECT_NEAR(shares.held / shares.shards, 0.49, 0.12);
  EXPECT_EQ(shares.incomplete, shares.held);
  EXPECT_EQ(shares.nobody, 0);
  EXPECT_EQ(shares.less, 0U);
}

}  // namespace
}  // namespace wattring::replication
