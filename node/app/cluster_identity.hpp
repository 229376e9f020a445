// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cluster/message.hpp"
#include "persistence/identity.hpp"

/// A data directory's identity holds the cluster object, and besides it what is the node's alone. Pure.

namespace wattring::app {

/// How meters are placed on nodes; a cluster keeps the one it was founded with.
inline constexpr std::uint32_t kPlacementVersion = 1;

[[nodiscard]] cluster::ClusterObject cluster_object_of(const persistence::Identity& identity);
/// What a new node of that cluster writes. invalid_argument, newer_format: this release cannot be a node of it.
[[nodiscard]] Result<persistence::Identity> identity_in(const cluster::ClusterObject& object, NodeId node,
                                                        std::string node_name);

}  // namespace wattring::app
