// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "node/app/shard_residency.hpp"
#include "node/app/shard_shared.hpp"
#include "node/meter/transfer_row.hpp"
#include "persistence/record.hpp"

namespace wattring::app {

/// What the journal holds for a worker's shards beside readings: staged parts of transfers, claims, entries that only a
/// newer release understands. From a claim on, its parts are folded from the disk one after the other, as ordinary
/// facts; then its coverage is joined. Until that, the shard's mark `applied` stays before the claim, so that a crash
/// begins it anew, and truncation before the first part. The worker's thread.
class ShardArrivals {
 public:
  /// Folds facts that stand in the record at `lsn`; `number`: of them in it.
  using Fold = std::function<void(std::size_t slot, Lsn lsn, std::uint32_t number, const meter::TransferFacts&)>;
  using Limit = std::function<void(std::size_t slot, Lsn lsn, const meter::Limit&)>;
  /// may_merge: false while what is left of the slot's shard is being deleted. merged: a transfer has come to its end.
  struct Doors {
    Fold fold;
    Limit limit;
    std::function<bool(std::size_t)> may_merge;
    std::function<void(std::size_t)> merged;
  };
  ShardArrivals(ShardShared& shared, WorkerShards& shards, ShardResidency& residency, Doors doors)
      : shared_(shared), shards_(shards), residency_(residency), doors_(std::move(doors)) {}

  /// An entry whose format is not that of readings.
  void see(std::size_t slot, Lsn lsn, const persistence::EntryView& entry);
  /// The parts of the slot that no claim has followed are of no use any more.
  void forget_staged(std::size_t slot) { staged_.erase(slot); }
  /// Of all slots, when their last one is in an earlier record: nobody goes on with a transfer of an earlier run.
  void forget_staged_before(Lsn first_of_run);

  [[nodiscard]] bool is_merging(std::size_t slot) const;
  /// Something of the slot waits for a newer release.
  [[nodiscard]] bool holds_unknown(std::size_t slot) const { return unknown_.contains(slot); }
  /// How far the slot's mark `applied` may go.
  [[nodiscard]] Lsn mark_at_most(std::size_t slot) const;
  /// Records from here on are needed; the greatest when none is.
  [[nodiscard]] Lsn first_needed() const;

  /// There is something to do now.
  [[nodiscard]] bool is_busy() const;
  /// Some of it.
  void step();

 private:
  struct Staged {
    WriterId transfer;
    std::vector<Lsn> parts;
  };
  struct Merge {
    std::size_t slot;
    Staged staged;
    Lsn claimed_at;
    meter::TransferClaim claim;
    std::uint64_t digest = 0;  ///< of the parts that were verified
    bool verified = false;
    std::size_t next = 0;  ///< part
    // The part under way; rows are views into it.
    std::string part;
    std::vector<meter::TransferRow> rows;
    std::size_t row = 0;
  };

  void stage(std::size_t slot, Lsn lsn, const persistence::EntryView& entry);
  void begin(std::size_t slot, Lsn lsn, const persistence::EntryView& entry);
  [[nodiscard]] bool has_room() const;
  Result<void> advance(Merge& merge);
  [[nodiscard]] bool has_all_that_is_sealed(const Merge& merge) const;
  Result<void> load(Merge& merge) const;
  Result<void> fold_some(Merge& merge);
  void take(Merge& merge, std::uint32_t number, const meter::TransferItem& item);
  Result<void> bring_back(const Merge& merge, std::span<const meter::TransferItem> items);
  void end(Result<void> outcome);

  ShardShared& shared_;
  WorkerShards& shards_;
  ShardResidency& residency_;
  const Doors doors_;
  std::map<std::size_t, Staged> staged_;  ///< by slot
  std::deque<Merge> merges_;              ///< one after the other
  std::map<std::size_t, Lsn> unknown_;    ///< by slot: the first entry of an unknown format
};

}  // namespace wattring::app
