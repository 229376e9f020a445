// SPDX-License-Identifier: Apache-2.0
#include "cluster/overlay.hpp"

#include <algorithm>

namespace wattring::cluster {
namespace {

/// Position on a ring: a bijective mix, so that different ids never meet (splitmix64's finaliser).
std::uint64_t position(std::uint64_t hash, std::size_t ring) {
  std::uint64_t x = hash + (ring + 1) * 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

}  // namespace

Overlay::Overlay(const NodeId& self, std::size_t rings) : self_(self), rings_(rings) {
  for (std::size_t i = 0; i < rings; ++i) rings_[i].self = position(id_hash(self), i);
}

bool Overlay::offer(Ring& ring, std::size_t index, const NodeId& id, std::uint64_t hash) {
  const std::uint64_t at = position(hash, index);
  bool changed = false;
  if (!ring.successor || at - ring.self < ring.successor_gap) {
    ring.successor = id;
    ring.successor_gap = at - ring.self;
    changed = true;
  }
  if (!ring.predecessor || ring.self - at < ring.predecessor_gap) {
    ring.predecessor = id;
    ring.predecessor_gap = ring.self - at;
    changed = true;
  }
  return changed;
}

void Overlay::add(const NodeId& id) {
  if (id == self_) return;
  const std::uint64_t hash = id_hash(id);
  bool changed = false;
  for (std::size_t i = 0; i < rings_.size(); ++i) changed = offer(rings_[i], i, id, hash) || changed;
  if (changed) rebuild_neighbours();
}

void Overlay::remove(const NodeId& id, const MemberTable& table) {
  if (!watches(id)) return;
  for (std::size_t i = 0; i < rings_.size(); ++i) {
    Ring& ring = rings_[i];
    if (ring.successor != id && ring.predecessor != id) continue;
    ring = {.self = ring.self, .successor = {}, .predecessor = {}, .successor_gap = 0, .predecessor_gap = 0};
    for (const MemberTable::Slot& slot : table.slots())
      if (slot.record && is_live(*slot.record) && slot.record->id != self_) offer(ring, i, slot.record->id, slot.hash);
  }
  rebuild_neighbours();
}

bool Overlay::watches(const NodeId& id) const {
  return std::ranges::binary_search(neighbours_, id);
}

void Overlay::rebuild_neighbours() {
  neighbours_.clear();
  for (const Ring& ring : rings_) {
    if (ring.successor) neighbours_.push_back(*ring.successor);
    if (ring.predecessor) neighbours_.push_back(*ring.predecessor);
  }
  std::ranges::sort(neighbours_);
  const auto repeated = std::ranges::unique(neighbours_);
  neighbours_.erase(repeated.begin(), repeated.end());
}

}  // namespace wattring::cluster
