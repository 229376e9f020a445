// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "tests/simulation/world.hpp"

namespace wattring::simulation {

/// Takes each line as soon as it is known.
using Say = std::function<void(std::string_view)>;

/// What a cluster of some size does, in virtual seconds. False when something did not come about.
struct FiguresOptions {
  std::uint64_t seed = 1;
  std::size_t nodes = 100;
  bool splits = true;        ///< with thousands of nodes they take long
  std::int64_t minutes = 0;  ///< the idle phase is stretched until so much virtual time is over
};
bool measure_figures(const FiguresOptions& options, const Say& say);

/// So many nodes, started at once with three seeds; false when they do not all know each other within the limit.
[[nodiscard]] bool bootstrap(World& world, std::size_t nodes, std::int64_t limit_ns);
/// Everybody who runs counts so many live members, and nothing is doubted.
[[nodiscard]] bool all_count(const World& world, std::size_t live);

}  // namespace wattring::simulation
