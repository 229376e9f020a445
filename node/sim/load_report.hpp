// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "node/sim/options.hpp"

namespace wattring::sim {

/// The outcome of a run, all clients together.
struct LoadReport {
  std::string cluster;
  std::string version;                                          ///< of the node
  std::string target;                                           ///< the address that was sent to
  std::uint64_t sent = 0, acked = 0, refused = 0, unknown = 0;  ///< readings
  std::uint64_t busy = 0, resent = 0, reconnects = 0;
  double seconds = 0;
  LoadResult all;  ///< merged
  std::string ledger;
  bool interrupted = false;
  [[nodiscard]] double rate() const { return seconds > 0 ? static_cast<double>(acked) / seconds : 0; }
};

/// "10,000 meters, one reading per 2.5 s, ..."; the line before a run.
[[nodiscard]] std::string describe_run(const RunOptions& options, const std::string& target);
/// The summary for people.
[[nodiscard]] std::string render_report(const RunOptions& options, const LoadReport& report);
/// {"schema":"wattring.bench/1",...}, one line.
[[nodiscard]] std::string render_bench_json(const RunOptions& options, const LoadReport& report);
/// Which limit was missed; empty when none.
[[nodiscard]] std::string missed_limit(const RunOptions& options, const LoadReport& report);

}  // namespace wattring::sim
