// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "node/app/shard_marks.hpp"
#include "persistence/journal.hpp"
#include "persistence/journal_index.hpp"
#include "sharding/replica.hpp"

namespace wattring::app {

/// What the disk holds for replication, as a start finds it.
struct RecoveredHoldings {
  std::vector<sharding::Replica::Held> held;  ///< ascending by shard; shards without anything are not in it
  persistence::JournalIndex index;            ///< what is there in log form
  std::optional<sharding::DiskGeneration> generation;
};

/// Coverage of a shard = what is sealed, and the journal's entries behind the shard's mark `applied`, and the claims of
/// finished transfers behind it. From headers alone: payloads that went bad are found by the workers' replay, or when
/// somebody asks for them. Before the first write of this run.
[[nodiscard]] Result<RecoveredHoldings> recover_holdings(const persistence::ReadTransaction& disk,
                                                         std::size_t shard_count);

}  // namespace wattring::app
