// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "node/sim/local_cluster.hpp"

/// What nodes say of themselves and of each other, read from JSON. corrupt: it has another shape.

namespace wattring::sim {

/// The node's file endpoints.json.
[[nodiscard]] Result<NodeEndpoints> parse_endpoints(std::string_view text);

struct SeenMember {
  std::string node;
  std::string state;  ///< "up", "suspect", "down", ...
};
/// The answer of /api/v1/members.
[[nodiscard]] Result<std::vector<SeenMember>> parse_members(std::string_view body);

}  // namespace wattring::sim
