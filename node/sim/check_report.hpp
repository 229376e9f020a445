// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "node/sim/checker.hpp"

namespace wattring::sim {

struct CheckReport {
  std::string ledger;
  std::string ending;               ///< "clean", "killed" or "torn"
  std::uint64_t readings_sent = 0;  ///< in the whole ledger, repeats included
  std::uint64_t meters_in_ledger = 0;
  std::uint64_t sample_seed = 0;
  CheckCounts counts;
  std::vector<Evidence> evidence;  ///< the first kEvidenceMax, by meter
  std::string unread_reason;
  Judgement judgement;
};

[[nodiscard]] std::string render_check(const CheckReport& report);
/// {"schema":"wattring.check/1",...}, one line.
[[nodiscard]] std::string render_check_json(const CheckReport& report);

}  // namespace wattring::sim
