// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/result.hpp"
#include "node/alert/alert.hpp"

namespace wattring::alert {

struct OutboxRow {
  std::uint64_t sequence = 0;  ///< ascending in the order of the transitions of one alert
  Notification notification;
};

/// Whether this node is to tell it.
enum class MayTell : std::uint8_t {
  yes,
  not_yet,  ///< it is not known
  never     ///< another node does
};

/// The way to the outbox and to the open alerts, behind the delivery. Any thread; calls may wait for the disk. What is
/// written here is on the disk when the call returns.
class OutboxDoor {
 public:
  virtual ~OutboxDoor() = default;
  /// Rows with a sequence >= from, ascending, at most `limit`. No row ever appears
  /// behind one that was shown, so that a reader may go on after the last.
  [[nodiscard]] virtual Result<std::vector<OutboxRow>> pending(std::uint64_t from, std::size_t limit) = 0;
  /// Asked right before a row is told.
  [[nodiscard]] virtual MayTell may_tell(const OutboxRow& /*row*/) { return MayTell::yes; }
  /// The sinks have taken them, or they may never be told.
  [[nodiscard]] virtual Result<void> delivered(const std::vector<std::uint64_t>& sequences) = 0;
  /// Given up: kept as dead letters, no longer pending.
  [[nodiscard]] virtual Result<void> dead(const std::vector<std::uint64_t>& sequences) = 0;
  /// Alerts that fire now and were told; for sinks that must be reminded.
  [[nodiscard]] virtual std::vector<Alert> open_alerts() = 0;
};

}  // namespace wattring::alert
