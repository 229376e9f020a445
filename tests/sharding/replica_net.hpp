// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "persistence/record.hpp"
#include "sharding/pack.hpp"
#include "sharding/replica.hpp"

/// A handful of Replicas with a network and disks that do what they are asked at once, in order; what a test holds
/// back it holds back by name.

namespace wattring::sharding {

inline constexpr std::size_t kNetShards = 64;

class ReplicaNet {
 public:
  struct Node {
    NodeId id;
    std::unique_ptr<Replica> replica;
    std::vector<PackPtr> journal;
    std::map<std::uint64_t, effect::WriteDone> done;
    std::vector<effect::ExchangeDone> exchanged;
    std::vector<effect::Drop> drops;
    std::vector<effect::FetchShard> fetches;
    std::map<ShardId, std::uint64_t> filled;
    std::uint64_t renewals = 0;
    std::uint64_t facts = 0;  ///< its disk has, a bit each; a transfer adds the sender's
    bool can_digest = true;
    std::size_t digests = 0;
    bool up = true;
    bool full = false;         ///< its journal refuses
    bool commits = true;       ///< otherwise appends wait
    bool log_is_gone = false;  ///< pulls find nothing in log form
    std::vector<effect::Append> waiting;
    WriterId writer;
    std::uint64_t sequence = 0;
  };
  std::vector<Node> nodes;
  std::vector<PlacementPtr> rings;
  std::int64_t now = 1'000 * kNsPerSecond;
  std::function<bool(const NodeId&, const NodeId&, const PeerMessage&)> passes;  ///< empty: all

  explicit ReplicaNet(std::size_t members, std::size_t others = 0, ReplicaSettings settings = {},
                      std::string zones = {})
      : settings_(settings), zones_(std::move(zones)) {
    for (std::size_t i = 0; i < members + others; ++i) add();
    add_ring(members);
    for (Node& node : nodes) {
      std::vector<Replica::Held> held;
      for (std::uint16_t shard = 0; shard < kNetShards; ++shard)
        if (members > 1 && rings.back()->owns(node.id, ShardId{shard})) held.push_back({ShardId{shard}, {}, 1, false});
      node.replica = make(node, 1, std::move(held));
      give_rings(node);
    }
    meet();
  }

  Node& add() {
    Node& node = nodes.emplace_back();
    node.id.bytes[0] = static_cast<std::uint8_t>(nodes.size());
    node.writer.bytes[15] = static_cast<std::uint8_t>(nodes.size());
    node.replica = make(node, 1, {});
    return node;
  }
  std::unique_ptr<Replica> make(const Node& node, DiskGeneration generation, std::vector<Replica::Held> held) {
    return std::make_unique<Replica>(Replica::Self{node.id, generation}, settings_, kNetShards, std::move(held),
                                     Prng(node.id.bytes[0]));
  }

  /// The next ring has these nodes, by index.
  void add_ring(std::size_t members, std::size_t first = 0) {
    Ring ring;
    if (!rings.empty()) {
      ring = rings.back()->ring();
      ring.parent = rings.back()->ring_id();
      ++ring.version;
      ring.members.clear();
    }
    for (std::size_t i = first; i < first + members; ++i)
      ring.members.push_back({nodes[i].id, 100, i < zones_.size() ? std::string(1, zones_[i]) : std::string()});
    rings.push_back(std::make_shared<const Placement>(ring, kNetShards, std::array<std::uint8_t, 16>{}));
  }
  void give_rings(Node& node) {
    ReplicaEffects out;
    node.replica->set_rings(now, rings, out);
    carry_out(node, std::move(out));
  }
  /// Everybody hears who is up.
  void meet() {
    std::vector<UsableNode> usable;
    for (const Node& node : nodes)
      if (node.up) usable.push_back({node.id, now});
    for (Node& node : nodes) {
      if (!node.up) continue;
      ReplicaEffects out;
      node.replica->set_usable(now, usable, out);
      carry_out(node, std::move(out));
    }
    settle();
  }

  /// One entry for each shard; the number of the write.
  std::uint64_t write(Node& node, const std::vector<ShardId>& shards) {
    persistence::RecordBuilder builder(node.writer);
    const std::uint64_t number = ++node.sequence;
    for (const ShardId shard : shards) {
      builder.begin_entry(shard, Sequence{number}, 1, 0).append("fact " + std::to_string(number));
      builder.end_entry();
    }
    ReplicaEffects out;
    node.replica->write(now, number, std::make_shared<const std::string>(builder.finish()), out);
    carry_out(node, std::move(out));
    settle();
    return number;
  }
  void commit_waiting(Node& node) {
    for (const effect::Append& append : std::exchange(node.waiting, {})) append_now(node, append);
    settle();
  }

