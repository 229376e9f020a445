// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.hpp"
#include "cluster/member_table.hpp"

namespace wattring::cluster {

/// K pseudo-random rings; each node watches, and gossips with, its successor and predecessor on each. With K = 8 the
/// graph is an expander with overwhelming probability, and links stay few (Rapid, ATC'18, section 4.1). Every node
/// computes the same rings from the ids alone.
class Overlay {
 public:
  Overlay(const NodeId& self, std::size_t rings);

  void add(const NodeId& id);
  /// The table no longer holds `id` as live.
  void remove(const NodeId& id, const MemberTable& table);

  /// Distinct, sorted by id.
  [[nodiscard]] const std::vector<NodeId>& neighbours() const { return neighbours_; }
  [[nodiscard]] bool watches(const NodeId& id) const;

 private:
  struct Ring {
    std::uint64_t self = 0;
    std::optional<NodeId> successor;
    std::optional<NodeId> predecessor;
    std::uint64_t successor_gap = 0;
    std::uint64_t predecessor_gap = 0;
  };
  static bool offer(Ring& ring, std::size_t index, const NodeId& id, std::uint64_t hash);
  void rebuild_neighbours();

  NodeId self_;
  std::vector<Ring> rings_;
  std::vector<NodeId> neighbours_;
};

}  // namespace wattring::cluster
