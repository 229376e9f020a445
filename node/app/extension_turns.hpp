// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "base/time.hpp"
#include "node/app/shard_shared.hpp"

namespace wattring::app {

/// Gives the extensions of one worker's shards their time: all of it while the worker is idle, at most a third while
/// it has facts to fold. A shard that does not fold, or is settling, has no say. One owner, the worker.
class ExtensionTurns {
 public:
  using Shards = WorkerShards::Folds;
  using Extensions = WorkerShards::Extensions;

  /// Both are indexed by slot; extensions may be empty. Everything must outlive it.
  ExtensionTurns(Shards& shards, const Extensions& extensions, ShardShared& shared)
      : shards_(shards), extensions_(extensions), shared_(shared) {}

  /// A turn when one is due; idle: also when none is, until `interrupted` says that there is something to fold.
  void turn(bool idle, const std::function<bool()>& interrupted);
  /// All the work of one shard, before it is sealed or stopped.
  void finish(std::size_t slot);
  /// How long the worker may sleep: 0 when there is work, at most `most_ms`.
  [[nodiscard]] std::int64_t patience_ms(std::int64_t most_ms) const;

 private:
  void work(std::size_t slot, bool must_finish);

  Shards& shards_;
  const Extensions& extensions_;
  ShardShared& shared_;
  std::size_t next_slot_ = 0;
  std::int64_t next_turn_ns_ = 0;
};

}  // namespace wattring::app
