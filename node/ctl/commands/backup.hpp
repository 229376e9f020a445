// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "node/ctl/session.hpp"

/// Copies of a whole cluster in a folder, and back (docs/operations/backup.md).

namespace wattring::ctl {

struct BackupCreateArguments {
  std::string to;           ///< folder of backups; the new one gets a folder in it
  std::string resume;       ///< folder of an unfinished one, instead
  bool incomplete = false;  ///< take shards too of which nobody can say that nothing is missing
  std::int64_t retry_ms = 60'000;
};
[[nodiscard]] Outcome<Answer> backup_create(Session& session, const BackupCreateArguments& arguments);
/// No node is asked. Exit 21 when something is damaged.
[[nodiscard]] Outcome<Answer> backup_verify(const Context& context, const std::string& folder);
/// No node is asked.
[[nodiscard]] Outcome<Answer> backup_list(const std::string& folder);

struct BackupRestoreArguments {
  std::string folder;
  bool dry_run = false;
  bool yes = false;
  std::string lose_shards;  ///< those that are damaged, as the refusal lists them
  std::int64_t retry_ms = 300'000;
};
/// Exit 21 when not all that the backup has is there afterwards.
[[nodiscard]] Outcome<Answer> backup_restore(Session& session, const BackupRestoreArguments& arguments);

}  // namespace wattring::ctl
