// SPDX-License-Identifier: Apache-2.0
#include "sharding/placement.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "sharding/shares.hpp"
#include "tests/sharding/sample_ring.hpp"

namespace wattring::sharding {
namespace {

constexpr std::size_t kShards = 256;

std::array<std::uint8_t, 16> key_of(std::uint64_t seed) {
  return sample_node(seed + 1'000'000).bytes;
}

ShardId shard_at(std::size_t number) {
  return ShardId{static_cast<std::uint16_t>(number)};
}

/// Up to 12 members of various weights in up to 5 zones of any sizes, some shards pinned.
Ring any_ring() {
  const auto seed = *rc::gen::arbitrary<std::uint32_t>();
  Ring ring = sample_ring(seed, *rc::gen::inRange<std::size_t>(1, 13));
  const int zones = *rc::gen::inRange(1, 6);
  for (RingMember& member : ring.members) {
    member.zone = "z" + std::to_string(*rc::gen::inRange(0, zones));
    member.weight = *rc::gen::element<std::uint16_t>(100, 100, 100, 50, 200, 1, 1000);
  }
  ring.copies = *rc::gen::inRange(1U, 6U);
  ring.acks = 1;
  for (std::uint16_t shard = 0; shard < kShards; shard = static_cast<std::uint16_t>(shard + 1)) {
    if (*rc::gen::inRange(0, 50) != 0) continue;
    ring.pins.push_back({ShardId{shard}, ring.members[*rc::gen::inRange<std::size_t>(0, ring.members.size())].id});
  }
  return ring;
}

std::uint64_t bound_of(std::uint64_t share) {
  std::uint64_t bound = 0;
  while (bound * kShareUnits * 100 < share * (100 + kBoundPercent)) ++bound;
  return bound;
}

/// The rules as placement.hpp tells them, with nothing sorted, indexed or remembered.
class Model {
 public:
  Model(const Ring& ring, std::uint64_t key) : ring_(ring), hash_(key_of(key)) {}

  /// All members in the order in which they are met clockwise from the shard's point.
  std::vector<NodeId> walk(std::size_t shard) const {
    const std::uint64_t point = at(2, "", shard);
    std::vector<std::pair<std::uint64_t, NodeId>> nearest;
    for (const RingMember& member : ring_.members) {
      std::uint64_t least = ~std::uint64_t{0};
      for (std::uint64_t t = 0; t < std::max<std::uint64_t>(1, member.weight * 256U / 100U); ++t)
        least = std::min(least, at(1, member.id, t) - point);
      nearest.emplace_back(least, member.id);
    }
    std::sort(nearest.begin(), nearest.end());
    std::vector<NodeId> order;
    for (const auto& [distance, id] : nearest) order.push_back(id);
    return order;
  }

  /// Empty when some shard finds only members at their bounds: what is done then the model does not know.
  std::vector<std::vector<NodeId>> owners() {
    const Shares shares = fair_shares(ring_, kShards);
    std::map<NodeId, std::uint64_t> room;
    for (std::size_t i = 0; i < ring_.members.size(); ++i) room[ring_.members[i].id] = bound_of(shares.copies[i]);
    std::vector<std::pair<std::uint64_t, std::size_t>> turns;
    for (std::size_t s = 0; s < kShards; ++s) turns.emplace_back(at(3, "", s), s);
    std::sort(turns.begin(), turns.end());
    std::vector<std::vector<NodeId>> all(kShards);
    for (const auto& [turn, shard] : turns) {
      all[shard] = owners_of(shard, room);
      if (all[shard].empty()) return {};
      for (const NodeId& id : all[shard])
        if (room[id] > 0) --room[id];
    }
    return all;
  }

 private:
  std::vector<NodeId> owners_of(std::size_t shard, const std::map<NodeId, std::uint64_t>& room) const {
    std::vector<NodeId> owners;
    for (const Pin& pin : ring_.pins)
      if (pin.shard == shard_at(shard)) owners.push_back(pin.home);
    const std::vector<NodeId> order = walk(shard);
    while (owners.size() < ring_.effective_copies()) {
      const auto next = std::find_if(order.begin(), order.end(), [&](const NodeId& id) {
        return std::find(owners.begin(), owners.end(), id) == owners.end() && !zone_taken(owners, id) &&
               room.at(id) > 0;
      });
      if (next == order.end()) return {};
      owners.push_back(*next);
    }
    return owners;
  }
  bool zone_taken(const std::vector<NodeId>& owners, const NodeId& id) const {
    std::set<std::string> all;
    std::set<std::string> used;
    for (const RingMember& member : ring_.members) all.insert(member.zone);
    for (const NodeId& owner : owners) used.insert(ring_.member(owner)->zone);
    return used.size() < all.size() && used.count(ring_.member(id)->zone) > 0;
  }
  std::uint64_t at(std::uint8_t use, const NodeId& id, std::uint64_t number) const {
    return at(use, {reinterpret_cast<const char*>(id.bytes.data()), 16}, number);
  }
  std::uint64_t at(std::uint8_t use, std::string_view middle, std::uint64_t number) const {
    std::string bytes;
    ByteWriter out(bytes);
    out.u8(use);
    out.bytes(middle);
    out.u32_be(static_cast<std::uint32_t>(number));
    return hash_(bytes);
  }

