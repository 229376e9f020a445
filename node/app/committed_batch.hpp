// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/ids.hpp"
#include "node/gateway/batch.hpp"
#include "sharding/key.hpp"

namespace wattring::app {

/// Bytes of batches between admission and the end of their fold. Any thread.
class ByteBudget {
 public:
  explicit ByteBudget(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}
  /// False when it does not fit; a first batch always fits, however large.
  [[nodiscard]] bool try_take(std::uint64_t bytes) {
    std::uint64_t used = used_.load(std::memory_order_relaxed);
    do {
      if (used != 0 && used + bytes > bytes_max_) return false;
    } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    return true;
  }
  void give_back(std::uint64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t max() const { return bytes_max_; }

 private:
  const std::uint64_t bytes_max_;
  std::atomic<std::uint64_t> used_{0};
};

/// A batch cut by shard: the unit that travels from the gateway through the journal to the shard workers. Built by one
/// thread; immutable once committed.
struct CutBatch {
  struct Slice {
    ShardId shard;
    std::uint32_t first = 0;  ///< into `order`
    std::uint32_t count = 0;
    Sequence sequence;
    bool local = true;  ///< its entry is in this node's record, so it is folded here
  };

  CutBatch(gateway::Batch&& cut_batch, const sharding::ShardKey& key);
  ~CutBatch();
  CutBatch(const CutBatch&) = delete;
  CutBatch& operator=(const CutBatch&) = delete;

  gateway::Batch batch;
  std::vector<std::uint64_t> hashes;  ///< keyed hash of each run's meter id
  std::vector<std::uint32_t> order;   ///< indices of runs, grouped by shard, in arrival order within a shard
  std::vector<Slice> slices;          ///< ascending by shard
  WriterId writer;
  Lsn lsn;
  std::uint64_t record_bytes = 0;
  std::int64_t committed_ns = 0;  ///< monotonic

  /// Returned to the budget when the last holder lets go.
  ByteBudget* budget = nullptr;
  std::uint64_t budget_bytes = 0;
};

}  // namespace wattring::app
