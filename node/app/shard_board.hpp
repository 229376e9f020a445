// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cluster/view.hpp"
#include "node/app/replication_service.hpp"
#include "node/http/shard_door.hpp"

namespace wattring::app {

/// What this node knows of ring and shards, as people see it. view: null while nothing is known of other nodes. Pure.
[[nodiscard]] http::ShardBoard make_board(const NodeId& self, const sharding::Routes& routes,
                                          const ReplicationService::Holding& holding, const cluster::View* view);

/// The name of a node, or the beginning of its id.
[[nodiscard]] std::string node_name(const NodeId& id, const cluster::View* view);

}  // namespace wattring::app
