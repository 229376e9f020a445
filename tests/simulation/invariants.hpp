// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "cluster/settings.hpp"
#include "tests/simulation/scene.hpp"

namespace wattring::simulation {

/// What membership promises, how that is looked at, and the defect that the look must notice.
struct Invariant {
  int number;
  std::string_view promise;
  cluster::Mutant mutant;
  std::vector<Violation> (*check)(const cluster::Settings&);
};
/// All fifteen, in order.
[[nodiscard]] std::span<const Invariant> invariants();

// The checks: violations of a cluster with these settings, mutant included.
[[nodiscard]] std::vector<Violation> check_merge(const cluster::Settings& settings);
[[nodiscard]] std::vector<Violation> check_no_step_back(const cluster::Settings& settings);
[[nodiscard]] std::vector<Violation> check_crash(const cluster::Settings& settings);
[[nodiscard]] std::vector<Violation> check_bad_network(const cluster::Settings& settings);
[[nodiscard]] std::vector<Violation> check_stalled_minority(const cluster::Settings& settings);
[[nodiscard]] std::vector<Violation> check_pause(const cluster::Settings& settings);
[[nodiscard]] std::vector<Violation> check_one_way(const cluster::Settings& settings);
[[nodiscard]] std::vector<Violation> check_split(const cluster::Settings& settings);
[[nodiscard]] std::vector<Violation> check_leave(const cluster::Settings& settings);
[[nodiscard]] std::vector<Violation> check_restart(const cluster::Settings& settings);
[[nodiscard]] std::vector<Violation> check_duplicate(const cluster::Settings& settings);
[[nodiscard]] std::vector<Violation> check_strangers(const cluster::Settings& settings);
[[nodiscard]] std::vector<Violation> check_any_bytes(const cluster::Settings& settings);
[[nodiscard]] std::vector<Violation> check_bounds(const cluster::Settings& settings);
[[nodiscard]] std::vector<Violation> check_same_seed(const cluster::Settings& settings);

/// A world of one seed with these settings.
[[nodiscard]] inline WorldOptions world_of(const cluster::Settings& settings, std::uint64_t seed = 1) {
  WorldOptions options;
  options.seed = seed;
  options.settings = settings;
  return options;
}

inline void append(std::vector<Violation>& to, const std::vector<Violation>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

}  // namespace wattring::simulation
