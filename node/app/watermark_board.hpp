// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/ids.hpp"
#include "node/meter/shard_limits.hpp"

namespace wattring::app {

/// The watermarks of the shards of a node, as their workers know them. Any thread.
class WatermarkBoard {
 public:
  explicit WatermarkBoard(std::size_t shards) : shards_(shards) {}

  void set(ShardId shard, const meter::RetentionDays& days) {
    shards_[shard.value].raw.store(days.raw, std::memory_order_relaxed);
    shards_[shard.value].intervals.store(days.intervals, std::memory_order_relaxed);
    if (days.raw > greatest_raw_.load(std::memory_order_relaxed))
      greatest_raw_.store(days.raw, std::memory_order_relaxed);
  }
  [[nodiscard]] meter::RetentionDays of(ShardId shard) const {
    const Days& days = shards_[shard.value];
    return {days.raw.load(std::memory_order_relaxed), days.intervals.load(std::memory_order_relaxed)};
  }
  /// No shard's is above it. It lags behind for a moment while several workers set theirs.
  [[nodiscard]] std::int32_t greatest_raw() const { return greatest_raw_.load(std::memory_order_relaxed); }

 private:
  struct Days {
    std::atomic<std::int32_t> raw{meter::RetentionDays::kKeep};
    std::atomic<std::int32_t> intervals{meter::RetentionDays::kKeep};
  };
  std::vector<Days> shards_;
  std::atomic<std::int32_t> greatest_raw_{meter::RetentionDays::kKeep};
};

}  // namespace wattring::app
