// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "node/meter/shard_fold.hpp"
#include "node/meter/slicer.hpp"

namespace wattring::meter {

struct RetentionStats {
  std::uint64_t chunks_dropped = 0;
  std::uint64_t interval_days_written = 0;
  std::uint64_t interval_days_dropped = 0;
};

/// Drops what is older than the days say from one shard. Before the readings of a day go, its intervals are derived and
/// kept; they are on the disk before anything is erased. Of each cumulative series the last reading before the limit
/// stays as the anchor of the first interval after it. A reading that comes late for a day whose intervals are kept is
/// dropped again and changes nothing. Nothing of the shard may be on its way to the disk meanwhile.
Result<RetentionStats> apply_retention(const ShardFold& fold, const sharding::ShardKey& key,
                                       const persistence::ReadTransaction& disk, const RetentionDays& days,
                                       const SliceSink& sink);

}  // namespace wattring::meter
