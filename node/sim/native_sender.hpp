// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>

#include "base/result.hpp"
#include "node/gateway/batch.hpp"
#include "node/gateway/native_client.hpp"
#include "node/sim/reading.hpp"
#include "node/sim/sender.hpp"

namespace wattring::sim {

/// The readings as the native protocol takes them; replaces what is in the batch.
void build_batch(std::span<const Reading> readings, MeterNames& names, gateway::Batch& batch);

/// Connects to a node's ingest endpoint. names: of the fleet's meters.
[[nodiscard]] Result<std::unique_ptr<Sender>> connect_native(const gateway::NativeClient::Options& options,
                                                             const MeterNames& names);

}  // namespace wattring::sim
