// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "cluster/settings.hpp"

namespace wattring::simulation {

/// One cell of Lifeguard's experiment (arXiv 1707.00788, section V): some members' messages are held back again and
/// again while their timers run on, and a healthy one dies without a word in the middle.
struct LifeguardCell {
  std::uint64_t seed = 1;
  std::size_t nodes = 128;
  std::size_t stalled = 4;
  std::int64_t held_ns = 0;   ///< nothing in or out for so long,
  std::int64_t awake_ns = 0;  ///< then for so long everything
  std::int64_t duration_ns = 120'000'000'000;
  cluster::Settings settings;
};
struct LifeguardResult {
  std::size_t false_positives = 0;             ///< healthy members held dead, by anybody
  std::size_t false_positives_at_healthy = 0;  ///< of those, by healthy ones
  std::int64_t first_ns = -1;                  ///< from the death to the first healthy member that knew
  std::int64_t all_ns = -1;                    ///< to the last one; -1: not while it was looked at
};
[[nodiscard]] LifeguardResult run_lifeguard(const LifeguardCell& cell);

/// The grid of stalled members and stall lengths, each with and without local health; a line a cell.
void measure_lifeguard(std::uint64_t seed, std::size_t nodes, const std::function<void(std::string_view)>& say);

}  // namespace wattring::simulation
