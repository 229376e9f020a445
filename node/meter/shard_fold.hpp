// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "node/meter/attention.hpp"
#include "node/meter/fold_fault.hpp"
#include "node/meter/meter_table.hpp"
#include "node/meter/pending_facts.hpp"
#include "node/meter/quarantine_row.hpp"
#include "node/meter/shard_limits.hpp"
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
        0;                     ///< repeats of the newest reading, recognised at once; older ones are found by sealing
    std::uint64_t erased = 0;  ///< from before an erasure: left out
  };
  /// The owner's wall clock, from time to time; steps backwards are ignored. Before any apply().
  void set_time(std::int64_t now_ms);
  /// Facts of one meter; their record is at `lsn`. While meters are passivated bring_back() comes first. Whatever it
  /// throws, no fact of the call is pending afterwards.
  Applied apply(std::string_view meter_id, std::uint64_t meter_hash, std::span<const Fact> facts, Lsn lsn);
  void apply_text(std::string_view text);
  /// An entry of a stream was applied in full; its record is at `lsn`. Counts as unsealed until the coverage is
  /// written.
  void cover(const WriterId& writer, Sequence sequence, Lsn lsn);
  /// The same for everything that a transfer brought; `lsn`: of its first part.
  void cover(const sharding::Coverage& all, Lsn lsn);
  /// What was applied, sealed or not.
  [[nodiscard]] const sharding::Coverage& coverage() const { return coverage_; }

  // What a transfer brings beside facts. It goes to the disk with the next seal.

  /// Another node's snapshot of a meter, after all facts of it: what it says of facts that retention dropped must not
  /// make the facts look like repeats.
  Result<void> join_snapshot(std::string_view meter_id, std::uint64_t meter_hash, std::string_view snapshot, Lsn lsn);
  /// A day of intervals that retention kept; what is on the disk already stays. `key` of Table::interval.
  void apply_kept_intervals(std::string_view key, std::string_view payload, Lsn lsn);

  /// A transfer is being merged into the shard, or what was left of it is being deleted: answers are not complete, and
  /// nobody draws conclusions.
  void set_settling(bool settling) { settling_ = settling; }
  [[nodiscard]] bool is_settling() const { return settling_; }
  /// All that is being merged is verified, and has everything that the chunks here had: those that do not verify go
  /// when the facts of their day are sealed. Ends with the first seal that began after the shard had settled.
  void begin_renewal() {
    renewing_ = true;
    sealing_renews_ = false;
  }
  [[nodiscard]] bool is_renewing() const { return renewing_; }

  /// Which meters recover() keeps resident.
  struct Residency {
    std::int64_t read_since_ms = std::numeric_limits<std::int64_t>::min();  ///< with a reading at or after this
    std::size_t bytes_max = std::numeric_limits<std::size_t>::max();        ///< of the table; then all others stay out
  };
  /// Loads the snapshots, coverage and sealed-up-to mark of this shard. A bad value is skipped and told in
  /// `damaged`; the facts themselves are in the chunks. An error: the disk's, and the fold is not whole.
  Result<void> recover(const persistence::ReadTransaction& disk, const sharding::ShardKey& key,
                       const Residency& residency, std::vector<std::string>& damaged);

  // Passivation (shard_passivation.cpp): a meter of which everything is on the disk may leave memory.

  struct Wanted {
    std::string_view id;
    std::uint64_t hash;
  };
  /// Meters on the disk that are not resident.
  [[nodiscard]] std::size_t passivated_count() const { return passivated_; }
  /// Makes those of the meters resident that are on the disk, by one pass over it; how many came back. Nothing is read
  /// unless meters are passivated. `disk` was opened after the last passivate().
  Result<std::size_t> bring_back(std::vector<Wanted> wanted, const persistence::ReadTransaction& disk,
                                 std::vector<std::string>& damaged);
  /// Nothing of the meter is pending, and its snapshot on the disk is up to date.
  [[nodiscard]] bool is_clean(MeterTable::MeterIndex meter) const {
    return meters_.touched_s(meter) <= sealed_began_s_ && meters_.first_series(meter) != kNone;
  }
  /// May a clean meter go? Asked right before it does.
  using MayGo = std::function<bool(MeterTable::MeterIndex)>;
  /// Seconds since a fact of the meter came.
  [[nodiscard]] std::uint32_t idle_s(MeterTable::MeterIndex meter) const {
    return clock_s_ - std::min(clock_s_, meters_.touched_s(meter));
  }
  /// Lets go of the clean meters that are idle for at least so long; those with attention stay. How many went.
  std::size_t passivate(std::uint32_t idle_s, const MayGo& may_go);

  /// Something durable of this shard could not be read back: answers must say that they are not complete.
  void mark_incomplete() { complete_ = false; }
  /// Facts stay in the journal and are not folded, until told otherwise.
  void stop_folding(bool stopped) { stopped_ = stopped; }
  [[nodiscard]] bool is_stopped() const { return stopped_; }
  [[nodiscard]] bool complete() const { return complete_ && !stopped_ && !settling_; }

  // What is no longer wanted (shard_erasing.cpp, erasure.hpp).

  [[nodiscard]] const ShardLimits& limits() const { return limits_; }
  /// From now on no question sees what is beyond the limit, and no fact from there is taken; both give false when it
  /// says nothing new. It goes to the disk with the next seal. What is in chunks below the watermark is dropped by
  /// apply_retention(), what was erased by purge_erased().
  bool limit(const RetentionDays& days, Lsn lsn);
  /// A meter that is on the disk comes back first.
  bool limit(const Erasure& erasure, std::uint64_t meter_hash, Lsn lsn);
  // For purge_erased() alone: what is on the disk from before the erasure is about to go; it has gone, or not.
  void begin_purge(std::string_view meter_id) { limits_.begin_purge(meter_id); }
  void end_purge(std::string_view meter_id, std::uint64_t meter_hash, bool done, bool marked);
  /// Texts may have been erased before they came into a chunk.
  [[nodiscard]] bool erased_texts() const { return erased_texts_; }
  /// The least start of a series' facts.
  void set_first(MeterTable::SeriesIndex series, std::int64_t first_ms) { meters_.series(series).first_ms = first_ms; }

  // What becomes of a meter that failed (shard_restart.cpp).

  /// Drops what memory says of the meter and makes it anew from its snapshot and its pending facts; one that has
  /// neither is gone. An error: the disk could not be read, and nothing was changed.
  Result<void> restart_meter(std::string_view id, std::uint64_t hash, const persistence::ReadTransaction& disk);
  /// Readings that could not be folded, ascending by key. They are in the table `quarantine`, or on the way there.
  [[nodiscard]] const std::vector<QuarantineNote>& quarantined() const { return quarantined_; }
  [[nodiscard]] const QuarantineNote* find_quarantined(const persistence::QuarantineKey& key) const;
  void note_quarantined(QuarantineNote note);
  void forget_quarantined(const persistence::QuarantineKey& key);
  /// For tests; see the door.
  void set_fault(FoldFault* fault) { fault_ = fault; }

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
  /// Every fact that is not in a chunk yet, in any order.
  void visit_pending(const std::function<void(MeterTable::SeriesIndex, const Fact&)>& visit) const;
  /// A text that is not on the disk yet; null when unknown here.
  [[nodiscard]] const std::string* pending_text(std::int64_t value) const;

  [[nodiscard]] std::size_t pending_count() const { return pending_.size() + sealing_.size(); }
  [[nodiscard]] std::size_t pending_bytes() const {
    return pending_.memory_bytes() + sealing_.memory_bytes() + kept_bytes_;
  }
  [[nodiscard]] std::size_t resident_bytes() const { return meters_.memory_bytes(); }
  /// Records below this hold nothing of this shard that is not sealed; the greatest LSN when nothing is pending.
  [[nodiscard]] Lsn first_unsealed() const;
  /// Entries at or below this LSN are sealed (from the disk).
  [[nodiscard]] Lsn sealed_up_to() const { return sealed_up_to_; }

  // Sealing; see the class comment.
  [[nodiscard]] bool is_sealing() const { return seal_running_; }
  [[nodiscard]] bool can_begin_seal() const { return !seal_running_ && first_pending_ != kNothingUnsealed; }
  void begin_seal(Lsn applied_up_to);
  void finish_seal();
  /// The commit was refused: everything stays pending.
  void abandon_seal();
  [[nodiscard]] const PendingFacts& sealing() const { return sealing_; }
  [[nodiscard]] const std::map<std::int64_t, std::string>& sealing_texts() const { return sealing_texts_; }
  using KeptIntervals = std::map<std::string, std::string>;  ///< by key
  [[nodiscard]] const KeptIntervals& sealing_kept() const { return sealing_kept_; }
  /// Meters whose snapshot has to be written although no fact of theirs moves; those that are gone included.
  [[nodiscard]] const std::vector<MeterTable::MeterIndex>& sealing_joined() const { return sealing_joined_; }
  /// Meters whose limit has to be written; the empty name: the watermark.
  [[nodiscard]] const std::set<std::string>& sealing_limits() const { return sealing_limits_; }
  [[nodiscard]] Lsn sealing_up_to() const { return sealing_up_to_; }
  [[nodiscard]] std::string sealing_coverage() const { return sealing_coverage_; }

 private:
  Applied absorb(MeterTable::MeterIndex meter, std::string_view meter_id, std::span<const Fact> facts,
                 std::int64_t from_ms);
  Result<void> recover_limits(const persistence::ReadTransaction& disk, std::vector<std::string>& damaged);
  [[nodiscard]] std::int64_t erased_before(MeterTable::MeterIndex meter) const;
  void forget_erased(MeterTable::MeterIndex meter);
  void unpurge(MeterTable::MeterIndex meter);
  void drop_erased_pending();
  void drop_unused_texts();
  void drop_erased_kept(const Erasure& erasure);
  void keep_intervals(std::string_view key, std::string_view payload);
  Result<void> recover_quarantined(const persistence::ReadTransaction& disk, std::vector<std::string>& damaged);
  void hold_against_gate(const SeriesState& before, const Fact& fact);
  bool restore(std::string_view id, std::uint64_t hash, std::string_view sealed, std::uint64_t position,
               const persistence::ReadTransaction& disk);
  void rebuild(MeterTable::MeterIndex meter, std::string_view id, const persistence::ReadTransaction& disk);
  Result<void> recover_meters(const persistence::ReadTransaction& disk, const sharding::ShardKey& key,
                              const Residency& residency, std::vector<std::string>& damaged);

  static constexpr Lsn kNothingUnsealed{~std::uint64_t{0}};

  const ShardId shard_;
  MeterTable meters_;
  ShardLimits limits_;
  sharding::Coverage coverage_;
  PendingFacts pending_;
  std::map<std::int64_t, std::string> texts_;  ///< text value -> text, not yet on the disk
  KeptIntervals kept_;
  std::size_t kept_bytes_ = 0;  ///< of kept_ and sealing_kept_
  std::vector<MeterTable::MeterIndex> joined_;
  std::set<std::string> unsealed_limits_;
  bool erased_texts_ = false;
  Lsn first_pending_ = kNothingUnsealed;
  Lsn sealed_up_to_{0};

  bool complete_ = true;
  bool stopped_ = false;
  bool settling_ = false;
  bool renewing_ = false;
  bool sealing_renews_ = false;
  std::vector<QuarantineNote> quarantined_;
  FoldFault* fault_ = nullptr;

  std::size_t passivated_ = 0;
  /// Seconds, never backwards, and past the beginning of every seal: a meter touched at or before sealed_began_s_ has
  /// nothing unsealed.
  std::uint32_t clock_s_ = 1;
  std::uint32_t sealing_began_s_ = 0;
  std::uint32_t sealed_began_s_ = 0;

  GateKeeper* gates_ = nullptr;
  Attention attention_;

  bool seal_running_ = false;
  PendingFacts sealing_;
  std::map<std::int64_t, std::string> sealing_texts_;
  KeptIntervals sealing_kept_;
  std::vector<MeterTable::MeterIndex> sealing_joined_;
  std::set<std::string> sealing_limits_;
  std::string sealing_coverage_;
  Lsn first_sealing_ = kNothingUnsealed;
  Lsn sealing_up_to_{0};
};

}  // namespace wattring::meter
