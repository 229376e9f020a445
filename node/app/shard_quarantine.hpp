// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "node/app/shard_shared.hpp"
#include "node/meter/quarantine_row.hpp"

namespace wattring::app {

/// Readings of a worker's shards that their meters could not fold: into the table and out of it. Until a row is on the
/// disk its record is not given up and its shard not sealed. The worker's thread, unless said otherwise.
class ShardQuarantine {
 public:
  using Done = std::function<void(Result<void>)>;

  /// wake: any thread. request_seal: what is pending of all shards should go to the disk.
  ShardQuarantine(ShardShared& shared, WorkerShards& shards, std::function<void()> wake,
                  std::function<void()> request_seal)
      : shared_(shared), shards_(shards), wake_(std::move(wake)), request_seal_(std::move(request_seal)) {}

  /// run: number of the run in its entry.
  void add(std::size_t slot, Lsn lsn, std::uint32_t run, std::string_view meter, std::string_view failure,
           std::span<const Fact> facts);
  /// Whether the run is there already.
  [[nodiscard]] bool holds(std::size_t slot, Lsn lsn, std::uint32_t run) const;
  /// Erases the row as soon as nothing of its record is pending any more, so that no restart brings it back. `done` on
  /// this thread.
  void erase_when_sealed(std::size_t slot, const persistence::QuarantineKey& key, Done done);

  /// Nothing of the slot is on its way to the table: it may be sealed.
  [[nodiscard]] bool is_settled(std::size_t slot) const;
  /// The least LSN that is on its way; the greatest when there is none.
  [[nodiscard]] Lsn first_unsettled() const;
  /// Looks at what the writer did, and tries again what it refused.
  void step();
  /// Waits until the writer has answered for everything; what it refused stays in the journal.
  void finish();

 private:
  enum class State : int { waiting, done, refused };
  struct Write {
    std::size_t slot;
    persistence::QuarantineKey key;
    persistence::OwnedOp op;
    std::shared_ptr<std::atomic<State>> state;
    std::int64_t again_ns = 0;
    Done done;  ///< of an erasure
  };
  struct Erasure {
    std::size_t slot;
    persistence::QuarantineKey key;
    Done done;
  };
  void write(std::size_t slot, const persistence::QuarantineKey& key, persistence::OwnedOp op, Done done);
  void send(Write& write);
  void finish_write(Write& write);
  void erase_sealed();

  ShardShared& shared_;
  WorkerShards& shards_;
  const std::function<void()> wake_;
  const std::function<void()> request_seal_;
  std::vector<Write> writes_;
  std::vector<Erasure> erasures_;
  std::int64_t next_request_ns_ = 0;
};

}  // namespace wattring::app
