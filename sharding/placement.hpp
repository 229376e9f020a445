// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "base/ids.hpp"
#include "sharding/placement_walk.hpp"
#include "sharding/ring.hpp"

namespace wattring::sharding {

inline constexpr std::uint64_t kTokensPerNode = 256;  ///< at weight 100
/// Above its fair share nobody is given more. 5 % would be more even and move up to a tenth more when members change,
/// 25 % leaves homes as uneven as no bound; figures in docs/benchmarks.md.
inline constexpr std::uint64_t kBoundPercent = 10;

/// Placement version 1 of the cluster object: which members own which shard, as a pure function of the ring, the shard
/// count and the cluster's hash key, equal on every node to the last bit (integers only). Consistent hashing with
/// bounded loads:
///
/// Every member has kTokensPerNode x weight / 100 tokens on a ring of hashes, every shard is a fixed point on it. In a
/// fixed pseudo-random order each shard walks clockwise and takes the first members it meets, one of each zone, and
/// when zones run out it walks again and takes any. A member that has its fair share (shares.hpp) and kBoundPercent
/// more is passed over, unless only such are left: the zone rule is stronger than the bound. The home is the first of
/// the owners that is not, likewise, home of enough (homes.hpp). A pin makes its member the first owner before the walk
/// begins.
///
/// Immutable; any thread. Costs some milliseconds to build: once for each ring.
class Placement {
 public:
  /// The ring must pass check_ring(); the shard count is a power of two from kShardsMin to kShardsMax.
  Placement(Ring ring, std::size_t shard_count, const std::array<std::uint8_t, 16>& hash_key);

  /// ring().effective_copies() members, the preferred home first; in the order in which they take over as home.
  [[nodiscard]] std::span<const NodeId> owners(ShardId shard) const;
  /// Place of a member among the owners.
  [[nodiscard]] std::optional<std::size_t> owner_slot(ShardId shard, const NodeId& node) const;
  [[nodiscard]] bool owns(const NodeId& node, ShardId shard) const { return owner_slot(shard, node).has_value(); }
  /// All members: the owners, then the others as the walk meets them.
  [[nodiscard]] std::vector<NodeId> preference(ShardId shard) const;
  /// The members that are not owners, those of one zone first.
  [[nodiscard]] std::vector<NodeId> stand_ins(ShardId shard, std::string_view zone_first) const;

  [[nodiscard]] const Ring& ring() const { return ring_; }
  [[nodiscard]] std::uint64_t ring_id() const { return ring_id_; }
  [[nodiscard]] std::size_t shard_count() const { return shard_count_; }

 private:
  void place_points(const KeyedHash& hash);
  void fill_owners(const struct OwnerTable& table, const class HomeChooser& homes);

  Ring ring_;
  std::uint64_t ring_id_;
  std::size_t shard_count_;
  std::size_t copies_;
  std::vector<Token> tokens_;         ///< sorted
  std::vector<std::uint32_t> first_;  ///< for each shard, the token at which its walk begins
  std::vector<NodeId> owners_;        ///< copies_ for each shard
};

/// What a change of the ring costs.
struct Movement {
  std::uint64_t copies = 0;   ///< (shard, member) pairs that are new
  std::uint64_t optimum = 0;  ///< the least any placement could move to give everybody the new fair share
  std::uint64_t homes = 0;    ///< shards whose preferred home changed
};
/// Both of one cluster.
[[nodiscard]] Movement movement(const Placement& before, const Placement& after);

/// The fullest member against its share by weight alone (zones and limits not considered): 1.0 is perfectly even.
struct Balance {
  double homes = 1;
  double copies = 1;
};
[[nodiscard]] Balance balance(const Placement& placement);

}  // namespace wattring::sharding
