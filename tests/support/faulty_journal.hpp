// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

#include "persistence/journal.hpp"
#include "persistence/memory_journal.hpp"

namespace wattring::test {

/// A disk that fails on demand. Without faults it keeps the whole contract of its MemoryJournal.
class FaultyJournal final : public persistence::Journal {
 public:
  enum class Fault {
    refuse,         ///< an I/O error before the commit: nothing is there
    unknown_there,  ///< the commit reports an error, the data is on the disk
    unknown_lost    ///< the commit reports an error, the data is not there
  };

  /// `inner` is the disk; it must outlive this.
  explicit FaultyJournal(persistence::MemoryJournal& inner) : inner_(inner) {}

  /// The n-th commit from now on ends like this; 1 is the next one.
  void fail_commit(std::uint64_t nth, Fault fault);
  /// The next commit that puts anything into this table is refused with an I/O error.
  void refuse_put(persistence::Table table);
  /// Commits that put anything are refused with no_space until told otherwise.
  void set_no_space(bool full);
  /// Nothing in this table can be read from now on but its last key; nothing = it can.
  void set_unreadable(std::optional<persistence::Table> table);
  /// A disk that acknowledges what it has not written: crash() forgets it. An honest commit afterwards syncs all.
  void set_lying(bool lying);
  /// Flips one bit of the k-th value of a table (counted from 0, bit taken modulo its length); false when there is
  /// none.
  bool flip_bit(persistence::Table table, std::size_t k, std::size_t bit);
  /// The machine loses power and comes back: what was not synced is gone, a failed journal is open again.
  void crash();
  [[nodiscard]] std::uint64_t commits() const;

  [[nodiscard]] persistence::CommitResult commit(std::span<const persistence::WriteOp> ops) override;
  [[nodiscard]] Result<std::unique_ptr<persistence::ReadTransaction>> read() const override;
  [[nodiscard]] Result<persistence::JournalUsage> usage() const override;

 private:
  [[nodiscard]] persistence::CommitResult commit_honestly(std::span<const persistence::WriteOp> ops);

  persistence::MemoryJournal& inner_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::map<std::uint64_t, Fault> faults_;  // by number of the commit
  std::optional<persistence::Table> refused_put_;
  std::optional<persistence::Table> unreadable_;
  std::uint64_t commits_ = 0;
  bool no_space_ = false;
  bool lying_ = false;
  bool failed_ = false;
  std::optional<persistence::MemoryJournal::Image> synced_;  // set while something is not synced
};

}  // namespace wattring::test