  const Ring& ring_;
  KeyedHash hash_;
};

TEST(PlacementProperty, OwnersAreThoseOfTheSlowModel) {
  EXPECT_TRUE(rc::check([] {
    const Ring ring = any_ring();
    const auto key = *rc::gen::arbitrary<std::uint32_t>();
    const Placement placement(ring, kShards, key_of(key));
    const std::vector<std::vector<NodeId>> expected = Model(ring, key).owners();
    for (std::size_t s = 0; s < expected.size(); ++s) {
      const std::span<const NodeId> owners = placement.owners(shard_at(s));
      // One of the model's is the home and comes first; the others keep the order of the walk.
      std::vector<NodeId> want = expected[s];
      const auto home = std::find(want.begin(), want.end(), owners.front());
      RC_ASSERT(home != want.end());
      std::rotate(want.begin(), home, home + 1);
      RC_ASSERT(std::vector<NodeId>(owners.begin(), owners.end()) == want);
    }
  }));
}

TEST(PlacementProperty, EveryShardHasItsCopiesOnDistinctMembersAndInAsManyZonesAsPossible) {
  EXPECT_TRUE(rc::check([] {
    const Ring ring = any_ring();
    const Placement placement(ring, kShards, key_of(1));
    std::set<std::string> zones;
    for (const RingMember& member : ring.members) zones.insert(member.zone);
    for (std::size_t s = 0; s < kShards; ++s) {
      const std::span<const NodeId> owners = placement.owners(shard_at(s));
      RC_ASSERT(owners.size() == ring.effective_copies());
      std::set<std::string> used;
      for (const NodeId& owner : owners) {
        RC_ASSERT(ring.is_member(owner));
        used.insert(ring.member(owner)->zone);
      }
      RC_ASSERT(std::set<NodeId>(owners.begin(), owners.end()).size() == owners.size());
      RC_ASSERT(used.size() == std::min(zones.size(), owners.size()));
    }
  }));
}

TEST(PlacementProperty, PreferenceIsTheOwnersAndThenTheWalk) {
  EXPECT_TRUE(rc::check([] {
    const Ring ring = any_ring();
    const auto key = *rc::gen::arbitrary<std::uint32_t>();
    const Placement placement(ring, kShards, key_of(key));
    const ShardId shard = shard_at(*rc::gen::inRange<std::size_t>(0, kShards));
    const std::span<const NodeId> owners = placement.owners(shard);
    std::vector<NodeId> want(owners.begin(), owners.end());
    std::vector<NodeId> near;
    std::vector<NodeId> far;
    for (const NodeId& id : Model(ring, key).walk(shard.value)) {
      if (placement.owns(id, shard)) continue;
      want.push_back(id);
      (ring.member(id)->zone == "z0" ? near : far).push_back(id);
    }
    RC_ASSERT(placement.preference(shard) == want);
    near.insert(near.end(), far.begin(), far.end());
    RC_ASSERT(placement.stand_ins(shard, "z0") == near);
    for (std::size_t slot = 0; slot < owners.size(); ++slot)
      RC_ASSERT(placement.owner_slot(shard, owners[slot]) == slot);
  }));
}

TEST(PlacementProperty, APinnedHomeIsTheFirstOwner) {
  EXPECT_TRUE(rc::check([] {
    const Ring ring = any_ring();
    const Placement placement(ring, kShards, key_of(2));
    for (const Pin& pin : ring.pins) RC_ASSERT(placement.owners(pin.shard).front() == pin.home);
  }));
}

TEST(PlacementProperty, NobodyHasMoreThanItsBound) {
  EXPECT_TRUE(rc::check([] {
    Ring ring = any_ring();
    ring.pins.clear();
    // Where weights and zones pull apart the owners there are may leave no choice of homes.
    const bool equal = *rc::gen::arbitrary<bool>();
    if (equal)
      for (RingMember& member : ring.members) member.weight = 100;
    const Placement placement(ring, kShards, key_of(*rc::gen::arbitrary<std::uint32_t>()));
    const Shares shares = fair_shares(ring, kShards);
    std::map<NodeId, std::uint64_t> copies;
    std::map<NodeId, std::uint64_t> homes;
    for (std::size_t s = 0; s < kShards; ++s) {
      ++homes[placement.owners(shard_at(s)).front()];
      for (const NodeId& owner : placement.owners(shard_at(s))) ++copies[owner];
    }
    for (std::size_t i = 0; i < ring.members.size(); ++i) {
      RC_ASSERT(copies[ring.members[i].id] <= bound_of(shares.copies[i]));
      if (equal) RC_ASSERT(homes[ring.members[i].id] <= bound_of(shares.homes[i]));
    }
  }));
}

TEST(PlacementProperty, SharesAddUpAndFollowTheWeights) {
  EXPECT_TRUE(rc::check([] {
    const Ring ring = any_ring();
    const Shares shares = fair_shares(ring, kShards);
    const std::uint64_t all = kShards * kShareUnits;
    std::uint64_t copies = 0;
    std::uint64_t homes = 0;
    for (std::size_t i = 0; i < ring.members.size(); ++i) {
      RC_ASSERT(shares.copies[i] <= all);
      copies += shares.copies[i];
      homes += shares.homes[i];
      for (std::size_t k = 0; k < ring.members.size(); ++k)
        if (ring.members[i].zone == ring.members[k].zone && ring.members[i].weight <= ring.members[k].weight)
          RC_ASSERT(shares.copies[i] <= shares.copies[k]);
    }
    const std::uint64_t rounding = 2 * ring.members.size();
    RC_ASSERT(copies >= all * ring.effective_copies() && copies <= all * ring.effective_copies() + rounding);
    RC_ASSERT(homes >= all && homes <= all + rounding);
  }));
}

}  // namespace
}  // namespace wattring::sharding
