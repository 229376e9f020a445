// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace wattring::app {

/// A small file, mapped into memory, that survives the end of the process however that comes: which shard each worker
/// was folding, and for each shard how many runs in a row ended inside it. So a fold that kills the process does not
/// do so for ever. Layout in docs/protocols/data-directory.md. A damaged file is made anew. Each worker marks its own
/// shards; whoever reads a shard's count is its worker.
class FoldGuard {
 public:
  static constexpr std::size_t kWorkersMax = 256;
  /// After so many ends inside one shard its facts stay in the journal.
  static constexpr std::uint8_t kCrashesMax = 2;

  /// Opens or makes the file, and counts what the last run left marked.
  [[nodiscard]] static Result<std::unique_ptr<FoldGuard>> open(const std::string& path);
  ~FoldGuard();
  FoldGuard(const FoldGuard&) = delete;
  FoldGuard& operator=(const FoldGuard&) = delete;

  /// From now on the worker folds this shard. One store.
  void enter(std::size_t worker, ShardId shard);
  void leave(std::size_t worker);
  [[nodiscard]] bool is_stopped(ShardId shard) const;
  /// The shard was folded to the end, or somebody wants it tried again.
  void forgive(ShardId shard);

 private:
  struct Layout;
  explicit FoldGuard(Layout* layout) : layout_(layout) {}
  Layout* const layout_;  ///< mapped, shared with the file
};

}  // namespace wattring::app
