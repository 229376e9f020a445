// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/replication/rings.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace wattring::replication {

Rings::Rings(std::uint64_t seed, std::uint16_t weight, std::size_t zones) : weight_(weight), zones_(zones) {
  Prng prng(seed);
  for (std::uint8_t& byte : hash_key_) byte = static_cast<std::uint8_t>(prng.next());
}

void Rings::add_node(Node node, const NodeId& id) {
  WATTRING_CHECK(node == ids_.size() && node < kNodesMax);
  ids_.push_back(id);
}

Node Rings::node(const NodeId& id) const {
  const auto at = std::find(ids_.begin(), ids_.end(), id);
  return at == ids_.end() ? kNoNode : static_cast<Node>(at - ids_.begin());
}

sharding::RingMember Rings::member(Node node) const {
  return {ids_[node], weight_, zones_ == 0 ? "" : "z" + std::to_string(zone(node))};
}

void Rings::append(sharding::Ring ring) {
  const auto by_id = [](const sharding::RingMember& a, const sharding::RingMember& b) { return a.id < b.id; };
  std::sort(ring.members.begin(), ring.members.end(), by_id);
  std::sort(ring.removed.begin(), ring.removed.end());
  ring.removed.erase(std::unique(ring.removed.begin(), ring.removed.end()), ring.removed.end());
  WATTRING_CHECK(sharding::check_ring(ring).has_value());
  chain_.push_back(std::make_shared<const sharding::Placement>(std::move(ring), kShardCount, hash_key_));
  auto& table = owners_.emplace_back();
  for (std::size_t shard = 0; shard < kShardCount; ++shard)
    for (const NodeId& owner : chain_.back()->owners(ShardId{static_cast<std::uint16_t>(shard)}))
      table[shard] |= 1U << node(owner);
}

void Rings::found(std::span<const Node> members, std::uint32_t copies, std::uint32_t acks) {
  WATTRING_CHECK(chain_.empty());
  sharding::Ring ring;
  ring.copies = copies;
  ring.acks = acks;
  for (const Node node : members) ring.members.push_back(member(node));
  append(std::move(ring));
}

void Rings::change(std::span<const Node> join, std::span<const Node> leave) {
  sharding::Ring ring = chain_.back()->ring();
  ring.parent = chain_.back()->ring_id();
  ++ring.version;
  for (const Node node : join) ring.members.push_back(member(node));
  for (const Node node : leave) {
    std::erase_if(ring.members, [&](const sharding::RingMember& m) { return m.id == ids_[node]; });
    ring.removed.push_back(ids_[node]);
  }
  append(std::move(ring));
}

void Rings::reweigh(Node node, std::uint16_t weight) {
  sharding::Ring ring = chain_.back()->ring();
  ring.parent = chain_.back()->ring_id();
  ++ring.version;
  for (sharding::RingMember& m : ring.members)
    if (m.id == ids_[node]) m.weight = weight;
  append(std::move(ring));
}

std::vector<sharding::PlacementPtr> Rings::span(std::uint64_t oldest, std::uint64_t newest) const {
  const auto begin = chain_.begin();
  return {begin + static_cast<std::ptrdiff_t>(oldest - 1), begin + static_cast<std::ptrdiff_t>(newest)};
}

bool Rings::is_member(std::uint64_t version, Node node) const {
  return at(version)->ring().is_member(ids_[node]);
}

bool Rings::is_removed(Node node) const {
  return chain_.back()->ring().is_removed(ids_[node]);
}

std::uint32_t Rings::owners(std::uint64_t version, ShardId shard) const {
  return owners_[version - 1][shard.value];
}

}  // namespace wattring::replication
