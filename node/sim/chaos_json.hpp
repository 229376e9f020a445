// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

/// What nodes say of themselves, as far as chaos wants to know it. corrupt: it has another shape.

namespace wattring::sim {

/// Of /api/v1/status, but for some. -1: the node does not say.
struct ChaosStatus {
  std::string node;
  std::string node_id;
  std::string version;
  std::int64_t at_ms = 0;  ///< its wall clock
  bool ready = false;
  bool disk_reserve = false;
  std::uint64_t refused_total = 0;
  std::uint64_t last_lsn = 0;
  std::int64_t disk_free_bytes = -1;
  std::int64_t ring_version = -1;
  std::int64_t ring_members = -1;
  // Of /metrics.
  std::int64_t shards_owned = -1;
  std::int64_t shards_filling = -1;
  std::int64_t shards_held = -1;  ///< for others
  std::int64_t shards_missing = -1;
  std::int64_t lagging = -1;  ///< other nodes
  std::int64_t corrupt_values = -1;
};
[[nodiscard]] Result<ChaosStatus> parse_chaos_status(std::string_view body);
/// The answer of /metrics, into the status of the same node.
void read_chaos_metrics(std::string_view body, ChaosStatus& status);

}  // namespace wattring::sim
