// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "node/meter/attention.hpp"
#include "node/meter/meter_table.hpp"
#include "node/meter/pending_facts.hpp"
#include "persistence/journal.hpp"
#include "sharding/coverage.hpp"
#include "sharding/key.hpp"

/// The fold of one shard: durable facts in, queryable state out. What it holds is a function of the set of facts it was
/// given, in whatever order, however often and however cut. Pure: reads come through a ReadTransaction, writes leave as
/// operations. One owner.
///
/// A fact is at every moment in exactly one of two places a reader looks at: the pending list, or a chunk on the disk.
/// Sealing moves it: begin_seal() fixes what moves, seal_shard() (shard_seal.hpp) makes the chunks, and only after
/// their commit finish_seal() forgets the moved facts. A crash in between repeats the move, which changes nothing.

namespace wattring::meter {

class ShardFold {
 public:
  explicit ShardFold(ShardId shard) : shard_(shard) {}

  struct Applied {
    std::uint64_t facts = 0;
    std::uint64_t duplicates =
        0;  ///< repeats of the newest reading, recognised at once; older ones are found by sealing
  };
  /// Facts of one meter; their record is at `lsn`.
  Applied apply(std::string_view meter_id, std::uint64_t meter_hash, std::span<const Fact> facts, Lsn lsn);
  void apply_text(std::string_view text);
  /// An entry of a stream was applied in full; its record is at `lsn`. Counts as unsealed until the coverage is
  /// written.
  void cover(const WriterId& writer, Sequence sequence, Lsn lsn);
  /// Decodes and applies an entry's payload; the way of recovery. Corrupt payload: nothing of it is applied.
  Result<Applied> apply_entry(std::string_view payload, const sharding::ShardKey& key, Lsn lsn);

  /// Loads the snapshots, coverage and sealed-up-to mark of this shard. A bad value is skipped and told in
  /// `damaged`; the facts themselves are in the chunks.
  Result<void> recover(const persistence::ReadTransaction& disk, const sharding::ShardKey& key,
                       std::vector<std::string>& damaged);

  /// Something durable of this shard could not be read back: answers must say that they are not complete.
  void mark_incomplete() { complete_ = false; }
  [[nodiscard]] bool complete() const { return complete_; }

  /// From now on facts are held against gates. Null: no longer. The keeper outlives the fold, or is taken away before.
  void keep_gates(GateKeeper* keeper);
  /// The meter's gates anew: its keeper has changed its mind.
  void refresh_gates(MeterTable::MeterIndex meter);
  /// Meters with facts that tripped since it was last emptied.
  [[nodiscard]] Attention& attention() { return attention_; }
  [[nodiscard]] const Attention& attention() const { return attention_; }

  [[nodiscard]] ShardId shard() const { return shard_; }
  [[nodiscard]] const MeterTable& meters() const { return meters_; }
  /// Facts of a series that are not in chunks yet, in any order, appended to `out`.
  void collect_pending(MeterTable::SeriesIndex series, std::vector<Fact>& out) const;
  /// A text that is not on the disk yet; null when unknown here.
  [[nodiscard]] const std::string* pending_text(std::int64_t value) const;

  [[nodiscard]] std::size_t pending_count() const { return pending_.size() + sealing_.size(); }
  [[nodiscard]] std::size_t pending_bytes() const { return pending_.memory_bytes() + sealing_.memory_bytes(); }
  [[nodiscard]] std::size_t resident_bytes() const { return meters_.memory_bytes(); }
  /// Records below this hold nothing of this shard that is not sealed; the greatest LSN when nothing is pending.
  [[nodiscard]] Lsn first_unsealed() const;
  /// Entries at or below this LSN are sealed (from the disk).
  [[nodiscard]] Lsn sealed_up_to() const { return sealed_up_to_; }

  // Sealing; see the class comment.
  [[nodiscard]] bool can_begin_seal() const { return !seal_running_ && first_pending_ != kNothingUnsealed; }
  void begin_seal(Lsn applied_up_to);
  void finish_seal();
  /// The commit was refused: everything stays pending.
  void abandon_seal();
  [[nodiscard]] const PendingFacts& sealing() const { return sealing_; }
  [[nodiscard]] const std::map<std::int64_t, std::string>& sealing_texts() const { return sealing_texts_; }
  [[nodiscard]] Lsn sealing_up_to() const { return sealing_up_to_; }
  [[nodiscard]] std::string sealing_coverage() const { return sealing_coverage_; }

 private:
  void hold_against_gate(const SeriesState& before, const Fact& fact);

  static constexpr Lsn kNothingUnsealed{~std::uint64_t{0}};

  const ShardId shard_;
  MeterTable meters_;
  sharding::Coverage coverage_;
  PendingFacts pending_;
  std::map<std::int64_t, std::string> texts_;  ///< text value -> text, not yet on the disk
  Lsn first_pending_ = kNothingUnsealed;
  Lsn sealed_up_to_{0};

  bool complete_ = true;

  GateKeeper* gates_ = nullptr;
  Attention attention_;

  bool seal_running_ = false;
  PendingFacts sealing_;
  std::map<std::int64_t, std::string> sealing_texts_;
  std::string sealing_coverage_;
  Lsn first_sealing_ = kNothingUnsealed;
  Lsn sealing_up_to_{0};
};

}  // namespace wattring::meter
