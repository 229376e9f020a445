// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "sharding/placement.hpp"

/// What an operator wants of the ring, and what that would cost. Pure.

namespace wattring::sharding {

struct Reweigh {
  NodeId id;
  std::uint16_t weight = 100;
};
struct RingChange {
  std::vector<RingMember> add;
  std::vector<NodeId> remove;
  std::vector<Reweigh> weights;
  [[nodiscard]] bool empty() const { return add.empty() && remove.empty() && weights.empty(); }
};

/// The ring that follows; says what makes no sense: who is added twice, removed without being a member, and so on.
/// Pins of a removed home go with it.
[[nodiscard]] Result<Ring> changed_ring(const Ring& current, const RingChange& change);

/// What one member has of a placement.
struct Load {
  std::uint64_t homes = 0;
  std::uint64_t copies = 0;
};
[[nodiscard]] std::vector<Load> loads(const Placement& placement);  ///< in the order of the ring's members

/// Zones whose members hold more than their share by weight, because no zone may hold a shard twice while another holds
/// it not at all.
struct ZoneLoad {
  std::string zone;
  double times = 1;  ///< of the share by weight
};
inline constexpr double kZoneLoadWarned = 1.3;
[[nodiscard]] std::vector<ZoneLoad> heavy_zones(const Placement& placement);

/// One live member that can be asked, the shards of which it has everything that was acknowledged as an owner, and
/// those of which it keeps something without being one.
struct FilledOwner {
  NodeId id;
  std::vector<bool> filled;   ///< by shard
  std::vector<bool> holds{};  ///< likewise
};
/// Shards that those who go own, or hold for the owners, and that would be left with too few full copies at owners that
/// stay and can be reached: with fewer than hold everything acknowledged between them, or than the next ring's W.
/// Ascending.
[[nodiscard]] std::vector<ShardId> endangered(const Placement& current, const RingChange& change,
                                              std::span<const FilledOwner> reachable);
/// Those of the shards that somebody who goes holds for the owners.
[[nodiscard]] std::vector<ShardId> held_by_removed(const std::vector<ShardId>& shards, const RingChange& change,
                                                   std::span<const FilledOwner> reachable);

}  // namespace wattring::sharding
