// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sharding/placement.hpp"

/// What a cluster promises while members are away, computed from its real placement. Pure.

namespace wattring::sharding {

/// A share of all shards: its mean over the sets of failed members that were looked at, and the worst of them.
struct ShardShare {
  double mean = 0;
  double worst = 0;
};

struct Promise {
  std::size_t failed = 0;  ///< members that are away
  std::string zone;        ///< that is away as a whole; empty for any `failed` members
  bool acked = false;      ///< writes are acknowledged at all: W members are left
  ShardShare held;         ///< shards whose writes are acknowledged as HELD, fewer than W owners being left
  ShardShare incomplete;   ///< shards whose answers cannot be complete
  ShardShare nobody;       ///< shards without any owner left
  ShardShare at_risk;      ///< W or more copies are away: what was just acknowledged may be on these disks alone
  std::uint64_t sets = 0;  ///< of failed members that were looked at
  bool exact = true;       ///< these are all there are
};
struct Promises {
  std::size_t members = 0;
  std::uint32_t copies = 0;        ///< R in force
  std::uint32_t acks = 0;          ///< W in force
  std::vector<Promise> by_failed;  ///< 0 to members - 1 of them; at most kPromiseRowsMax
  std::vector<Promise> by_zone;    ///< none when there is one zone only
};

inline constexpr std::size_t kPromiseRowsMax = 10;
inline constexpr std::uint64_t kPromiseSetsMax = 2048;

/// Looks at every set of failed members when there are at most `sets_max` of them, else at so many drawn by chance.
/// Costs up to sets_max x shards x copies steps for each row.
[[nodiscard]] Promises promises(const Placement& placement, std::uint64_t sets_max = kPromiseSetsMax);

}  // namespace wattring::sharding
