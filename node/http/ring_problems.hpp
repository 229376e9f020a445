// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "node/http/node_seen.hpp"

namespace wattring::http {

/// What is wrong with the ring and the shards, as this node sees it: added to seen.status.problems. `seen` has a view
/// and a board.
void add_ring_problems(NodeSeen& seen);

}  // namespace wattring::http
