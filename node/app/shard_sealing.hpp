// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "node/app/extension_turns.hpp"
#include "node/app/shard_shared.hpp"
#include "node/meter/retention.hpp"

namespace wattring::app {

/// Moves what a worker's shards have pending into chunks, shard after shard, when there is too much of it or somebody
/// asks; then retention. The worker's thread, unless said otherwise.
class ShardSealing {
 public:
  /// wake: any thread; the worker looks at its work again. may_seal: whether what the slot's records hold is in the
  /// fold, or safe elsewhere.
  ShardSealing(ShardShared& shared, WorkerShards& shards, ExtensionTurns& turns, std::function<void()> wake,
               std::function<bool(std::size_t)> may_seal)
      : shared_(shared), shards_(shards), turns_(turns), wake_(std::move(wake)), may_seal_(std::move(may_seal)) {}

  /// Any thread. Everything that is pending goes, soon.
  void request() { requested_ = true; }
  void request_retention(const meter::RetentionDays& days) {
    retention_ = days;
    retention_slot_ = 0;
  }
  /// Records up to here are folded.
  void applied(Lsn lsn, std::uint64_t record_bytes) {
    applied_lsn_ = lsn;
    journal_bytes_ += record_bytes;
  }
  [[nodiscard]] Lsn applied_lsn() const { return applied_lsn_; }

  /// There is something to do now.
  [[nodiscard]] bool is_busy() const { return pass_runs_ ? seals_.size() < kSealsInFlightMax : retention_.has_value(); }
  [[nodiscard]] bool pass_runs() const { return pass_runs_; }
  /// A bit of it. idle: nothing waits to be folded. True when a pass has ended: more may be truncated.
  bool step(bool idle);
  /// All of it; returns when it is on the disk, or refused.
  void seal_everything();

 private:
  /// Shards whose seal may be on its way to the disk at once.
  static constexpr std::size_t kSealsInFlightMax = 4;
  struct InFlight {
    std::optional<std::size_t> slot;  ///< nothing: a retention step, which moves no facts
    std::shared_ptr<std::atomic<int>> slices_left;
    std::shared_ptr<std::atomic<bool>> refused;
  };

  [[nodiscard]] bool can_begin(std::size_t slot) const {
    return shards_.folds[slot]->can_begin_seal() && may_seal_(slot);
  }
  void collect();
  void maybe_start_pass();
  bool seal_next();
  void start(std::size_t slot);
  void retain_next();
  /// Waits while the writer's queue is full: the disk sets the pace.
  Result<void> send(std::vector<persistence::OwnedOp>&& slice,
                    const std::function<void(const persistence::CommitResult&)>& done);
  Result<void> send_for(const InFlight& seal, std::vector<persistence::OwnedOp>&& slice);
  static InFlight in_flight(std::optional<std::size_t> slot);

  ShardShared& shared_;
  WorkerShards& shards_;
  ExtensionTurns& turns_;
  const std::function<void()> wake_;
  const std::function<bool(std::size_t)> may_seal_;
  std::atomic<bool> requested_{false};
  Lsn applied_lsn_{0};
  std::uint64_t journal_bytes_ = 0;
  bool pass_runs_ = false;
  std::size_t next_slot_ = 0;
  std::vector<InFlight> seals_;
  std::optional<meter::RetentionDays> retention_;
  std::size_t retention_slot_ = 0;
  std::int64_t refused_until_ns_ = 0;
  /// While batches and questions wait, sealing takes at most half of the time: they come first until then.
  std::int64_t fold_until_ns_ = 0;
};

}  // namespace wattring::app
