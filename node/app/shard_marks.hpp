// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "persistence/group_commit.hpp"
#include "persistence/journal.hpp"
#include "sharding/peer_message.hpp"

/// Small durable notes of replication, as rows of Table::meta (docs/protocols/data-directory.md). Each note has a row
/// of its own, so that threads that write different ones do not undo each other.

namespace wattring::app {

/// What is noted of one shard.
struct ShardMarks {
  std::uint64_t filled_ring = 0;  ///< newest ring version for which this node is FILLED; 0: none
  bool suspect = false;           ///< something of its coverage cannot be read back
  bool dropping = false;          ///< what is left of it is being deleted
  friend bool operator==(const ShardMarks&, const ShardMarks&) = default;
};

// Operations for one slice of JournalWriter::write().
[[nodiscard]] persistence::OwnedOp filled_mark(ShardId shard, std::uint64_t ring);  ///< 0 takes it away
[[nodiscard]] persistence::OwnedOp suspect_mark(ShardId shard, bool suspect);
[[nodiscard]] persistence::OwnedOp dropping_mark(ShardId shard, bool dropping);
[[nodiscard]] persistence::OwnedOp generation_row(sharding::DiskGeneration generation);

/// Only shards with a mark. A row that does not verify claims least: not filled, suspect, dropping.
[[nodiscard]] Result<std::map<ShardId, ShardMarks>> read_shard_marks(const persistence::ReadTransaction& disk);
/// Nothing: none was drawn yet, or the row does not verify; either way a new one is due.
[[nodiscard]] Result<std::optional<sharding::DiskGeneration>> read_generation(const persistence::ReadTransaction& disk);

}  // namespace wattring::app
