// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.hpp"
#include "cluster/view.hpp"

namespace wattring::http {

struct ClusterEvent {
  std::uint64_t sequence = 0;  ///< from 1, no gaps, new with each start of the node
  std::int64_t wall_ms = 0;
  cluster::MemberEvent event;
};

/// What the HTTP side sees of membership. Any thread; nothing here waits for other nodes.
class ClusterDoor {
 public:
  virtual ~ClusterDoor() = default;
  [[nodiscard]] virtual std::shared_ptr<const cluster::View> view() = 0;
  /// Events with a higher sequence, oldest first. The last 10,000 are kept; a gap shows in the numbers.
  [[nodiscard]] virtual std::vector<ClusterEvent> events(std::uint64_t after, std::size_t limit) = 0;
  /// True when members prove keys to each other, so that nobody else can say who is one.
  [[nodiscard]] virtual bool has_keys() const = 0;
  /// Begins a graceful stop of this node, as SIGTERM does.
  virtual void leave() = 0;
};

}  // namespace wattring::http
