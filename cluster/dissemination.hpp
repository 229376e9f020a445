// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "cluster/record.hpp"

namespace wattring::cluster {

inline constexpr std::size_t kNewsQueueMax = 512;

/// At least as many bytes as the news takes in a message.
[[nodiscard]] std::size_t size_bound(const News& news);

/// News waiting to be passed on: one slot a member, the newest in it; least often told first, then the latest. Bounded:
/// when full the most often told goes (anti-entropy brings what gossip drops).
class Dissemination {
 public:
  void put(News news, bool unbounded = false);
  void drop(const NodeId& id);
  [[nodiscard]] bool empty() const { return items_.empty(); }
  [[nodiscard]] std::size_t size() const { return items_.size(); }
  [[nodiscard]] bool contains(const NodeId& id) const;

  /// Up to so many and so many bytes; what has been told `limit` times leaves the queue.
  [[nodiscard]] std::vector<News> take(std::size_t records, std::size_t bytes, std::size_t limit);

 private:
  struct Item {
    News news;
    std::size_t told = 0;
    std::uint64_t order = 0;
  };
  std::vector<Item> items_;
  std::uint64_t next_order_ = 0;
};

}  // namespace wattring::cluster
