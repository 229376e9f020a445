// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "node/app/shard_shared.hpp"
#include "persistence/journal.hpp"
#include "sharding/coverage.hpp"

namespace wattring::app {

/// What a shard that is being dropped may see of the disk: that it holds nothing, up to its mark `applied`.
class DroppedShardView final : public persistence::ReadTransaction {
 public:
  /// Null: not even the mark.
  explicit DroppedShardView(const persistence::ReadTransaction* disk) : disk_(disk) {}
  [[nodiscard]] Result<std::string_view> get(persistence::Table table, std::string_view key) const override;
  [[nodiscard]] Result<void> scan(persistence::Table, std::string_view, const Visitor&) const override { return {}; }
  [[nodiscard]] Result<std::string_view> last_key(persistence::Table table) const override;

 private:
  const persistence::ReadTransaction* disk_;
};

/// Deletes shards of a worker. First, in one transaction: the coverage goes, the mark `applied` moves to the last
/// record that was folded, so that the journal's entries up to it are neither claimed nor folded again, and the drop is
/// noted. From then on the shard is empty and fills again with what comes; its old rows go in slices, and a start goes
/// on with it. Nothing of the shard is sealed meanwhile. One shard at a time. The worker's thread.
class ShardDrops {
 public:
  using Done = std::function<void(Result<void>)>;
  /// is_settled: nothing of the slot is on its way to or from the disk. renew: makes the slot's fold and extension
  /// anew; they see the disk through a DroppedShardView. ended: the slot's last row is gone. wake: any thread.
  struct Doors {
    std::function<bool(std::size_t)> is_settled;
    std::function<void(std::size_t)> renew;
    std::function<void(std::size_t)> ended;
    std::function<void()> wake;
  };
  ShardDrops(ShardShared& shared, WorkerShards& shards, Doors doors)
      : shared_(shared), shards_(shards), doors_(std::move(doors)) {}

  /// `done` on this thread: when everything is gone, or why nothing is. busy: the shard holds more than `confirmed`, or
  /// cannot be dropped now.
  void drop(std::size_t slot, sharding::Coverage confirmed, Done done);
  /// At a start, before the journal is read: the slot's drop had begun.
  void go_on(std::size_t slot);
  /// The slot's old rows are being deleted.
  [[nodiscard]] bool is_dropping(std::size_t slot) const { return !drops_.empty() && is_begun(slot); }
  [[nodiscard]] bool is_busy() const;
  void step(Lsn applied);
  /// What has not come to its end does so after the next start.
  void finish();

 private:
  enum class State : int { waiting, committed, refused };
  struct Drop {
    std::size_t slot;
    sharding::Coverage confirmed;
    Done done;
    bool begun = false;
    Lsn last;  ///< rows that came with later records stay
    bool unmarking = false;
    std::shared_ptr<std::atomic<State>> flight;
    std::int64_t again_ns = 0;
  };
  [[nodiscard]] bool is_begun(std::size_t slot) const;
  [[nodiscard]] Result<void> may_begin(const Drop& drop) const;
  Result<void> begin(Drop& drop, Lsn applied);
  [[nodiscard]] Result<std::vector<persistence::OwnedOp>> next_slice(const Drop& drop) const;
  void send(Drop& drop);
  void end(Result<void> outcome);

  ShardShared& shared_;
  WorkerShards& shards_;
  const Doors doors_;
  std::deque<Drop> drops_;
};

}  // namespace wattring::app
