// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "sharding/ring.hpp"

namespace wattring::sharding {

/// A live node as membership sees it.
struct LiveMember {
  NodeId id;
  std::uint16_t weight = 100;
  std::string zone;
  std::int64_t since_ns = 0;  ///< when it became steadily alive here; the caller's monotonic clock
};

/// Says which ring to propose when nodes that are in no ring have been alive for some time: all of them in one ring,
/// because one change moves less data than several. Never a node that was removed. Only members propose, and so that
/// they do not do it all at once, the live one with the lowest id first, each next one a while later. Pure.
class JoinWatch {
 public:
  struct Settings {
    std::int64_t steady_ns = 10'000'000'000;
    /// For those who came later and are not steady yet the others wait, but no longer than this since they came.
    std::int64_t together_ns = 30'000'000'000;
    std::int64_t takeover_ns = 5'000'000'000;  ///< before the next member in line proposes
  };
  explicit JoinWatch(NodeId self) : JoinWatch(self, Settings{}) {}
  JoinWatch(NodeId self, Settings settings) : self_(self), settings_(settings) {}

  struct Advice {
    std::optional<Ring> propose;
    /// When to ask again if nothing changes before; the largest value for never.
    std::int64_t again_ns = 0;
  };
  /// `live` in any order, this node among them. Ask again whenever the ring or the live members change.
  [[nodiscard]] Advice look(std::int64_t now_ns, const Ring& current, const std::vector<LiveMember>& live) const;

 private:
  [[nodiscard]] std::optional<std::int64_t> place_in_line(const Ring& current,
                                                          const std::vector<LiveMember>& live) const;
  NodeId self_;
  Settings settings_;
};

}  // namespace wattring::sharding
