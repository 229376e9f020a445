// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "node/sim/chaos_report.hpp"
#include "node/sim/load_client.hpp"

namespace wattring::sim {

struct ClientTrace {
  std::uint32_t client = 0;
  BatchTrace batch;
};

/// Load as the clients saw it. began_ns, ended_ns: monotonic times of the load.
[[nodiscard]] LoadFigures figures_of(std::span<const ClientTrace> traces, std::int64_t began_ns, std::int64_t ended_ns);
/// The client's part of each record: what was due from its time until the next one's, or the load's end. Readings that
/// waited when it came count too.
void measure_waits(std::span<const ClientTrace> traces, std::int64_t began_ns, std::int64_t ended_ns,
                   std::vector<FaultRecord>& faults);

}  // namespace wattring::sim
