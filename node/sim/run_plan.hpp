// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "node/sim/options.hpp"

namespace wattring::sim {

/// Event time of the first readings, on the grid of every_ms: so early that a run of that size ends before now, and
/// within the ten years that a node accepts.
[[nodiscard]] std::int64_t choose_start_ms(const RunOptions& options, std::int64_t now_ms);

/// The meters of client i of n: [first, first + count), all together the whole fleet.
struct MeterShare {
  std::uint32_t first;
  std::uint32_t count;
};
[[nodiscard]] MeterShare share_of(std::uint32_t meters, std::uint32_t clients, std::uint32_t client);
/// A client's part of the plan for all; `share`: its part of the meters.
[[nodiscard]] LoadPlan plan_of(const LoadPlan& all, std::uint32_t meters, MeterShare share);

}  // namespace wattring::sim
