// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sharding/ring.hpp"

namespace wattring::sharding {

/// Shares are fixed-point: so many units are one shard. Integers, so that every machine gets the same.
inline constexpr std::uint64_t kShareUnits = 1024;

/// What each member (in the ring's order) should hold: in proportion to its weight, as far as the rules allow. A member
/// holds a shard once; no zone holds a shard twice while another holds it not at all. So a small zone gets more.
struct Shares {
  std::vector<std::uint64_t> copies;
  std::vector<std::uint64_t> homes;
};

[[nodiscard]] Shares fair_shares(const Ring& ring, std::size_t shard_count);

}  // namespace wattring::sharding
