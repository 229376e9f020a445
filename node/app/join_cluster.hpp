// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cluster/message.hpp"
#include "node/app/config_values.hpp"

namespace wattring::app {

struct JoinWish {
  std::vector<Endpoint> asked;  ///< membership addresses; one that answers is enough
  std::string keys;             ///< key file; empty = without
  NodeId node;                  ///< of the node that wants in
  std::string node_name;
  std::int64_t timeout_ms = 0;
};

/// Asks for the cluster that the addresses belong to. Errors say what was found there instead.
[[nodiscard]] Result<cluster::ClusterObject> describe_cluster(const JoinWish& wish);

}  // namespace wattring::app
