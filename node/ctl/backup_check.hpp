// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "node/backup/tally.hpp"
#include "node/ctl/backup_folder.hpp"
#include "node/ctl/session.hpp"

namespace wattring::ctl {

struct DamagedShard {
  std::uint16_t shard = 0;
  std::string why;
  std::uint64_t readings = 0;  ///< that it had, as the manifest says
};
/// What a backup says of itself, and what is true of it.
struct BackupCheck {
  Json manifest;
  std::vector<DamagedShard> damaged;  ///< ascending
  backup::Tally sound;                ///< of all others
  /// "12,40-43": the damaged ones.
  [[nodiscard]] std::string ranges() const;
  [[nodiscard]] bool is_damaged(std::uint16_t shard) const;
};
/// Reads every file to its end, and holds it against the manifest. An error: there is no backup, or no manifest that
/// can be believed.
[[nodiscard]] Outcome<BackupCheck> check_backup(const Context& context, const std::string& folder);

}  // namespace wattring::ctl
