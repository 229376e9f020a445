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
#include "node/app/slice_chain.hpp"
#include "node/meter/retention.hpp"

namespace wattring::app {

/// Moves what a worker's shards have pending into chunks, shard after shard, when there is too much of it or somebody
/// asks; then retention. The worker's thread, unless said otherwise.
class ShardSealing {
 public:
  /// wake: any thread; the worker looks at its work again. may_seal: whether what the slot's records hold is in the
  /// fold, or safe elsewhere. mark_at_most: how far the slot's mark `applied` may go.
  struct Doors {
    std::function<void()> wake;
    std::function<bool(std::size_t)> may_seal;
    std::function<Lsn(std::size_t)> mark_at_most;
  };
  ShardSealing(ShardShared& shared, WorkerShards& shards, ExtensionTurns& turns, Doors doors)
      : shared_(shared), shards_(shards), turns_(turns), doors_(std::move(doors)) {}

  /// Any thread. Everything that is pending goes, soon.
  void request() { requested_ = true; }
  /// What is below the shards' watermarks goes.
  void request_retention() {
    retains_ = true;
    retention_slot_ = 0;
  }
  /// The same when the next pass has ended: facts came that may be older.
  void repeat_retention() { retention_is_due_ = true; }
  /// Nothing is sealed or dropped with age now, or about to be.
  [[nodiscard]] bool is_quiet() const { return !pass_runs_ && seals_.empty() && !retains_; }
  using HandedOver = std::function<void(Result<std::unique_ptr<persistence::ReadTransaction>>)>;
  /// Gives a snapshot of the disk in which the slot's shard holds exactly what its coverage says, so everything that is
  /// pending now is sealed first. busy: the disk refused, or the fold is stopped. `done` on this thread.
  void hand_over(std::size_t slot, HandedOver done) { leaving_.push_back({slot, std::move(done)}); }
  /// Nobody is answered any more.
  void finish();
  /// Records up to here are folded.
  void applied(Lsn lsn, std::uint64_t record_bytes) {
    applied_lsn_ = lsn;
    journal_bytes_ += record_bytes;
  }
  [[nodiscard]] Lsn applied_lsn() const { return applied_lsn_; }

  /// There is something to do now.
  [[nodiscard]] bool is_busy() const { return pass_runs_ ? seals_.size() < kSealsInFlightMax : retains_; }
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
    SliceChain slices;
  };

  [[nodiscard]] bool can_begin(std::size_t slot) const {
    return shards_.folds[slot]->can_begin_seal() && doors_.may_seal(slot);
  }
  void collect();
  void maybe_start_pass();
  bool seal_next();
  void start(std::size_t slot);
  void retain_next();
  void serve_leaving();
  void serve_leaving(std::size_t slot, bool sealed);
  [[nodiscard]] InFlight in_flight(std::optional<std::size_t> slot) const;

  ShardShared& shared_;
  WorkerShards& shards_;
  ExtensionTurns& turns_;
  const Doors doors_;
  std::atomic<bool> requested_{false};
  Lsn applied_lsn_{0};
  std::uint64_t journal_bytes_ = 0;
  bool pass_runs_ = false;
  std::size_t next_slot_ = 0;
  std::vector<InFlight> seals_;
  struct Leaving {
    std::size_t slot;
    HandedOver done;
  };
  std::vector<Leaving> leaving_;
  bool retains_ = false;
  bool retention_is_due_ = false;
  std::size_t retention_slot_ = 0;
  std::int64_t refused_until_ns_ = 0;
  /// While batches and questions wait, sealing takes at most half of the time: they come first until then.
  std::int64_t fold_until_ns_ = 0;
};

}  // namespace wattring::app
