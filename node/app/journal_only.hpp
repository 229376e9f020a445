// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "node/app/shard_shared.hpp"
#include "persistence/record.hpp"

namespace wattring::app {

/// The shards of a worker whose fold is stopped, because it ended the process again and again: what comes for them
/// stays in the journal, which is not given up, and is folded when somebody resumes them. The worker's thread.
class JournalOnly {
 public:
  using Fold = std::function<void(Lsn, const persistence::EntryView&)>;
  using Done = std::function<void(Result<void>)>;

  /// fold: one entry of a shard that is being resumed.
  JournalOnly(ShardShared& shared, WorkerShards& shards, Fold fold)
      : shared_(shared), shards_(shards), fold_(std::move(fold)) {}

  /// Before the journal is replayed: the shards that the guard says.
  void stop_guarded();
  [[nodiscard]] bool is_stopped(std::size_t slot) const { return slot < held_.size() && held_[slot].has_value(); }
  /// The record holds an entry of the stopped shard.
  void hold(std::size_t slot, Lsn lsn) { held_[slot] = std::min(*held_[slot], lsn); }
  /// Records from here on are needed; the greatest when none is.
  [[nodiscard]] Lsn first_held() const;
  [[nodiscard]] std::uint64_t count() const { return count_; }

  /// Folds the shard's journal in the background, then everything that comes. `done` on this thread.
  void resume(std::size_t slot, Done done);
  [[nodiscard]] bool is_resuming() const { return resuming_.has_value(); }
  /// Some of it. applied: what the worker has looked at; later records come by themselves.
  void step(Lsn applied);
  void finish();

 private:
  struct Resuming {
    std::size_t slot;
    Lsn next;
    Done done;
  };
  Result<bool> fold_some(Lsn applied);
  void fold_record(Lsn lsn, std::string_view record);

  ShardShared& shared_;
  WorkerShards& shards_;
  const Fold fold_;
  std::vector<std::optional<Lsn>> held_;  ///< by slot, for stopped ones the least record needed
  std::uint64_t count_ = 0;
  std::optional<Resuming> resuming_;
};

}  // namespace wattring::app
