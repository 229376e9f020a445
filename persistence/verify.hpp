// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "persistence/journal.hpp"
#include "persistence/record.hpp"

/// Looking at a closed directory: what `wattringd journal verify|stat|dump` do. Errors of the Result are the disk's
/// own; what does not hold is a finding.

namespace wattring::persistence {

/// One line for people, without the line end.
using LineSink = std::function<void(std::string_view line)>;
/// Decodes an opened value of a table (a series chunk, a snapshot...) for the sake of its errors.
using ValueCheck = std::function<Result<void>(Table table, std::string_view key, std::string_view payload)>;
/// Decodes an entry's payload for the sake of its errors.
using EntryCheck = std::function<Result<void>(const EntryView& entry)>;
/// An entry's payload in one line for people.
using EntryPrinter = std::function<std::string(const EntryView& entry)>;

struct VerifyReport {
  std::uint64_t values = 0;
  std::uint64_t bytes = 0;
  std::uint64_t records = 0;
  std::uint64_t entries = 0;
  /// Places where a stream goes on with a later sequence than the next one: no fault in a copy that began late or got
  /// its entries out of order, but the chain cannot be followed there.
  std::uint64_t stream_gaps = 0;
  std::uint64_t findings = 0;
  [[nodiscard]] bool ok() const { return findings == 0; }
};
/// Every value of every table: envelope, key, decoding; every record: structure, checksums, LSNs without gaps, chains
/// without breaks within a stream. Findings go to `sink`, the first 100 in full. The checks may be empty.
[[nodiscard]] Result<VerifyReport> verify(const ReadTransaction& snapshot, const ValueCheck& check_value,
                                          const EntryCheck& check_entry, const LineSink& sink);

struct TableStat {
  std::uint64_t values = 0;
  std::uint64_t key_bytes = 0;
  std::uint64_t value_bytes = 0;
};
struct JournalStat {
  std::array<TableStat, kTableCount> tables{};
  Lsn first_lsn;  ///< 0 when the journal holds no record
  Lsn last_lsn;
  std::uint64_t entries = 0;
  std::uint64_t shards = 0;
  std::uint64_t writers = 0;
  std::uint64_t bad_records = 0;
};
[[nodiscard]] Result<JournalStat> stat(const ReadTransaction& snapshot);

struct DumpOptions {
  std::optional<ShardId> shard;  ///< only entries of this shard
  Lsn from{0};
  std::uint64_t records_max = ~std::uint64_t{0};
};
/// A line a record, a line an entry. `print` may be empty; then payloads are given by their length only.
[[nodiscard]] Result<void> dump(const ReadTransaction& snapshot, const DumpOptions& options, const EntryPrinter& print,
                                const LineSink& sink);

}  // namespace wattring::persistence
