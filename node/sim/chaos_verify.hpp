// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "node/sim/chaos_report.hpp"
#include "node/sim/chaos_waits.hpp"

namespace wattring::sim {

struct VerifyNode {
  std::string name;
  std::string http;
  bool rotten = false;  ///< values on its disk were damaged: it may leave something out, when it says so
};
struct VerifyOptions {
  std::string ledger;
  std::int64_t wait_ms = 20'000;  ///< for answers that are not complete, each node in all
  int copies = 0;                 ///< owners of each shard; 0 = not known
  std::int64_t began_ns = 0;      ///< of the load, for evidence
};

/// Reads every meter of the ledger through every node at level home, and each owner's own copy at level any; fills
/// readings, copies and evidence of the report. An error: the ledger cannot be read.
[[nodiscard]] Result<void> verify_everything(const VerifyOptions& options, std::span<const VerifyNode> nodes,
                                             std::span<const ClientTrace> traces, const Clock& clock,
                                             ChaosReport& report);

}  // namespace wattring::sim
