// SPDX-License-Identifier: Apache-2.0
#include "sharding/owners.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>

#include "sharding/placement_walk.hpp"

namespace wattring::sharding {

OwnerChooser::OwnerChooser(const Ring& ring, std::size_t shard_count, std::vector<std::uint64_t> bounds)
    : ring_(ring), bounds_(std::move(bounds)), load_(ring.members.size()), held_(ring.members.size()) {
  std::set<std::string_view> zones;
  for (const RingMember& member : ring.members) zones.insert(member.zone);
  for (const RingMember& member : ring.members)
    zone_of_.push_back(static_cast<std::size_t>(std::distance(zones.begin(), zones.find(member.zone))));
  zone_count_ = zones.size();
  table_.copies = ring.effective_copies();
  table_.members.resize(shard_count * table_.copies);
}

void OwnerChooser::choose(std::uint32_t shard, PlacementWalk& walk, const NodeId* pinned) {
  Owners owners;
  if (pinned != nullptr) {
    owners.push_back(static_cast<std::uint32_t>(ring_.member(*pinned) - ring_.members.data()));
    ++load_[owners.front()];
  }
  fill(owners, walk);
  std::copy(owners.begin(), owners.end(), table_.members.begin() + static_cast<std::ptrdiff_t>(shard * table_.copies));
  for (std::size_t k = pinned == nullptr ? 0 : 1; k < owners.size(); ++k) held_[owners[k]].push_back(shard);
}

void OwnerChooser::fill(Owners& owners, PlacementWalk& walk) {
  for (const std::size_t wanted : {std::min(table_.copies, zone_count_), table_.copies}) {
    for (std::size_t k = 0; k < walk.size() && owners.size() < wanted; ++k) {
      const std::uint32_t member = walk[k];
      if (!has_room(member) || !may_join(owners, member)) continue;
      owners.push_back(member);
      ++load_[member];
    }
    while (owners.size() < wanted) {
      const std::uint32_t member = next_owner(owners, walk);
      owners.push_back(member);
      ++load_[member];
    }
  }
}

/// As long as not all zones are used, each owner is in a zone of its own.
bool OwnerChooser::may_join(const Owners& owners, std::uint32_t member) const {
  const bool any_zone = owners.size() >= zone_count_;
  return std::none_of(owners.begin(), owners.end(), [&](std::uint32_t other) {
    return other == member || (!any_zone && zone_of_[other] == zone_of_[member]);
  });
}

bool OwnerChooser::may_replace(std::uint32_t shard, std::uint32_t out, std::uint32_t in) const {
  const std::uint32_t* first = table_.of(shard);
  const std::uint32_t* last = first + table_.copies;
  if (std::find(first, last, in) != last) return false;
  if (zone_of_[in] == zone_of_[out]) return true;
  const auto in_zone = [&](std::uint32_t member) {
    return std::count_if(first, last, [&](std::uint32_t other) { return zone_of_[other] == zone_of_[member]; });
  };
  // Neither may the zone that is left be lost nor, while there are zones without a copy, one get a second.
  return zone_count_ < table_.copies ? in_zone(out) > 1 : in_zone(in) == 0;
}

/// When nobody that may join has room.
std::uint32_t OwnerChooser::next_owner(const Owners& owners, PlacementWalk& walk) {
  std::uint32_t member = 0;
  if (make_room(owners, walk, member)) return member;
  for (std::size_t k = 0; k < walk.size(); ++k)
    if (may_join(owners, walk[k])) return walk[k];
  return member;  // not reached: copies and zones are never more than there are
}

/// Breadth first from those that may join: a shard of theirs could take another member instead, and so on, until one
/// has room.
bool OwnerChooser::make_room(const Owners& owners, PlacementWalk& walk, std::uint32_t& freed) {
  steps_.assign(ring_.members.size(), Step{});
  std::vector<std::uint32_t> queue;
  for (std::size_t k = 0; k < walk.size(); ++k) {
    if (!may_join(owners, walk[k])) continue;
    steps_[walk[k]].reached = steps_[walk[k]].start = true;
    queue.push_back(walk[k]);
  }
  for (std::size_t next = 0; next < queue.size(); ++next) {
    std::uint32_t roomy = 0;
    if (!look_beyond(queue[next], queue, roomy)) continue;
    freed = unwind(roomy);
    return true;
  }
  return false;
}

/// Who could take over a shard of `member`; true if one of them has room.
bool OwnerChooser::look_beyond(std::uint32_t member, std::vector<std::uint32_t>& queue, std::uint32_t& roomy) {
  for (const std::uint32_t shard : held_[member]) {
    if (is_on_path(member, shard)) continue;
    for (std::uint32_t in = 0; in < ring_.members.size(); ++in) {
      if (steps_[in].reached || !may_replace(shard, member, in)) continue;
      steps_[in] = {shard, member, true, false};
      queue.push_back(in);
      if (!has_room(in)) continue;
      roomy = in;
      return true;
    }
  }
  return false;
}

/// A shard gives up one member at most: two exchanges, each right by itself, could break the zone rule together.
bool OwnerChooser::is_on_path(std::uint32_t member, std::uint32_t shard) const {
  for (; !steps_[member].start; member = steps_[member].gives)
    if (steps_[member].shard == shard) return true;
  return false;
}

/// Returns the member that has room now.
std::uint32_t OwnerChooser::unwind(std::uint32_t member) {
  while (!steps_[member].start) {
    const Step& step = steps_[member];
    const auto first = table_.members.begin() + static_cast<std::ptrdiff_t>(step.shard * table_.copies);
    *std::find(first, first + static_cast<std::ptrdiff_t>(table_.copies), step.gives) = member;
    std::vector<std::uint32_t>& held = held_[step.gives];
    held.erase(std::find(held.begin(), held.end(), step.shard));
    held_[member].push_back(step.shard);
    ++load_[member];
    --load_[step.gives];
    member = step.gives;
  }
  return member;
}

}  // namespace wattring::sharding
