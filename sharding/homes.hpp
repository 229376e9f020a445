// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sharding/owners.hpp"

namespace wattring::sharding {

/// Chooses one owner of each shard as its home, one shard after the other, so that no member is home of more than its
/// bound as long as any choice of homes can do that. The first owner is taken where it has room; where no owner has,
/// homes chosen before make room (an augmenting path), as few of them as possible.
class HomeChooser {
 public:
  HomeChooser(const OwnerTable& owners, std::vector<std::uint64_t> bounds);
  /// The first owner, whatever its bound, for good. All pins come before the first choose().
  void pin(std::uint32_t shard);
  void choose(std::uint32_t shard);
  [[nodiscard]] std::uint32_t home(std::uint32_t shard) const { return home_[shard]; }

 private:
  [[nodiscard]] bool has_room(std::uint32_t member) const { return load_[member] < bounds_[member]; }
  bool make_room(std::uint32_t shard);
  void unwind(std::uint32_t member, std::uint32_t shard);
  void assign(std::uint32_t shard, std::uint32_t member);

  struct Step {
    std::uint32_t shard;  ///< whose home may move to this member
    bool reached = false;
  };
  const OwnerTable& owners_;
  std::vector<std::uint64_t> bounds_;
  std::vector<std::uint64_t> load_;               ///< pinned and chosen
  std::vector<std::vector<std::uint32_t>> held_;  ///< for each member, the shards it is home of by choice
  std::vector<std::uint32_t> home_;
  std::vector<Step> steps_;
};

}  // namespace wattring::sharding
