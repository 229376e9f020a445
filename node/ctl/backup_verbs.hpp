// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "node/ctl/commands/backup.hpp"
#include "node/ctl/operator_verbs.hpp"

namespace wattring::ctl {

/// What the parser fills in for the verbs below; outlives the parsing.
struct BackupVerbArguments {
  BackupCreateArguments create;
  BackupRestoreArguments restore;
  std::string verified;
  std::string listed = ".";
  std::string create_retry = "1m";
  std::string restore_retry = "5m";
};

/// `backup`.
void add_backup_verbs(CLI::App& root, BackupVerbArguments& arguments, VerbFunction& verb);

}  // namespace wattring::ctl
