// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "node/gateway/batch.hpp"
#include "node/http/backup_door.hpp"
#include "node/http/exchange.hpp"

namespace wattring::http {

/// Whole shards out, for a backup, and what is not readings back in. Any thread.
class BackupApi {
 public:
  /// Null: there is nothing to give.
  explicit BackupApi(BackupDoor* door) : door_(door) {}
  [[nodiscard]] Response part(const Request& request, std::string_view shard) const;
  [[nodiscard]] Response rows(const Request& request) const;

 private:
  BackupDoor* const door_;
};

/// The readings of one entry (node/meter/reading_entry.hpp) as they were, whatever their age. invalid_argument: it is
/// none, or holds what no node has taken.
[[nodiscard]] Result<gateway::Batch> batch_of_entry(std::string_view payload);

}  // namespace wattring::http
