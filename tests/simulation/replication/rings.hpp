// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/prng.hpp"
#include "sharding/replica.hpp"
#include "tests/simulation/replication/entries.hpp"

namespace wattring::replication {

/// The chain of rings as the members agreed on it; who knows how much of it is on the nodes' disks. Versions from 1.
class Rings {
 public:
  /// `weight`: of every member; small ones make placements cheap.
  Rings(std::uint64_t seed, std::uint16_t weight, std::size_t zones);

  /// A machine that may become a member; its zone follows from its number.
  void add_node(Node node, const NodeId& id);
  [[nodiscard]] const NodeId& id(Node node) const { return ids_[node]; }
  [[nodiscard]] Node node(const NodeId& id) const;
  [[nodiscard]] std::size_t nodes() const { return ids_.size(); }
  [[nodiscard]] std::size_t zone(Node node) const { return zones_ == 0 ? 0 : node % zones_; }

  void found(std::span<const Node> members, std::uint32_t copies, std::uint32_t acks);
  /// A new ring at the end of the chain.
  void change(std::span<const Node> join, std::span<const Node> leave);
  /// A member's share becomes another one.
  void reweigh(Node node, std::uint16_t weight);

  [[nodiscard]] std::uint64_t newest() const { return chain_.size(); }
  [[nodiscard]] const sharding::PlacementPtr& at(std::uint64_t version) const { return chain_[version - 1]; }
  [[nodiscard]] std::vector<sharding::PlacementPtr> span(std::uint64_t oldest, std::uint64_t newest) const;
  [[nodiscard]] bool is_member(std::uint64_t version, Node node) const;
  [[nodiscard]] bool is_removed(Node node) const;
  /// Bit n: node n owns the shard under that ring.
  [[nodiscard]] std::uint32_t owners(std::uint64_t version, ShardId shard) const;
  [[nodiscard]] bool owns(std::uint64_t version, ShardId shard, Node node) const {
    return (owners(version, shard) >> node & 1U) != 0;
  }

 private:
  void append(sharding::Ring ring);
  [[nodiscard]] sharding::RingMember member(Node node) const;

  std::array<std::uint8_t, 16> hash_key_{};
  std::uint16_t weight_;
  std::size_t zones_;
  std::vector<NodeId> ids_;
  std::vector<sharding::PlacementPtr> chain_;
  std::vector<std::array<std::uint32_t, kShardCount>> owners_;
};

}  // namespace wattring::replication
