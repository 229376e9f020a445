// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "node/meter/shard_fold.hpp"
#include "node/meter/slicer.hpp"
#include "sharding/key.hpp"

/// What erasures take from the disk.

namespace wattring::meter {

struct ErasedRows {
  std::uint64_t readings = 0;
  std::uint64_t chunks = 0;         ///< that hold them
  std::uint64_t interval_days = 0;  ///< whose readings retention had dropped
  std::uint64_t quarantined = 0;    ///< readings in quarantine
  friend bool operator==(const ErasedRows&, const ErasedRows&) = default;
};

/// What an erasure of the meter would take now, on the disk or on its way there. Damaged chunks count as chunks.
[[nodiscard]] Result<ErasedRows> count_erasable(const ShardFold& fold, const persistence::ReadTransaction& disk,
                                                const Erasure& erasure);

/// What purge_erased() did, to be told to the fold when the disk has it.
struct Purge {
  ErasedRows rows;
  struct Meter {
    std::string id;
    std::uint64_t hash = 0;
    bool marked = false;  ///< its rows say so; else those of the next seal will
  };
  std::vector<Meter> meters;
  /// Rows of the quarantine that are gone, and what is left of the others.
  std::vector<std::pair<persistence::QuarantineKey, std::optional<QuarantineNote>>> quarantined;
};

/// Deletes what the fold's unpurged erasures name: chunks and kept intervals, whole or in part, quarantined readings,
/// snapshots of meters of which nothing is left, and texts that nothing refers to any more. The last slice says that it
/// is done, so a crash only repeats it. A chunk of the erasure's own day that does not decode stays, unread, and is
/// reported in `damaged`. Nothing of the shard may be on its way to the disk meanwhile; end_purge() follows.
[[nodiscard]] Result<Purge> purge_erased(ShardFold& fold, const sharding::ShardKey& key,
                                         const persistence::ReadTransaction& disk, const SliceSink& sink,
                                         std::vector<std::string>& damaged);
void end_purge(ShardFold& fold, const Purge& purge, bool done);

}  // namespace wattring::meter
