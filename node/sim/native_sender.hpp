// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/result.hpp"
#include "node/gateway/batch.hpp"
#include "node/sim/reading.hpp"
#include "node/sim/sender.hpp"

namespace wattring::sim {

/// The readings as the native protocol takes them; replaces what is in the batch.
void build_batch(std::span<const Reading> readings, MeterNames& names, gateway::Batch& batch);

/// Connects to a node's ingest endpoint. names: of the fleet's meters.
[[nodiscard]] Result<std::unique_ptr<Sender>> connect_native(const std::string& endpoint, const MeterNames& names,
                                                             std::int64_t timeout_ms);

}  // namespace wattring::sim
