// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/ids.hpp"
#include "node/app/committed_batch.hpp"
#include "sharding/peer_message.hpp"

namespace wattring::app {

/// What became of a batch.
struct WriteOutcome {
  enum class Class : std::uint8_t { unknown, single, held, durable };
  Class worst = Class::unknown;  ///< of the shards that are acknowledged; unknown: none is
  std::uint32_t copies = 0;      ///< least number among them
  std::vector<ShardId> unknown;  ///< may be stored or not; ascending
  std::vector<ShardId> refused;  ///< nobody has room for these: nothing of them is kept; ascending
  bool failed = false;           ///< a commit ended without a known outcome: the node must restart
};

/// Whether a batch could be acknowledged at this moment.
struct Admission {
  bool can_write = false;
  bool knows_ring = false;
  bool disk_reserve = false;  ///< this disk has reached its reserve, and there is no other
  std::size_t members = 0;    ///< of the ring
  std::size_t reachable = 0;  ///< of these, this node included
  std::size_t acks = 0;       ///< so many have to keep a reading
};

/// Where batches go to be kept. Any thread; no call waits.
class WriteDoor {
 public:
  virtual ~WriteDoor() = default;
  using OnDone = std::function<void(const WriteOutcome&)>;
  /// `pack`: one record, LSN 0, with an entry for each slice of the batch. Packs of one writer must come in the order
  /// in which their sequences were drawn. `cut`: the same, as the workers fold it; null: they read the pack. False:
  /// stopped or no room; then nothing happened and `done` never runs. Otherwise it runs once, on another thread that
  /// must not be held up.
  [[nodiscard]] virtual bool write(sharding::PackPtr pack, std::shared_ptr<CutBatch> cut, OnDone done) = 0;
  [[nodiscard]] virtual Admission admission() const = 0;
};

}  // namespace wattring::app
