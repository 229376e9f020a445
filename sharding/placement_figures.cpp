// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "base/check.hpp"
#include "sharding/placement.hpp"
#include "sharding/shares.hpp"

namespace wattring::sharding {
namespace {

std::map<NodeId, std::uint64_t> copy_shares(const Placement& placement) {
  const Ring& ring = placement.ring();
  const std::vector<std::uint64_t> shares = fair_shares(ring, placement.shard_count()).copies;
  std::map<NodeId, std::uint64_t> by_member;
  for (std::size_t i = 0; i < ring.members.size(); ++i) by_member[ring.members[i].id] = shares[i];
  return by_member;
}

std::uint64_t optimum(const Placement& before, const Placement& after) {
  std::map<NodeId, std::uint64_t> had = copy_shares(before);
  std::uint64_t units = 0;
  for (const auto& [id, share] : copy_shares(after)) units += share - std::min(share, had[id]);
  return (units + kShareUnits / 2) / kShareUnits;
}

}  // namespace

Movement movement(const Placement& before, const Placement& after) {
  WATTRING_CHECK(before.shard_count() == after.shard_count());
  Movement moved;
  moved.optimum = optimum(before, after);
  for (std::size_t s = 0; s < after.shard_count(); ++s) {
    const ShardId shard{static_cast<std::uint16_t>(s)};
    for (const NodeId& owner : after.owners(shard))
      if (!before.owns(owner, shard)) ++moved.copies;
    if (before.owners(shard).front() != after.owners(shard).front()) ++moved.homes;
  }
  return moved;
}

Balance balance(const Placement& placement) {
  const Ring& ring = placement.ring();
  std::map<NodeId, std::uint64_t> homes;
  std::map<NodeId, std::uint64_t> copies;
  for (std::size_t s = 0; s < placement.shard_count(); ++s) {
    const std::span<const NodeId> owners = placement.owners(ShardId{static_cast<std::uint16_t>(s)});
    ++homes[owners.front()];
    for (const NodeId& owner : owners) ++copies[owner];
  }
  double weights = 0;
  for (const RingMember& member : ring.members) weights += member.weight;
  Balance worst{0, 0};
  for (const RingMember& member : ring.members) {
    const double share = static_cast<double>(placement.shard_count()) * member.weight / weights;
    worst.homes = std::max(worst.homes, static_cast<double>(homes[member.id]) / share);
    worst.copies = std::max(worst.copies, static_cast<double>(copies[member.id]) / (share * ring.effective_copies()));
  }
  return worst;
}

}  // namespace wattring::sharding
