// SPDX-License-Identifier: Apache-2.0
#include "sharding/placement.hpp"

#include <algorithm>
#include <bit>
#include <string>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/hash.hpp"
#include "base/limits.hpp"
#include "sharding/homes.hpp"
#include "sharding/owners.hpp"
#include "sharding/shares.hpp"

namespace wattring::sharding {
namespace {

/// The three uses of the key, kept apart by their first byte.
enum class HashUse : std::uint8_t { token = 1, shard = 2, order = 3 };

std::uint64_t token_position(const KeyedHash& hash, const NodeId& node, std::uint64_t number) {
  std::string bytes;
  ByteWriter out(bytes);
  out.u8(static_cast<std::uint8_t>(HashUse::token));
  out.bytes({reinterpret_cast<const char*>(node.bytes.data()), node.bytes.size()});
  out.u32_be(static_cast<std::uint32_t>(number));
  return hash(bytes);
}

std::uint64_t shard_hash(const KeyedHash& hash, HashUse use, std::size_t shard) {
  std::string bytes;
  ByteWriter out(bytes);
  out.u8(static_cast<std::uint8_t>(use));
  out.u32_be(static_cast<std::uint32_t>(shard));
  return hash(bytes);
}

std::vector<std::uint32_t> visiting_order(const KeyedHash& hash, std::size_t shard_count) {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> order;
  order.reserve(shard_count);
  for (std::size_t s = 0; s < shard_count; ++s)
    order.emplace_back(shard_hash(hash, HashUse::order, s), static_cast<std::uint32_t>(s));
  std::sort(order.begin(), order.end());
  std::vector<std::uint32_t> shards;
  shards.reserve(shard_count);
  for (const auto& [position, shard] : order) shards.push_back(shard);
  return shards;
}

/// Whole shards: the share and the bound above it, rounded up.
std::vector<std::uint64_t> bounds(const std::vector<std::uint64_t>& shares) {
  std::vector<std::uint64_t> caps;
  caps.reserve(shares.size());
  const std::uint64_t whole = 100 * kShareUnits;
  for (const std::uint64_t share : shares) caps.push_back((share * (100 + kBoundPercent) + whole - 1) / whole);
  return caps;
}

}  // namespace

Placement::Placement(Ring ring, std::size_t shard_count, const std::array<std::uint8_t, 16>& hash_key)
    : ring_(std::move(ring)),
      ring_id_(sharding::ring_id(ring_)),
      shard_count_(shard_count),
      copies_(ring_.effective_copies()) {
  WATTRING_CHECK(std::has_single_bit(shard_count) && shard_count >= kShardsMin && shard_count <= kShardsMax);
  WATTRING_CHECK(check_ring(ring_).has_value());
  const KeyedHash hash(hash_key);
  place_points(hash);
  const Shares shares = fair_shares(ring_, shard_count);
  const std::vector<std::uint32_t> order = visiting_order(hash, shard_count);
  std::vector<const NodeId*> pins(shard_count);
  for (const Pin& pin : ring_.pins)
    if (pin.shard.value < shard_count) pins[pin.shard.value] = &pin.home;

  PlacementWalk walk(tokens_, ring_.members.size());
  OwnerChooser owners(ring_, shard_count, bounds(shares.copies));
  for (const std::uint32_t shard : order) {
    walk.start(first_[shard]);
    owners.choose(shard, walk, pins[shard]);
  }
  HomeChooser homes(owners.table(), bounds(shares.homes));
  for (std::uint32_t shard = 0; shard < shard_count; ++shard)
    if (pins[shard] != nullptr) homes.pin(shard);
  for (const std::uint32_t shard : order)
    if (pins[shard] == nullptr) homes.choose(shard);
  fill_owners(owners.table(), homes);
}

void Placement::place_points(const KeyedHash& hash) {
  for (std::uint32_t m = 0; m < ring_.members.size(); ++m) {
    const std::uint64_t count = std::max<std::uint64_t>(1, kTokensPerNode * ring_.members[m].weight / 100);
    for (std::uint64_t t = 0; t < count; ++t) tokens_.push_back({token_position(hash, ring_.members[m].id, t), m});
  }
  std::sort(tokens_.begin(), tokens_.end());
  first_.reserve(shard_count_);
  for (std::size_t s = 0; s < shard_count_; ++s) {
    const auto at = std::lower_bound(tokens_.begin(), tokens_.end(), Token{shard_hash(hash, HashUse::shard, s), 0});
    first_.push_back(at == tokens_.end() ? 0 : static_cast<std::uint32_t>(at - tokens_.begin()));
  }
}

void Placement::fill_owners(const OwnerTable& table, const HomeChooser& homes) {
  owners_.reserve(table.members.size());
  for (std::uint32_t shard = 0; shard < shard_count_; ++shard) {
    const std::uint32_t home = homes.home(shard);
    owners_.push_back(ring_.members[home].id);
    for (std::size_t k = 0; k < copies_; ++k)
      if (table.of(shard)[k] != home) owners_.push_back(ring_.members[table.of(shard)[k]].id);
  }
}

std::span<const NodeId> Placement::owners(ShardId shard) const {
  WATTRING_CHECK(shard.value < shard_count_);
  return std::span(owners_).subspan(shard.value * copies_, copies_);
}

std::optional<std::size_t> Placement::owner_slot(ShardId shard, const NodeId& node) const {
  const std::span<const NodeId> all = owners(shard);
  const auto at = std::find(all.begin(), all.end(), node);
  if (at == all.end()) return std::nullopt;
  return static_cast<std::size_t>(at - all.begin());
}

std::vector<NodeId> Placement::preference(ShardId shard) const {
  const std::span<const NodeId> first = owners(shard);
  std::vector<NodeId> all(first.begin(), first.end());
  PlacementWalk walk(tokens_, ring_.members.size());
  walk.start(first_[shard.value]);
  for (std::size_t k = 0; k < ring_.members.size(); ++k) {
    const NodeId& id = ring_.members[walk[k]].id;
    if (!owns(id, shard)) all.push_back(id);
  }
  return all;
}

std::vector<NodeId> Placement::stand_ins(ShardId shard, std::string_view zone_first) const {
  std::vector<NodeId> all = preference(shard);
  all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(copies_));
  std::stable_partition(all.begin(), all.end(), [&](const NodeId& id) { return ring_.member(id)->zone == zone_first; });
  return all;
}

}  // namespace wattring::sharding
