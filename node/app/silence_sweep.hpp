// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "node/alert/shard_alerts.hpp"
#include "node/app/absence_board.hpp"
#include "node/meter/shard_fold.hpp"
#include "persistence/journal.hpp"
#include "sharding/key.hpp"

namespace wattring::app {

/// How often a shard looks for silent meters: an eighth of the shortest time a no_data rule waits, 1 s to 60 s.
[[nodiscard]] std::int64_t silence_interval_ms(const alert::Policy& policy);

/// The earliest that a rule may take the meter for silent.
[[nodiscard]] std::int64_t silent_from_ms(const alert::Policy& policy, const meter::MeterTable& table,
                                          meter::MeterTable::MeterIndex meter);

/// One look of a shard for meters that do not read. A meter that was silent at the look before and still is gets its
/// alert, unless its source is out as a whole. On the shard's thread.
class SilenceSweep {
 public:
  using MeterIndex = meter::MeterTable::MeterIndex;

  SilenceSweep(const meter::ShardFold& fold, alert::ShardAlerts& alerts, const sharding::ShardKey& key,
               const AbsenceBoard& board, std::int64_t last_ms, std::int64_t now_ms,
               std::int64_t confirmed_ms = kAlwaysConfirmed);

  /// What was acknowledged before this is here: nobody who is silent only since then gets an alert.
  static constexpr std::int64_t kAlwaysConfirmed = std::numeric_limits<std::int64_t>::max();
  static constexpr std::int64_t kNeverConfirmed = std::numeric_limits<std::int64_t>::min();

  [[nodiscard]] alert::Tallies look_at_residents();
  struct Sleepers {
    alert::Tallies tallies;
    std::int64_t next_due_ms = 0;  ///< when the next of them may fall silent; in 15 minutes at the latest
  };
  /// Meters that are on the disk only, and those of a roster that are nowhere.
  [[nodiscard]] Result<Sleepers> look_at_sleepers(const persistence::ReadTransaction& disk);
  /// The alerts of sources that have their place in this shard.
  void look_at_sources();

  [[nodiscard]] std::vector<alert::Change> take_changes() { return std::move(changes_); }
  [[nodiscard]] const std::vector<MeterIndex>& opened() const { return opened_; }
  /// Somebody would have got an alert if it were confirmed.
  [[nodiscard]] bool waits_for_confirmation() const { return waits_; }

 private:
  /// Nothing known: the meter has never read.
  void judge(std::string_view meter, std::int64_t latest_ms, alert::Tallies& tallies, std::int64_t* next_due_ms,
             const MeterIndex* resident);
  void look_at_roster(const persistence::ReadTransaction& disk, Sleepers& sleepers);

  const meter::ShardFold& fold_;
  alert::ShardAlerts& alerts_;
  const sharding::ShardKey& key_;
  const AbsenceBoard& board_;
  const std::int64_t last_ms_;
  const std::int64_t now_ms_;
  const std::int64_t confirmed_ms_;
  bool waits_ = false;
  std::vector<alert::Change> changes_;
  std::vector<MeterIndex> opened_;
};

}  // namespace wattring::app
