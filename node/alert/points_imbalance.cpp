// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <map>
#include <optional>

#include "node/alert/points_parts.hpp"

namespace wattring::alert {
namespace {

using meter::Wide;

constexpr std::int64_t kCurrentMin = 600;  // cA: below 6 A noise decides

/// Means of the three phases in one window.
using Means = std::array<std::optional<std::int64_t>, 3>;

void add_means(const std::vector<Fact>& facts, std::size_t phase, std::map<std::int64_t, Means>& windows) {
  for (std::size_t i = 0; i < facts.size();) {
    const std::int64_t window_ms = floor_to(facts[i].start_ms, kImbalanceWindowMs);
    Wide sum = 0;
    std::int64_t count = 0;
    for (; i < facts.size() && facts[i].start_ms < window_ms + kImbalanceWindowMs; ++i) {
      sum += facts[i].value;
      ++count;
    }
    windows[window_ms].at(phase) = static_cast<std::int64_t>(meter::floor_div_wide(sum, count));
  }
}

/// In 1/10000; nothing when the window says nothing.
std::optional<std::int64_t> imbalance(const Means& means, std::int64_t mean_min) {
  Wide sum = 0;
  for (const auto& mean : means) {
    if (!mean) return std::nullopt;
    sum += *mean;
  }
  const Wide overall = meter::floor_div_wide(sum, 3);
  if (overall < mean_min) return std::nullopt;
  Wide farthest = 0;
  for (const auto& mean : means) farthest = std::max(farthest, *mean > overall ? *mean - overall : overall - *mean);
  return saturated(farthest * 10'000 / overall);
}

}  // namespace

Result<Points> imbalance_points(const Rule& rule, MeterData& data, PointRange range) {
  const std::vector<Register> inputs = inputs_of(rule);
  Points points;
  for (const Register input : inputs)
    if (!data.has(input)) return points;
  const std::int64_t begin_ms = ceil_to(range.from_ms, kImbalanceWindowMs) - kImbalanceWindowMs;
  const std::int64_t end_ms = floor_to(range.to_ms - 1, kImbalanceWindowMs);
  if (begin_ms >= end_ms) return points;
  std::map<std::int64_t, Means> windows;
  for (std::size_t phase = 0; phase < inputs.size(); ++phase) {
    const auto facts = data.facts(inputs[phase], begin_ms, end_ms);
    if (!facts) return Failure(facts.error());
    if (facts->empty()) return points;
    add_means(*facts, phase, windows);
  }
  for (const auto& [window_ms, means] : windows)
    if (const auto x = imbalance(means, rule.of_current ? kCurrentMin : 1))
      points.push_back(point_of(rule, window_ms + kImbalanceWindowMs, *x));
  return points;
}

}  // namespace wattring::alert
