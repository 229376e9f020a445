// SPDX-License-Identifier: Apache-2.0
#include "node/app/follow_routes.hpp"

#include <algorithm>
#include <map>

namespace wattring::app {
namespace {

/// Live nodes, and whether they are steady.
using Live = std::map<NodeId, bool>;

const NodeId* teller_of(const sharding::Placement& ring, ShardId shard, const Live& live) {
  const NodeId* first_up = nullptr;
  for (const NodeId& owner : ring.owners(shard)) {
    const auto node = live.find(owner);
    if (node == live.end()) continue;
    if (node->second) return &owner;
    if (first_up == nullptr) first_up = &owner;
  }
  return first_up;
}

}  // namespace

void follow_routes(const sharding::Routes& routes, const cluster::View& view, const NodeId& self, std::int64_t now_ns,
                   ShardHomes& homes) {
  if (routes.ring == nullptr) return homes.set_all(HomeRole::unknown);
  const bool shared = routes.ring->ring().effective_copies() > 1;
  Live live;
  for (const cluster::MemberView& member : view.members)
    if (member.record->id == self || cluster::is_live(*member.record))
      live[member.record->id] = now_ns - member.since_ns >= kSteadyNs;
  if (shared && !live[self]) return homes.set_all(HomeRole::unknown);
  const std::size_t shards = std::min(routes.home.size(), homes.size());
  for (std::size_t i = 0; i < shards; ++i) {
    const ShardId shard{static_cast<std::uint16_t>(i)};
    const NodeId* teller = teller_of(*routes.ring, shard, live);
    const bool mine = teller != nullptr && *teller == self;
    homes.set(shard, !mine ? HomeRole::away : shared ? HomeRole::home : HomeRole::alone);
  }
}

}  // namespace wattring::app
