// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "node/sim/chaos_report.hpp"

namespace wattring::sim {

struct ChaosRun {
  ChaosPlan plan;
  std::uint64_t seed = 1;
  std::string folder;   ///< new or empty
  std::string program;  ///< wattringd
  std::string replay;   ///< the command that does this again
  bool keep = false;
};

/// From an empty folder to a verdict. What it started is ended, whatever happens. Writes report.json and report.html;
/// leaves ledger, logs and data only when it did not pass, or was told to.
[[nodiscard]] ChaosReport do_chaos(const ChaosRun& run, std::atomic<bool>& stop);

/// report.json, report.html, junit.xml and lost.txt of the folder.
[[nodiscard]] Result<void> write_chaos_report(const ChaosReport& report);

}  // namespace wattring::sim
