// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/ids.hpp"
#include "cluster/view.hpp"
#include "node/app/shard_homes.hpp"
#include "sharding/replica.hpp"

namespace wattring::app {

/// A node that has just come back is let in after so long, by itself as by the others.
inline constexpr std::int64_t kSteadyNs = 5'000'000'000;

/// Who tells the alerts of which shard, by what every node sees alike: the first owner that is up and has been for a
/// while; the first that is up when none has been. What a node knows for itself alone (who was home before, for whom)
/// has no part in it, so that nodes differ for moments only. Without a ring, or before this node is steady, nothing is
/// known.
void follow_routes(const sharding::Routes& routes, const cluster::View& view, const NodeId& self, std::int64_t now_ns,
                   ShardHomes& homes);

}  // namespace wattring::app
