// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "node/meter/shard_fold.hpp"
#include "persistence/group_commit.hpp"
#include "persistence/journal.hpp"

namespace wattring::app {

/// Journal entries of this format are the extension's.
inline constexpr std::uint8_t kExtensionEntryFormat = 2;

/// What else lives with a shard, on its worker's thread and in its order: owned by the worker, called on its thread
/// only, destroyed after the fold. It may keep the fold's gates and empty its attention. It must not throw.
class ShardExtension {
 public:
  using MeterIndex = meter::MeterTable::MeterIndex;

  virtual ~ShardExtension() = default;
  /// Once: the meters' snapshots are loaded, the journal's tail is not folded yet. Meters that are not resident are on
  /// the disk. An error: the disk's, and nothing of the shard may be changed.
  virtual Result<void> recovered(meter::ShardFold& fold, const persistence::ReadTransaction& disk) = 0;
  /// An alert that another node had on record of this shard, as Table::alert keeps it, before the facts it came from:
  /// what was told and acknowledged there counts here. Its bytes come from outside.
  virtual void adopt(std::string_view /*id*/, std::string_view /*payload*/) {}
  /// An entry of kExtensionEntryFormat at that LSN, in any order and as often as it may come; its bytes come from
  /// outside. It is to be on the disk with the next sealing(), behind which it is not seen again. An error: it is left
  /// out as a whole.
  virtual Result<void> decided(meter::ShardFold& /*fold*/, Lsn /*lsn*/, std::string_view /*payload*/,
                               std::int64_t /*now_ms*/) {
    return {};
  }
  /// Readings of the meter that start before the instant are gone for good, on this node and all others. Told again
  /// after a start, after recovered().
  virtual void erased(std::string_view /*meter*/, std::int64_t /*before_ms*/) {}
  /// Some of the work there is. Called when the worker is idle, and otherwise about every 100 ms with at most a third
  /// of its time: return after some milliseconds, the rest is asked for again. must_finish: all of it, because the
  /// shard is about to be sealed or stopped.
  virtual void work(meter::ShardFold& fold, const persistence::Journal& disk, std::int64_t now_ms,
                    bool must_finish) = 0;
  /// The shard is being sealed; what is put here is on the disk exactly when the facts are sealed. After work() that
  /// had to finish.
  virtual void sealing(std::vector<persistence::OwnedOp>& with_the_mark) = 0;
  /// Asked often; must be cheap.
  [[nodiscard]] virtual bool has_work(const meter::ShardFold& fold, std::int64_t now_ms) const = 0;
  /// Wall clock at which has_work() may turn true without new facts; the greatest when never.
  [[nodiscard]] virtual std::int64_t next_deadline_ms() const = 0;
  /// False keeps a meter resident that would leave memory. Meters with attention stay anyway.
  [[nodiscard]] virtual bool may_passivate(const meter::ShardFold& fold, MeterIndex meter) const = 0;
  /// The meter is about to leave memory; its index will be another's.
  virtual void passivating(meter::ShardFold& fold, MeterIndex meter) = 0;
};

}  // namespace wattring::app
