// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "node/sim/chaos_report.hpp"

namespace wattring::sim {

/// The story of a run, from the measurements in its report.
[[nodiscard]] std::vector<TimelineEntry> timeline_of(const ChaosReport& report);

}  // namespace wattring::sim
