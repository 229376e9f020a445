// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sharding/ring.hpp"

namespace wattring::sharding {

class PlacementWalk;

/// Members by their index in the ring; `copies` of them for each shard.
struct OwnerTable {
  std::size_t copies = 0;
  std::vector<std::uint32_t> members;
  [[nodiscard]] const std::uint32_t* of(std::size_t shard) const { return members.data() + shard * copies; }
};

/// Chooses the owners of each shard, one shard after the other, by the rules of placement.hpp. Where all that a shard
/// could take are at their bounds, shards chosen before make room: one of them gives a member away for another that is
/// below its bound, over as few steps as possible. Only where that is impossible a bound is overstepped.
class OwnerChooser {
 public:
  OwnerChooser(const Ring& ring, std::size_t shard_count, std::vector<std::uint64_t> bounds);
  /// `pinned` becomes the first owner, for good; null for none.
  void choose(std::uint32_t shard, PlacementWalk& walk, const NodeId* pinned);
  [[nodiscard]] const OwnerTable& table() const { return table_; }

 private:
  using Owners = std::vector<std::uint32_t>;
  struct Step {
    std::uint32_t shard = 0;  ///< which gives up
    std::uint32_t gives = 0;  ///< this member for the one the step is of
    bool reached = false;
    bool start = false;
  };

  [[nodiscard]] bool has_room(std::uint32_t member) const { return load_[member] < bounds_[member]; }
  [[nodiscard]] bool may_join(const Owners& owners, std::uint32_t member) const;
  [[nodiscard]] bool may_replace(std::uint32_t shard, std::uint32_t out, std::uint32_t in) const;
  void fill(Owners& owners, PlacementWalk& walk);
  std::uint32_t next_owner(const Owners& owners, PlacementWalk& walk);
  bool make_room(const Owners& owners, PlacementWalk& walk, std::uint32_t& freed);
  bool look_beyond(std::uint32_t member, std::vector<std::uint32_t>& queue, std::uint32_t& roomy);
  [[nodiscard]] bool is_on_path(std::uint32_t member, std::uint32_t shard) const;
  std::uint32_t unwind(std::uint32_t member);

  const Ring& ring_;
  std::size_t zone_count_ = 0;
  std::vector<std::size_t> zone_of_;
  std::vector<std::uint64_t> bounds_;
  std::vector<std::uint64_t> load_;
  std::vector<std::vector<std::uint32_t>> held_;  ///< for each member the shards it could give away
  std::vector<Step> steps_;
  OwnerTable table_;
};

}  // namespace wattring::sharding
