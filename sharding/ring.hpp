// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"

/// The ring: who the members of the cluster are for the purpose of owning data. It changes by agreement only
/// (ring_keeper.hpp); who is alive plays no part in it. What follows from a ring is in placement.hpp.

namespace wattring::sharding {

inline constexpr std::size_t kRingMembersMax = 1'000;
inline constexpr std::size_t kRingRemovedMax = 10'000;
inline constexpr std::size_t kRingZoneBytesMax = 64;
inline constexpr std::uint16_t kRingWeightMax = 1'000;
inline constexpr std::uint32_t kRingCopiesMax = 9;

struct RingMember {
  NodeId id;
  std::uint16_t weight = 100;  ///< 1 to kRingWeightMax; the share of the data goes with it
  std::string zone;            ///< what fails together; empty is a zone as well
  friend bool operator==(const RingMember&, const RingMember&) = default;
};

/// The home of one shard by an operator's word instead of by the ring.
struct Pin {
  ShardId shard;
  NodeId home;
  friend bool operator==(const Pin&, const Pin&) = default;
};

/// A value; immutable once decided.
struct Ring {
  std::uint64_t version = 1;        ///< 1 is the founding ring; each next one is its parent's + 1
  std::uint64_t parent = 0;         ///< ring_id() of the ring before; 0 for the founding one
  std::uint32_t copies = 3;         ///< as configured
  std::uint32_t acks = 2;           ///< as configured, at most copies
  std::vector<RingMember> members;  ///< sorted by id, unique, at least one
  std::vector<NodeId> removed;      ///< may never be members again; sorted, unique, only grows
  std::vector<Pin> pins;            ///< sorted by shard, unique; homes are members

  [[nodiscard]] std::uint32_t effective_copies() const;
  [[nodiscard]] std::uint32_t effective_acks() const;
  /// So many owners hold, between them, everything that effective_acks() owners have acknowledged.
  [[nodiscard]] std::uint32_t read_quorum() const;
  /// So many members decide the next ring.
  [[nodiscard]] std::size_t majority() const { return members.size() / 2 + 1; }
  /// Null when it is none.
  [[nodiscard]] const RingMember* member(const NodeId& id) const;
  [[nodiscard]] bool is_member(const NodeId& id) const { return member(id) != nullptr; }
  [[nodiscard]] bool is_removed(const NodeId& id) const;
  friend bool operator==(const Ring&, const Ring&) = default;
};

/// The first ring of a cluster: its founder alone.
[[nodiscard]] Ring founding_ring(RingMember founder, std::uint32_t copies, std::uint32_t acks);

/// Hash of the encoding; the same on every machine and in every release, so it may be stored and sent. Never 0.
[[nodiscard]] std::uint64_t ring_id(const Ring& ring);

[[nodiscard]] std::string encode(const Ring& ring);
/// Total on any bytes; what it returns passes check_ring().
[[nodiscard]] Result<Ring> decode_ring(std::string_view bytes);

/// Order, limits and references within one ring; says what is wrong.
[[nodiscard]] Result<void> check_ring(const Ring& ring);
/// Why `next` may not follow `parent`, which has been decided.
[[nodiscard]] Result<void> check_successor(const Ring& parent, const Ring& next);

}  // namespace wattring::sharding
