// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "node/backup/part_message.hpp"

namespace wattring::http {

/// The way to whole shards for backups, behind the HTTP API. Any thread; calls wait some seconds at most.
class BackupDoor {
 public:
  struct Wanted {
    ShardId shard;
    std::uint64_t session = 0;  ///< a number that the caller drew for this reading of the shard
    std::uint64_t part = 1;     ///< the first opens the session; the one given last may be asked for again
  };
  virtual ~BackupDoor() = default;
  /// busy: not an owner of the shard, or it cannot be given now. not_found: the session was forgotten; begin anew. The
  /// claim ends it.
  [[nodiscard]] virtual Result<backup::PartMessage> give(const Wanted& wanted) = 0;
  /// Keeps rows of a part that are no readings; how many. Returns when enough nodes have them. The same rows again
  /// change nothing.
  [[nodiscard]] virtual Result<std::size_t> restore_rows(std::string_view part) = 0;
};

}  // namespace wattring::http
