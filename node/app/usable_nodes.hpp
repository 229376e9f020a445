// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "cluster/view.hpp"
#include "sharding/replica.hpp"

namespace wattring::app {

/// Who may be given entries and asked for them: live nodes with a data listener, but none that drains as long as enough
/// others of the ring are left for an acknowledgement. ring: null when none is known. leaving: this node is.
[[nodiscard]] std::vector<sharding::UsableNode> usable_nodes(const cluster::View& view, const sharding::Ring* ring,
                                                             bool leaving);

}  // namespace wattring::app
