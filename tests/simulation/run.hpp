// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulation/checker.hpp"
#include "tests/simulation/faults.hpp"

namespace wattring::simulation {

/// A run under random faults, wholly decided by these.
struct RunOptions {
  std::uint64_t seed = 1;
  std::size_t nodes = 5;
  FaultSet faults = FaultSet().set();
  std::int64_t minutes = 3;
  bool codec = false;
  std::string trace;  ///< a file; empty for none
  cluster::Settings settings;
};

struct RunResult {
  std::uint64_t hash = 0;
  std::uint64_t events = 0;
  FaultSet chosen;
  std::int64_t settled_ns = -1;  ///< after the faults stopped; -1 = not within the bound
  std::size_t members = 0;       ///< running at the end
  std::size_t false_failures = 0;
  std::vector<Violation> violations;
};

/// Starts a cluster, lets faults happen, stops them, and looks whether everything becomes calm.
[[nodiscard]] RunResult run(const RunOptions& options);
/// What repeats it.
[[nodiscard]] std::string replay_command(const RunOptions& options);

}  // namespace wattring::simulation