  void run_for(std::int64_t duration_ns, std::int64_t step_ns = 50 * kNsPerMs) {
    for (const std::int64_t end = now + duration_ns; now < end;) {
      now += step_ns;
      for (Node& node : nodes) {
        if (!node.up) continue;
        ReplicaEffects out;
        node.replica->tick(now, out);
        carry_out(node, std::move(out));
      }
      settle();
    }
  }
  void settle() {
    while (!network_.empty()) {
      auto [from, to, message] = std::move(network_.front());
      network_.pop_front();
      Node* node = find(to);
      if (node == nullptr || !node->up || !find(from)->up || (passes && !passes(from, to, message))) continue;
      ReplicaEffects out;
      node->replica->handle(now, from, message, out);
      carry_out(*node, std::move(out));
    }
  }
  Node* find(const NodeId& id) {
    for (Node& node : nodes)
      if (node.id == id) return &node;
    return nullptr;
  }
  void carry_out(Node& node, ReplicaEffects&& effects) {
    for (ReplicaEffect& one : effects) carry_out(node, one);
  }

 private:
  void carry_out(Node& node, ReplicaEffect& one) {
    if (auto* send = std::get_if<effect::Send>(&one)) {
      network_.emplace_back(node.id, send->to, std::move(send->message));
    } else if (auto* append = std::get_if<effect::Append>(&one)) {
      if (node.commits) return append_now(node, *append);
      node.waiting.push_back(*append);
    } else if (auto* done = std::get_if<effect::WriteDone>(&one)) {
      EXPECT_TRUE(node.done.emplace(done->number, *done).second) << "a write ended twice";
    } else if (auto* read = std::get_if<effect::ReadEntries>(&one)) {
      answer_pull(node, *read);
    } else if (auto* fetch = std::get_if<effect::FetchShard>(&one)) {
      node.fetches.push_back(*fetch);
      transfer(node, *fetch);
    } else if (auto* keep = std::get_if<effect::KeepFilled>(&one)) {
      node.filled[keep->shard] = keep->ring;
    } else if (auto* drop = std::get_if<effect::Drop>(&one)) {
      node.drops.push_back(*drop);
      ReplicaEffects out;
      node.replica->dropped(now, drop->shard, true, out);
      carry_out(node, std::move(out));
    } else if (auto* exchanged = std::get_if<effect::ExchangeDone>(&one)) {
      node.exchanged.push_back(*exchanged);
    } else if (std::holds_alternative<effect::RingWanted>(one)) {
      give_rings(node);
    } else if (std::holds_alternative<effect::RenewGeneration>(one)) {
      ReplicaEffects out;
      node.replica->renewed(now, 1000 + ++node.renewals, out);
      carry_out(node, std::move(out));
    } else if (const auto* digest = std::get_if<effect::DigestContent>(&one)) {
      ++node.digests;
      std::optional<ContentDigest> found;
      if (node.can_digest) found = {node.replica->durable(digest->shard).hash(), 1, 0, node.facts};
      ReplicaEffects out;
      node.replica->digested(digest->shard, found, out);
      carry_out(node, std::move(out));
    }
  }
  void append_now(Node& node, const effect::Append& append) {
    if (!node.full) node.journal.push_back(append.pack);
    ReplicaEffects out;
    node.replica->appended(now, append.token, node.full ? Replica::Committed::refused : Replica::Committed::durable,
                           out);
    carry_out(node, std::move(out));
  }
  void answer_pull(Node& node, const effect::ReadEntries& read) {
    message::Entries answer{read.pull.number, nullptr, {}};
    persistence::RecordBuilder builder(node.writer);
    for (const message::ShardWant& want : read.pull.wants) {
      if (node.log_is_gone) answer.gone.push_back(want.shard);
      for (const PackPtr& pack : node.journal) {
        if (node.log_is_gone) break;
        for_each_entry(pack, [&](const persistence::EntryView& entry) {
          if (entry.shard == want.shard && want.coverage.contains(entry.writer, entry.sequence)) builder.add(entry);
        });
      }
    }
    if (builder.entry_count() != 0) answer.pack = std::make_shared<const std::string>(builder.finish());
    PeerMessage message = node.replica->header();
    message.body = std::move(answer);
    network_.emplace_back(node.id, read.to, std::move(message));
  }
  void transfer(Node& node, const effect::FetchShard& fetch) {
    const Node* from = find(fetch.from);
    ReplicaEffects out;
    if (from != nullptr && from->up) node.facts |= from->facts;
    if (from == nullptr || !from->up) {
      node.replica->fetched(now, fetch.shard, std::nullopt, out);
    } else {
      node.replica->fetched(now, fetch.shard, from->replica->durable(fetch.shard), out);
    }
    carry_out(node, std::move(out));
  }

  ReplicaSettings settings_;
  std::string zones_;
  std::deque<std::tuple<NodeId, NodeId, PeerMessage>> network_;
};

}  // namespace wattring::sharding
