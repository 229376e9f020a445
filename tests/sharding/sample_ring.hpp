// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/prng.hpp"
#include "sharding/ring.hpp"

namespace wattring::sharding {

inline NodeId sample_node(std::uint64_t number) {
  Prng prng(number);
  NodeId id;
  for (std::uint8_t& byte : id.bytes) byte = static_cast<std::uint8_t>(prng.below(256));
  return id;
}

/// A ring of members with random ids, in so many equal zones; as if founded by all of them at once.
inline Ring sample_ring(std::uint64_t seed, std::size_t members, std::size_t zones = 1) {
  Ring ring;
  for (std::size_t i = 0; i < members; ++i)
    ring.members.push_back({sample_node(seed * 7919 + i), 100, "z" + std::to_string(i % zones)});
  std::sort(ring.members.begin(), ring.members.end(),
            [](const RingMember& a, const RingMember& b) { return a.id < b.id; });
  return ring;
}

inline Ring successor_of(const Ring& parent) {
  Ring next = parent;
  next.version = parent.version + 1;
  next.parent = ring_id(parent);
  return next;
}

inline void add_member(Ring& ring, RingMember member) {
  const auto at = std::partition_point(ring.members.begin(), ring.members.end(),
                                       [&](const RingMember& m) { return m.id < member.id; });
  ring.members.insert(at, std::move(member));
}

inline void remove_member(Ring& ring, NodeId id) {
  ring.members.erase(
      std::remove_if(ring.members.begin(), ring.members.end(), [&](const RingMember& m) { return m.id == id; }),
      ring.members.end());
  ring.removed.insert(std::lower_bound(ring.removed.begin(), ring.removed.end(), id), id);
  ring.pins.erase(std::remove_if(ring.pins.begin(), ring.pins.end(), [&](const Pin& p) { return p.home == id; }),
                  ring.pins.end());
}

}  // namespace wattring::sharding
