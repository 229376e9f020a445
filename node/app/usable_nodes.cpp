// SPDX-License-Identifier: Apache-2.0
#include "node/app/usable_nodes.hpp"

namespace wattring::app {

std::vector<sharding::UsableNode> usable_nodes(const cluster::View& view, const sharding::Ring* ring, bool leaving) {
  std::vector<sharding::UsableNode> all;
  std::vector<sharding::UsableNode> working;
  std::size_t members = 0;
  for (const cluster::MemberView& member : view.members) {
    const cluster::Record& record = *member.record;
    const bool usable = member.self ? !leaving : cluster::is_live(record) && !record.endpoints.data.empty();
    if (!usable) continue;
    all.push_back({record.id, member.since_ns});
    if (cluster::is_draining(record)) continue;
    working.push_back(all.back());
    if (ring != nullptr && ring->is_member(record.id)) ++members;
  }
  const bool enough = ring != nullptr && members >= ring->effective_acks();
  return enough ? working : all;
}

}  // namespace wattring::app
