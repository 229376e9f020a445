// SPDX-License-Identifier: Apache-2.0
#include "node/app/shard_board.hpp"

#include <algorithm>
#include <map>

#include "base/units.hpp"
#include "sharding/ring_change.hpp"

namespace wattring::app {
namespace {

using http::RingSeat;
using http::ShardBoard;
using http::ShardRow;
using http::ShardState;
using http::WriteClass;

http::ShardRole role_of(sharding::Replica::Role role) {
  switch (role) {
    case sharding::Replica::Role::owner:
      return http::ShardRole::owner;
    case sharding::Replica::Role::filling:
      return http::ShardRole::filling;
    case sharding::Replica::Role::holder:
      return http::ShardRole::holder;
    case sharding::Replica::Role::none:
      break;
  }
  return http::ShardRole::none;
}

RingSeat seat_of(const sharding::RingMember& member, const NodeId& self, const cluster::View* view) {
  RingSeat seat;
  seat.id = member.id;
  seat.name = node_name(member.id, view);
  seat.weight = member.weight;
  seat.zone = member.zone;
  seat.self = member.id == self;
  const cluster::MemberView* known = view == nullptr ? nullptr : view->find(member.id);
  seat.reachable = seat.self || (known != nullptr && cluster::is_live(*known->record));
  seat.draining = known != nullptr && cluster::is_live(*known->record) && cluster::is_draining(*known->record);
  return seat;
}

/// How the members of the ring are now, counted once.
struct Reach {
  explicit Reach(const ShardBoard& board) {
    const auto works = [](const RingSeat& seat) { return seat.reachable && !seat.draining; };
    const auto working = static_cast<std::uint32_t>(std::ranges::count_if(board.members, works));
    enough = working >= board.acks;
    members =
        enough ? working : static_cast<std::uint32_t>(std::ranges::count(board.members, true, &RingSeat::reachable));
    for (const RingSeat& seat : board.members) takes.push_back(enough ? works(seat) : seat.reachable);
  }
  bool enough = true;  ///< without those that drain
  std::uint32_t members = 0;
  std::vector<bool> takes;  ///< gets new entries
};

WriteClass class_of(const ShardBoard& board, const Reach& reach, std::uint32_t takers, bool fenced) {
  if (board.members.size() == 1) return reach.members == 1 ? WriteClass::single : WriteClass::none;
  if (reach.members < board.acks) return WriteClass::none;
  if (takers < board.acks || !fenced) return WriteClass::held;
  return board.acks == 1 ? WriteClass::single : WriteClass::durable;
}

ShardState state_of(const ShardBoard& board, const ShardRow& row) {
  if (row.reachable == 0) return ShardState::nobody;
  if (row.reachable < board.copies) return ShardState::degraded;
  return row.role == http::ShardRole::filling ? ShardState::filling : ShardState::ok;
}

void add_members(ShardBoard& board, const NodeId& self, const sharding::Placement& placement,
                 const ReplicationService::Holding& holding, const cluster::View* view) {
  const sharding::Ring& ring = placement.ring();
  board.ring_version = ring.version;
  board.ring_id = placement.ring_id();
  board.copies = ring.effective_copies();
  board.acks = ring.effective_acks();
  board.copies_wanted = ring.copies;
  board.acks_wanted = ring.acks;
  board.in_ring = ring.is_member(self);
  board.removed = ring.is_removed(self);
  const std::vector<sharding::Load> loads = sharding::loads(placement);
  for (std::size_t i = 0; i < ring.members.size(); ++i) {
    board.members.push_back(seat_of(ring.members[i], self, view));
    board.members.back().copies = loads[i].copies;
    board.members.back().lagging = std::ranges::find(holding.lagging, ring.members[i].id) != holding.lagging.end();
  }
}

void add_arriving(ShardBoard& board, const ReplicationService::Holding& holding, const cluster::View* view) {
  for (const ShardTransfers::Arriving& one : holding.arriving) {
    if (one.shard.value >= board.shards.size()) continue;
    const std::int64_t for_s = std::max<std::int64_t>(0, holding.now_ns - one.since_ns) / kNsPerSecond;
    board.shards[one.shard.value].arriving = {node_name(one.from, view), one.bytes, for_s};
  }
  if (holding.filled_in_ns) board.filled_in_s = (*holding.filled_in_ns + kNsPerSecond - 1) / kNsPerSecond;
}

}  // namespace

std::string node_name(const NodeId& id, const cluster::View* view) {
  const cluster::MemberView* member = view == nullptr ? nullptr : view->find(id);
  return member == nullptr || member->record->name.empty() ? to_hex(id.bytes).substr(0, 8) : member->record->name;
}

ShardBoard make_board(const NodeId& self, const sharding::Routes& routes, const ReplicationService::Holding& holding,
                      const cluster::View* view) {
  ShardBoard board;
  board.filling = holding.counts.shards_filling;
  board.missing = holding.counts.shards_missing;
  board.held = holding.counts.shards_held;
  board.fenced = std::ranges::find(holding.fenced, false) == holding.fenced.end();
  for (const sharding::RingForks::Fork& fork : holding.ring.forks)
    board.forks.push_back({node_name(fork.node, view), fork.since_ns});
  if (routes.ring == nullptr) return board;
  const sharding::Placement& placement = *routes.ring;
  add_members(board, self, placement, holding, view);
  std::map<NodeId, std::uint16_t> index;
  for (std::size_t i = 0; i < board.members.size(); ++i) index[board.members[i].id] = static_cast<std::uint16_t>(i);
  const Reach reach(board);
  board.shards.resize(placement.shard_count());
  for (std::size_t s = 0; s < board.shards.size(); ++s) {
    ShardRow& row = board.shards[s];
    std::uint32_t takers = 0;
    for (const NodeId& owner : placement.owners(ShardId{static_cast<std::uint16_t>(s)})) {
      row.owners.push_back(index[owner]);
      if (board.members[index[owner]].reachable) ++row.reachable;
      if (reach.takes[index[owner]]) ++takers;
      if (owner == self) ++board.owned;
    }
    const auto home = s < routes.home.size() ? index.find(routes.home[s]) : index.end();
    if (home != index.end()) {
      row.home = home->second;
      ++board.members[home->second].homes;
      if (routes.home[s] == self) ++board.homes;
    }
    if (s < holding.roles.size()) row.role = role_of(holding.roles[s]);
    row.state = state_of(board, row);
    row.ack = class_of(board, reach, takers, s >= holding.fenced.size() || holding.fenced[s]);
  }
  add_arriving(board, holding, view);
  return board;
}

}  // namespace wattring::app
