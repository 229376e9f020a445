// SPDX-License-Identifier: Apache-2.0
#include "sharding/ring.hpp"

#include <algorithm>

#include "base/hash.hpp"
#include "base/limits.hpp"

namespace wattring::sharding {
namespace {

Failure refuse(const std::string& what, std::string hint = {}) {
  return fail(ErrorCode::invalid_argument, "ring: " + what, std::move(hint));
}

template <class Items, class Key>
bool sorted_and_unique(const Items& items, Key key) {
  return std::adjacent_find(items.begin(), items.end(),
                            [&](const auto& a, const auto& b) { return !(key(a) < key(b)); }) == items.end();
}

Result<void> check_members(const Ring& ring) {
  if (ring.members.empty()) return refuse("it has no member");
  if (ring.members.size() > kRingMembersMax)
    return refuse(std::to_string(ring.members.size()) + " members, the limit is " + std::to_string(kRingMembersMax));
  if (!sorted_and_unique(ring.members, [](const RingMember& m) { return m.id; }))
    return refuse("the members are not sorted by id, or one stands there twice");
  for (const RingMember& member : ring.members) {
    const std::string who = "member " + to_hex(member.id.bytes);
    if (member.weight == 0 || member.weight > kRingWeightMax)
      return refuse(who + " has weight " + std::to_string(member.weight),
                    "a weight is 1 to " + std::to_string(kRingWeightMax) + "; 100 is an ordinary node");
    if (member.zone.size() > kRingZoneBytesMax)
      return refuse(who + " has a zone of " + std::to_string(member.zone.size()) + " bytes, the limit is " +
                    std::to_string(kRingZoneBytesMax));
    if (ring.is_removed(member.id))
      return refuse(who + " has been removed before", "format its data directory: it then returns as a new node");
  }
  return {};
}

}  // namespace

std::uint32_t Ring::effective_copies() const {
  return static_cast<std::uint32_t>(std::min<std::size_t>(copies, members.size()));
}

std::uint32_t Ring::effective_acks() const {
  return static_cast<std::uint32_t>(std::min<std::size_t>(acks, members.size()));
}

std::uint32_t Ring::read_quorum() const {
  return effective_copies() - effective_acks() + 1;
}

const RingMember* Ring::member(const NodeId& id) const {
  const auto at = std::partition_point(members.begin(), members.end(), [&](const RingMember& m) { return m.id < id; });
  return at != members.end() && at->id == id ? &*at : nullptr;
}

bool Ring::is_removed(const NodeId& id) const {
  return std::binary_search(removed.begin(), removed.end(), id);
}

Ring founding_ring(RingMember founder, std::uint32_t copies, std::uint32_t acks) {
  Ring ring;
  ring.copies = copies;
  ring.acks = acks;
  ring.members.push_back(std::move(founder));
  return ring;
}

std::uint64_t ring_id(const Ring& ring) {
  return std::max<std::uint64_t>(1, hash64(encode(ring)));
}

Result<void> check_ring(const Ring& ring) {
  if (ring.version == 0) return refuse("version 0 does not exist");
  if ((ring.version == 1) != (ring.parent == 0)) return refuse("only the founding ring is without a parent");
  if (ring.copies == 0 || ring.copies > kRingCopiesMax)
    return refuse(std::to_string(ring.copies) + " copies", "choose 1 to " + std::to_string(kRingCopiesMax));
  if (ring.acks == 0 || ring.acks > ring.copies)
    return refuse(std::to_string(ring.acks) + " acks with " + std::to_string(ring.copies) + " copies",
                  "choose 1 to the number of copies");
  if (ring.removed.size() > kRingRemovedMax) return refuse("more than " + std::to_string(kRingRemovedMax) + " removed");
  if (!sorted_and_unique(ring.removed, [](const NodeId& id) { return id; }))
    return refuse("the removed are not sorted, or one stands there twice");
  if (Result<void> members = check_members(ring); !members) return members;
  if (!sorted_and_unique(ring.pins, [](const Pin& p) { return p.shard; }))
    return refuse("the pins are not sorted by shard, or a shard has two");
  for (const Pin& pin : ring.pins) {
    const std::string what = "the pin of shard " + std::to_string(pin.shard.value);
    if (pin.shard.value >= kShardsMax) return refuse(what + ": no such shard");
    if (!ring.is_member(pin.home)) return refuse(what + " names a home that is no member");
  }
  return {};
}

Result<void> check_successor(const Ring& parent, const Ring& next) {
  if (Result<void> sound = check_ring(next); !sound) return sound;
  if (next.version != parent.version + 1)
    return refuse("version " + std::to_string(next.version) + " cannot follow version " +
                  std::to_string(parent.version));
  if (next.parent != ring_id(parent))
    return refuse("it was made from another ring", "make it again from the current one");
  if (!std::includes(next.removed.begin(), next.removed.end(), parent.removed.begin(), parent.removed.end()))
    return refuse("a removed node would be forgotten");
  std::size_t stay = 0;
  for (const RingMember& member : parent.members) {
    if (next.is_member(member.id))
      ++stay;
    else if (!next.is_removed(member.id))
      return refuse("member " + to_hex(member.id.bytes) + " is neither kept nor removed");
  }
  if (stay == 0) return refuse("no member stays, so nobody could hand the data over");
  Ring same = next;
  same.version = parent.version;
  same.parent = parent.parent;
  if (same == parent) return refuse("it changes nothing");
  return {};
}

}  // namespace wattring::sharding
