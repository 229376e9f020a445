// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "node/app/config.hpp"

namespace wattring::app {

/// sysexits(3)-like; the same for every verb of wattringd.
enum ExitCode : int {
  kExitDone = 0,
  kExitNobody = 3,     ///< leave: no node runs there
  kExitTimeout = 6,    ///< leave: the time is up
  kExitUsage = 64,     ///< the command line
  kExitData = 65,      ///< the data directory: not initialised, another node's, newer, corrupt
  kExitInternal = 70,  ///< a defect
  kExitIo = 74,        ///< a taken port, an unreadable file, the disk
  kExitConfig = 78     ///< the configuration
};

/// 65 for wrong_identity, newer_format, corrupt, busy, not_found and already_exists (of a data directory); 74 for io,
/// no_space and unknown_outcome; 64 for invalid_argument.
[[nodiscard]] int exit_code_of(ErrorCode code);

struct RunOptions {
  std::string data_dir;
  Config config;
  std::string version;  ///< of this program, e.g. "0.1.0"
  std::vector<std::string>
      settings;  ///< `listen.http = "..." (origin)` for each key not at its default; for the start log
};

/// `wattringd run`: opens the data directory, listens, serves until SIGTERM or SIGINT, drains. Returns an ExitCode;
/// what stopped it stands on standard error.
[[nodiscard]] int run_daemon(const RunOptions& options);

}  // namespace wattring::app
