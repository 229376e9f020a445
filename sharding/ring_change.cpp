// SPDX-License-Identifier: Apache-2.0
#include "sharding/ring_change.hpp"

#include <algorithm>
#include <map>

namespace wattring::sharding {
namespace {

Failure refuse(const NodeId& id, const std::string& what, std::string hint = {}) {
  return fail(ErrorCode::invalid_argument, "node " + to_hex(id.bytes) + " " + what, std::move(hint));
}

auto place_of(Ring& ring, const NodeId& id) {
  return std::ranges::lower_bound(ring.members, id, {}, &RingMember::id);
}

Result<void> take_out(Ring& ring, const NodeId& id) {
  if (!ring.is_member(id)) return refuse(id, "is not in the ring");
  ring.members.erase(place_of(ring, id));
  ring.removed.insert(std::ranges::lower_bound(ring.removed, id), id);
  std::erase_if(ring.pins, [&](const Pin& pin) { return pin.home == id; });
  return {};
}

Result<void> put_in(Ring& ring, const RingMember& member) {
  if (ring.is_member(member.id)) return refuse(member.id, "is in the ring already");
  if (ring.is_removed(member.id))
    return refuse(member.id, "was removed before and cannot come back",
                  "start it with an empty data directory: it then joins as a new node");
  ring.members.insert(place_of(ring, member.id), member);
  return {};
}

Result<void> reweigh(Ring& ring, const Reweigh& wanted) {
  if (!ring.is_member(wanted.id)) return refuse(wanted.id, "is not in the ring");
  place_of(ring, wanted.id)->weight = wanted.weight;
  return {};
}

bool is_removed_by(const RingChange& change, const NodeId& id) {
  return std::ranges::find(change.remove, id) != change.remove.end();
}

bool is_held_by_removed(ShardId shard, const RingChange& change, std::span<const FilledOwner> reachable) {
  return std::ranges::any_of(reachable, [&](const FilledOwner& one) {
    return is_removed_by(change, one.id) && shard.value < one.holds.size() && one.holds[shard.value];
  });
}

}  // namespace

Result<Ring> changed_ring(const Ring& current, const RingChange& change) {
  Ring next = current;
  next.version = current.version + 1;
  next.parent = ring_id(current);
  for (const NodeId& id : change.remove)
    if (auto out = take_out(next, id); !out) return Failure(out.error());
  for (const RingMember& member : change.add)
    if (auto in = put_in(next, member); !in) return Failure(in.error());
  for (const Reweigh& wanted : change.weights)
    if (auto done = reweigh(next, wanted); !done) return Failure(done.error());
  if (auto sound = check_successor(current, next); !sound) return Failure(sound.error());
  return next;
}

std::vector<Load> loads(const Placement& placement) {
  const std::vector<RingMember>& members = placement.ring().members;
  std::map<NodeId, std::size_t> index;
  for (std::size_t i = 0; i < members.size(); ++i) index[members[i].id] = i;
  std::vector<Load> out(members.size());
  for (std::size_t s = 0; s < placement.shard_count(); ++s) {
    const auto owners = placement.owners(ShardId{static_cast<std::uint16_t>(s)});
    ++out[index[owners.front()]].homes;
    for (const NodeId& owner : owners) ++out[index[owner]].copies;
  }
  return out;
}

std::vector<ZoneLoad> heavy_zones(const Placement& placement) {
  const std::vector<RingMember>& members = placement.ring().members;
  const std::vector<Load> all = loads(placement);
  struct Sum {
    double weight = 0;
    double copies = 0;
  };
  std::map<std::string, Sum> zones;
  Sum whole;
  for (std::size_t i = 0; i < members.size(); ++i) {
    for (Sum* sum : {&zones[members[i].zone], &whole}) {
      sum->weight += members[i].weight;
      sum->copies += static_cast<double>(all[i].copies);
    }
  }
  std::vector<ZoneLoad> heavy;
  for (const auto& [zone, sum] : zones) {
    const double times = sum.copies / whole.copies / (sum.weight / whole.weight);
    if (times > kZoneLoadWarned) heavy.push_back({zone, times});
  }
  return heavy;
}

std::vector<ShardId> endangered(const Placement& current, const RingChange& change,
                                std::span<const FilledOwner> reachable) {
  std::vector<ShardId> out;
  const Ring& ring = current.ring();
  const std::size_t stay = ring.members.size() - std::min(ring.members.size(), change.remove.size());
  // So many hold, between them, all that was acknowledged; and so many the next ring promises.
  const std::size_t needed = std::max<std::size_t>(ring.read_quorum(), std::min<std::size_t>(ring.acks, stay));
  for (std::size_t s = 0; s < current.shard_count(); ++s) {
    const ShardId shard{static_cast<std::uint16_t>(s)};
    const auto goes = [&](const NodeId& id) { return is_removed_by(change, id); };
    if (std::ranges::none_of(current.owners(shard), goes) && !is_held_by_removed(shard, change, reachable)) continue;
    const auto stays_full = [&](const FilledOwner& one) {
      return !goes(one.id) && current.owns(one.id, shard) && s < one.filled.size() && one.filled[s];
    };
    if (static_cast<std::size_t>(std::ranges::count_if(reachable, stays_full)) < needed) out.push_back(shard);
  }
  return out;
}

std::vector<ShardId> held_by_removed(const std::vector<ShardId>& shards, const RingChange& change,
                                     std::span<const FilledOwner> reachable) {
  std::vector<ShardId> out;
  for (const ShardId shard : shards)
    if (is_held_by_removed(shard, change, reachable)) out.push_back(shard);
  return out;
}

}  // namespace wattring::sharding
