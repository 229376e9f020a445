// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/ids.hpp"

namespace wattring::app {

/// What this node is to a shard, as far as it knows.
enum class HomeRole : std::uint8_t {
  unknown,  ///< it has not heard of the others yet
  away,     ///< another node is its home, or none is
  home,     ///< it speaks for the shard; other owners have it too
  alone     ///< nobody else has the shard
};

/// Of all shards. Any thread; alone in all of them until told otherwise.
class ShardHomes {
 public:
  explicit ShardHomes(std::size_t shards) : roles_(shards) { set_all(HomeRole::alone); }

  [[nodiscard]] HomeRole of(ShardId shard) const { return roles_[shard.value].load(std::memory_order_acquire); }
  void set(ShardId shard, HomeRole role) { roles_[shard.value].store(role, std::memory_order_release); }
  void set_all(HomeRole role) {
    for (auto& one : roles_) one.store(role, std::memory_order_release);
  }
  [[nodiscard]] std::size_t size() const { return roles_.size(); }

 private:
  std::vector<std::atomic<HomeRole>> roles_;
};

}  // namespace wattring::app
