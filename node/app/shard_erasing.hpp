// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "node/app/shard_shared.hpp"
#include "node/app/slice_chain.hpp"
#include "node/meter/erasure.hpp"

namespace wattring::app {

/// Takes what was erased from the disk, one shard after the other, while nothing else of the worker is on its way
/// there. The worker's thread.
class ShardErasing {
 public:
  /// wake: any thread. is_quiet: the worker seals nothing and drops nothing with age now. may_erase: nothing of the
  /// slot is on its way to the disk, and what is there is its shard's.
  struct Doors {
    std::function<void()> wake;
    std::function<bool()> is_quiet;
    std::function<bool(std::size_t)> may_erase;
  };
  ShardErasing(ShardShared& shared, WorkerShards& shards, Doors doors)
      : shared_(shared), shards_(shards), doors_(std::move(doors)) {}

  /// Some shard has something to be erased.
  void request() { due_ = true; }
  [[nodiscard]] bool is_erasing(std::size_t slot) const { return flight_ && flight_->slot == slot; }
  [[nodiscard]] bool is_erasing() const { return flight_.has_value(); }
  /// There is something to do now.
  [[nodiscard]] bool is_busy() const;
  /// Some of it.
  void step();
  /// Waits for what is under way.
  void finish();

 private:
  struct Flight {
    std::size_t slot = 0;
    meter::Purge purge;
    SliceChain slices;
  };
  void land();
  void start(std::size_t slot);

  ShardShared& shared_;
  WorkerShards& shards_;
  const Doors doors_;
  bool due_ = false;
  std::int64_t again_ns_ = 0;
  std::optional<Flight> flight_;
};

}  // namespace wattring::app
