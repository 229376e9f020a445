// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "node/app/shard_shared.hpp"

namespace wattring::app {

/// Which meters of a worker's shards are in memory: idle ones go, whoever is asked for comes back. The worker's thread.
class ShardResidency {
 public:
  /// request_seal: everything pending should go to the disk, because too little of the memory is clean.
  ShardResidency(ShardShared& shared, WorkerShards& shards, std::function<void()> request_seal)
      : shared_(shared), shards_(shards), request_seal_(std::move(request_seal)) {}

  /// Before facts of these meters are folded, or questions about them answered. An error: the disk could not be read,
  /// and some of them are unknown.
  Result<void> bring_back(meter::ShardFold& fold, std::vector<meter::ShardFold::Wanted> wanted);

  /// Sweeps through the shards every now and then, one shard a step.
  void step();
  [[nodiscard]] bool is_sweeping() const { return slot_ < shards_.folds.size(); }
  /// A whole sweep at once.
  void sweep();

 private:
  void begin_sweep(std::int64_t now_ms);
  void sweep_shard(std::size_t slot);
  void give_back_memory();
  [[nodiscard]] std::uint32_t age_under_pressure(std::uint32_t age_s);

  ShardShared& shared_;
  WorkerShards& shards_;
  const std::function<void()> request_seal_;
  std::size_t slot_ = ~std::size_t{0};  ///< of the sweep that runs
  std::uint32_t age_s_ = 0;             ///< idle for at least so long goes
  std::int64_t next_sweep_ms_ = 0;
  std::int64_t next_request_ms_ = 0;
  std::uint64_t freed_bytes_ = 0;  ///< by the sweep that runs
};

}  // namespace wattring::app
