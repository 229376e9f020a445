// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "persistence/journal.hpp"
#include "persistence/journal_index.hpp"
#include "persistence/record.hpp"

/// Reading the journal back at start. What does not verify is reported, counted and left out; it never stops what
/// comes after it. Errors of the Result are the disk's own (io), not those of values.

namespace wattring::persistence {

/// meta row: u64, sealed; records below it were dropped on purpose.
inline constexpr std::string_view kTruncatedBeforeName = "truncated_before";

/// The least LSN in the journal; next_lsn() when it holds no record.
[[nodiscard]] Result<Lsn> first_lsn(const ReadTransaction& snapshot);
/// The LSN of the next record; above every one that was ever committed, also when all were truncated.
[[nodiscard]] Result<Lsn> next_lsn(const ReadTransaction& snapshot);

/// Something in the journal that did not verify. With an entry: its header is right and says which readings are
/// missing.
struct Damage {
  std::optional<Lsn> lsn;          ///< nothing: the key itself was not an LSN
  std::optional<EntryView> entry;  ///< without payload
  Error error;
};

struct TailReport {
  std::uint64_t records = 0;  ///< read, the bad ones included
  std::uint64_t entries = 0;  ///< handed on
  std::uint64_t bytes = 0;
  std::uint64_t bad_records = 0;
  std::uint64_t bad_entries = 0;
  std::uint64_t missing_records = 0;  ///< gaps between the LSNs that were found
};

/// Visits the entries of the records with lsn >= from, in LSN order; views live until the visitor returns.
using EntryVisitor = std::function<void(Lsn lsn, const EntryView& entry)>;
using DamageVisitor = std::function<void(const Damage& damage)>;
[[nodiscard]] Result<TailReport> read_tail(const ReadTransaction& snapshot, Lsn from, const EntryVisitor& on_entry,
                                           const DamageVisitor& on_damage);

/// The same without looking at the payloads: finds damage of records, not of entries.
[[nodiscard]] Result<TailReport> read_headers(const ReadTransaction& snapshot, Lsn from, const EntryVisitor& on_entry,
                                              const DamageVisitor& on_damage);

/// The index of all entries in the journal that are not local, from the headers alone: payloads are not looked at.
[[nodiscard]] Result<TailReport> rebuild_index(const ReadTransaction& snapshot, JournalIndex& index,
                                               const DamageVisitor& on_damage);

}  // namespace wattring::persistence
