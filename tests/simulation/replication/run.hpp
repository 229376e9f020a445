// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulation/replication/faults.hpp"
#include "tests/simulation/replication/world.hpp"

namespace wattring::replication {

/// A run under random faults, wholly decided by these.
struct RunOptions {
  std::uint64_t seed = 1;
  std::size_t nodes = 5;
  FaultSet faults = FaultSet().set();
  std::int64_t seconds = 12;  ///< of faults, virtual
  std::string trace;          ///< a file; empty for none
  sharding::Mutant mutant = sharding::Mutant::none;
  ShellMutant shell = ShellMutant::none;
};

struct RunResult {
  std::uint64_t hash = 0;
  std::uint64_t events = 0;
  FaultSet chosen;
  std::array<std::uint64_t, kFaults> bitten{};
  Figures figures;
  std::int64_t settled_ns = -1;  ///< after the faults stopped
  std::vector<Violation> violations;
};

[[nodiscard]] RunResult run(const RunOptions& options);
/// What repeats it.
[[nodiscard]] std::string replay_command(const RunOptions& options);

/// Everything of many runs together.
struct Tally {
  Figures figures;
  std::array<std::uint64_t, kFaults> bitten{};
  std::uint64_t runs = 0;
  std::uint64_t failed = 0;
  void add(const RunResult& result);
  /// What happened too seldom for this to mean anything; empty when all of it happened.
  [[nodiscard]] std::string unknown(const FaultSet& allowed) const;
};

}  // namespace wattring::replication
