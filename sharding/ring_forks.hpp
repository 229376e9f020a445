// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/ids.hpp"

namespace wattring::sharding {

/// Who follows another history of rings than this node. The ballots leave no way to that but one: members voted that
/// had forgotten what they promised, as a data directory does that was put back from an old copy. Pure.
class RingForks {
 public:
  /// Who says no more that it differs is taken to have stopped, or to have been mended.
  static constexpr std::int64_t kRememberedNs = 60'000'000'000;

  struct Fork {
    NodeId node;
    std::int64_t since_ns = 0;
    std::int64_t last_ns = 0;
  };
  /// That node has another ring of some version than this one, or one that cannot follow those here. True: it is news.
  bool differs(std::int64_t now_ns, const NodeId& node);
  /// It has the ring that this node has.
  void agrees(const NodeId& node) { forks_.erase(node); }
  [[nodiscard]] std::vector<Fork> seen(std::int64_t now_ns) const;
  [[nodiscard]] bool empty() const { return forks_.empty(); }

 private:
  std::map<NodeId, Fork> forks_;
};

}  // namespace wattring::sharding
