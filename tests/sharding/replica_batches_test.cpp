// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/sharding/replica_net.hpp"

/// Batches of many shards, entries nobody here understands, and peers that take nothing.

namespace wattring::sharding {
namespace {

std::set<NodeId> owners_of(const ReplicaNet& net, ShardId shard) {
  const auto owners = net.rings.back()->owners(shard);
  return {owners.begin(), owners.end()};
}

/// Two shards without an owner in common, and a node that owns neither.
struct TwoShards {
  explicit TwoShards(ReplicaNet& net) {
    for (std::uint16_t a = 0; a < kNetShards; ++a)
      for (std::uint16_t b = 0; b < kNetShards; ++b) {
        std::set<NodeId> both = owners_of(net, ShardId{a});
        both.merge(owners_of(net, ShardId{b}));
        if (both.size() != 6) continue;
        blocked = ShardId{a};
        open = ShardId{b};
        for (ReplicaNet::Node& node : net.nodes)
          if (!both.contains(node.id)) writer = &node;
      }
  }
  ShardId blocked;
  ShardId open;
  ReplicaNet::Node* writer = nullptr;
};

bool names(const PeerMessage& message, ShardId shard) {
  const auto* append = std::get_if<message::Append>(&message.body);
  bool named = false;
  if (append != nullptr)
    for_each_entry(append->pack, [&](const persistence::EntryView& entry) { named = named || entry.shard == shard; });
  return named;
}

/// H9: what is blocked is named; the rest of the batch is acknowledged as what it is.
TEST(ReplicaBatch, IsAnsweredShardByShard) {
  ReplicaNet net(7);
  const TwoShards at(net);
  ASSERT_NE(at.writer, nullptr);
  at.writer->commits = false;  // where it would stand in itself
  net.passes = [&](const NodeId&, const NodeId&, const PeerMessage& message) { return !names(message, at.blocked); };
  const auto number = net.write(*at.writer, {std::min(at.blocked, at.open), std::max(at.blocked, at.open)});
  net.run_for(9 * kNsPerSecond);
  EXPECT_TRUE(at.writer->done.empty()) << "one answer, when all of it has come to its end";
  net.run_for(2 * kNsPerSecond);
  const effect::WriteDone& done = at.writer->done.at(number);
  EXPECT_EQ(done.unknown, std::vector{at.blocked});
  EXPECT_TRUE(done.refused.empty());
  EXPECT_EQ(done.worst, AckClass::durable);
  EXPECT_EQ(done.copies, 2U);
}

/// H9: no room for one shard, on any of those who could keep it, is no reason to refuse the other.
TEST(ReplicaBatch, RefusesOnlyWhatNobodyHasRoomFor) {
  ReplicaNet net(2);
  net.nodes[1].full = true;
  const auto number = net.write(net.nodes[0], {ShardId{1}});
  net.run_for(11 * kNsPerSecond);
  EXPECT_EQ(net.nodes[0].done.at(number).unknown, std::vector{ShardId{1}}) << "it is on one disk and may appear";
  net.nodes[0].full = true;
  const auto second = net.write(net.nodes[0], {ShardId{1}});
  EXPECT_EQ(net.nodes[0].done.at(second).refused, std::vector{ShardId{1}});
  EXPECT_TRUE(net.nodes[0].done.at(second).unknown.empty());
}

/// A full disk asks for what it misses at every comparison, not as fast as answers come.
TEST(ReplicaBatch, WhoHasNoRoomPullsOnceAComparison) {
  ReplicaNet net(3);
  net.nodes[2].up = false;
  net.meet();
  net.write(net.nodes[0], {ShardId{1}});
  net.nodes[2].up = net.nodes[2].full = true;
  std::size_t pulls = 0;
  net.passes = [&](const NodeId&, const NodeId&, const PeerMessage& message) {
    pulls += std::holds_alternative<message::Pull>(message.body) ? 1 : 0;
    return pulls < 1'000;  // it never came to an end
  };
  net.meet();
  net.run_for(20 * kNsPerSecond);
  EXPECT_GT(pulls, 1U);
  EXPECT_LT(pulls, 40U);
  net.nodes[2].full = false;
  net.run_for(5 * kNsPerSecond);
  EXPECT_EQ(net.nodes[2].replica->durable(ShardId{1}), net.nodes[0].replica->durable(ShardId{1}));
}

/// H12: two processes with one name; the second one's entries have other contents.
struct Clones {
  Clones() : net(5) {
    const auto owners = net.rings.back()->owners(kShard);
    writer = net.find(owners[0]);
    for (ReplicaNet::Node& node : net.nodes)
      if (!net.rings.back()->owns(node.id, kShard)) clone = &node;
    clone->writer = writer->writer;
    clone->sequence = writer->sequence;
  }
  static constexpr ShardId kShard{1};
  std::uint64_t write(ReplicaNet::Node& node, const std::string& text) {
    persistence::RecordBuilder builder(node.writer);
    const std::uint64_t number = ++node.sequence;
    builder.begin_entry(kShard, Sequence{number}, 1, 0).append(text);
    builder.end_entry();
    ReplicaEffects out;
    node.replica->write(net.now, number, std::make_shared<const std::string>(builder.finish()), out);
    net.carry_out(node, std::move(out));
    net.settle();
    return number;
  }
  ReplicaNet net;
  ReplicaNet::Node* writer = nullptr;
  ReplicaNet::Node* clone = nullptr;
};

TEST(ReplicaFork, IsNotAcknowledged) {
  Clones at;
  EXPECT_EQ(at.writer->done.at(at.write(*at.writer, "one")).worst, AckClass::durable);
  const effect::WriteDone& done = at.clone->done.at(at.write(*at.clone, "another"));
  EXPECT_EQ(done.worst, AckClass::unknown);
  EXPECT_EQ(done.unknown, std::vector{Clones::kShard}) << "at once, before anybody stands in";
  EXPECT_GT(at.writer->replica->counts().forks, 0U);
}

TEST(ReplicaFork, IsFoundWhileTheFirstIsOnItsWayToTheDisk) {
  Clones at;
  for (ReplicaNet::Node& node : at.net.nodes) node.commits = false;
  const auto first = at.write(*at.writer, "one");
  const auto second = at.write(*at.clone, "another");
  EXPECT_EQ(at.clone->done.at(second).worst, AckClass::unknown);
  for (ReplicaNet::Node& node : at.net.nodes) at.net.commit_waiting(node);
  EXPECT_EQ(at.writer->done.at(first).worst, AckClass::durable);
}

TEST(ReplicaFork, IsFoundByWhoMadeIt) {
  Clones at;
  at.write(*at.writer, "one");
  --at.writer->sequence;
  at.writer->done.clear();
  EXPECT_EQ(at.writer->done.at(at.write(*at.writer, "another")).worst, AckClass::unknown);
  EXPECT_EQ(at.writer->replica->counts().forks, 1U);
}

TEST(ReplicaFork, IsNotSeenInWhatIsSentTwice) {
  Clones at;
  at.write(*at.writer, "one");
  EXPECT_EQ(at.clone->done.at(at.write(*at.clone, "one")).worst, AckClass::durable);
  for (const ReplicaNet::Node& node : at.net.nodes) EXPECT_EQ(node.replica->counts().forks, 0U);
}

/// H37: a newer release wrote them.
TEST(ReplicaBatch, EntriesOfAnUnknownFormatAreKeptAndReceipted) {
  constexpr std::uint8_t kFromTheFuture = 99;
  ReplicaNet net(3);
  persistence::RecordBuilder builder(net.nodes[0].writer);
  builder.begin_entry(ShardId{1}, Sequence{1}, kFromTheFuture, 0).append("?");
  builder.end_entry();
  ReplicaEffects out;
  net.nodes[0].replica->write(net.now, 1, std::make_shared<const std::string>(builder.finish()), out);
  net.carry_out(net.nodes[0], std::move(out));
  net.settle();
  EXPECT_EQ(net.nodes[0].done.at(1).worst, AckClass::durable);
  for (const ReplicaNet::Node& node : net.nodes)
    EXPECT_TRUE(node.replica->durable(ShardId{1}).contains(net.nodes[0].writer, Sequence{1}));
}

/// H38, I19: one owner of three says nothing, and everybody believes that it can be reached.
struct SilentPeer {
  static constexpr std::size_t kWindow = 4'096;
  SilentPeer() : net(3, 0, settings()) {
    silent = net.nodes[2].id;
    net.passes = [this](const NodeId& from, const NodeId& to, const PeerMessage& message) {
      if (const auto* append = std::get_if<message::Append>(&message.body); append != nullptr && to == silent) {
        sent += append->pack->size();
        largest = std::max(largest, append->pack->size());
      }
      return from != silent && to != silent;
    };
  }
  static ReplicaSettings settings() {
    ReplicaSettings settings;
    settings.window_bytes = kWindow;
    return settings;
  }
  [[nodiscard]] Replica::PeerState state() const {
    for (const auto& peer : net.nodes[0].replica->peers())
      if (peer.id == silent) return peer;
    return {};
  }
  ReplicaNet net;
  NodeId silent;
  std::size_t sent = 0;
  std::size_t largest = 0;
};

TEST(ReplicaWindow, ASilentPeerGetsNoMoreThanItsWindow) {
  SilentPeer at;
  for (int i = 0; i < 2'000; ++i) at.net.write(at.net.nodes[0], {ShardId{1}});
  EXPECT_TRUE(at.state().lagging);
  EXPECT_LE(at.sent, SilentPeer::kWindow + at.largest);
  for (const auto& [number, done] : at.net.nodes[0].done) ASSERT_EQ(done.worst, AckClass::durable) << number;
}

TEST(ReplicaWindow, ASilentPeerIsTriedAgainAWindowAtATime) {
  SilentPeer at;
  constexpr int kSeconds = 30;
  for (int i = 0; i < kSeconds * 20; ++i) {
    at.net.write(at.net.nodes[0], {ShardId{1}});
    at.net.run_for(50 * kNsPerMs);
  }
  // A window's worth each three seconds: one until it lags, two before it is tried again.
  EXPECT_LE(at.sent, (kSeconds / 2 + 1) * (SilentPeer::kWindow + at.largest));
  EXPECT_GT(at.sent, SilentPeer::kWindow);
  EXPECT_LE(at.state().in_flight_bytes, SilentPeer::kWindow + at.largest);
}

TEST(ReplicaWindow, WhoAnswersAgainGetsWhatItMissedAndLagsNoLonger) {
  SilentPeer at;
  for (int i = 0; i < 100; ++i) at.net.write(at.net.nodes[0], {ShardId{1}});
  at.net.passes = nullptr;
  at.net.run_for(15 * kNsPerSecond);
  EXPECT_FALSE(at.state().lagging);
  EXPECT_EQ(at.state().in_flight_bytes, 0U);
  EXPECT_EQ(at.net.nodes[2].replica->durable(ShardId{1}), at.net.nodes[0].replica->durable(ShardId{1}));
}

}  // namespace
}  // namespace wattring::sharding
