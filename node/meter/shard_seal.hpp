// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "node/meter/shard_fold.hpp"
#include "node/meter/slicer.hpp"
#include "persistence/journal.hpp"

namespace wattring::meter {

struct SealStats {
  std::uint64_t facts = 0;  ///< facts that were new to the chunks
  std::uint64_t duplicates = 0;
  std::uint64_t conflicts = 0;
  std::uint64_t renewed = 0;  ///< damaged chunks that gave way to what another owner had
  std::uint64_t chunks = 0;   ///< chunks written
  std::uint64_t chunk_bytes = 0;
};

/// Merges what begin_seal() fixed into the day chunks found in `disk` and writes chunks, texts, snapshots of the
/// touched meters, coverage and the sealed-up-to mark as slices. The last slice moves the mark,
/// so a crash between two of them only repeats work. A chunk that does not decode is left alone under its
/// key and reported in `damaged`; the new facts go beside it.
Result<SealStats> seal_shard(const ShardFold& fold, const persistence::ReadTransaction& disk, const SliceSink& sink,
                             std::vector<std::string>& damaged);

}  // namespace wattring::meter
