// SPDX-License-Identifier: Apache-2.0
#include "node/sim/run_plan.hpp"

#include <algorithm>
#include <cmath>

#include "base/time.hpp"

namespace wattring::sim {
namespace {

// No node takes more from one machine; a closed loop without a count is planned for this.
constexpr double kReadingsPerSecondMax = 1e7;
constexpr double kGeneratedPerSecondMax = 1e8;
// The accept window reaches back ten years.
constexpr std::int64_t kOldestMs = 3640 * kMsPerDay;

}  // namespace

std::int64_t choose_start_ms(const RunOptions& options, std::int64_t now_ms) {
  if (options.start_ms) return *options.start_ms;
  double readings = static_cast<double>(options.load.readings_max);
  if (readings <= 0) {
    const double most = options.generate_only ? kGeneratedPerSecondMax : kReadingsPerSecondMax;
    const double rate = options.load.rate > 0 ? options.load.rate : most;
    readings = rate * static_cast<double>(options.load.duration_ns) / 1e9;
  }
  const FleetOptions& fleet = options.fleet;
  const double per_step = static_cast<double>(fleet.meters) * fleet.registers * std::max(0.01, 1 - fleet.faults.gap);
  const double span_ms = (std::ceil(readings / per_step) + 2) * static_cast<double>(fleet.every_ms) +
                         static_cast<double>(fleet.jitter_ms + kMsPerMinute);
  const auto back_ms = static_cast<std::int64_t>(std::min(span_ms, static_cast<double>(kOldestMs)));
  return floor_to(now_ms - back_ms, fleet.every_ms);
}

MeterShare share_of(std::uint32_t meters, std::uint32_t clients, std::uint32_t client) {
  const auto edge = [&](std::uint64_t i) { return static_cast<std::uint32_t>(meters * i / clients); };
  return {edge(client), edge(client + 1) - edge(client)};
}

LoadPlan plan_of(const LoadPlan& all, std::uint32_t meters, MeterShare share) {
  LoadPlan plan = all;
  const auto edge = [&](std::uint64_t meter) {
    __extension__ using Uint128 = unsigned __int128;
    return static_cast<std::uint64_t>(static_cast<Uint128>(all.readings_max) * meter / meters);
  };
  plan.rate = all.rate * share.count / meters;
  plan.readings_max = edge(std::uint64_t{share.first} + share.count) - edge(share.first);
  return plan;
}

}  // namespace wattring::sim
