// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

/// The door to the disk: named ordered tables and atomic durable commits. Implementations: LmdbJournal (production),
/// MemoryJournal (tests, simulator), FaultyJournal (wraps either). One contract suite holds all of them to this page.

namespace wattring::persistence {

/// The named databases of a node; keys and values are described in docs/protocols/data-directory.md.
enum class Table : std::uint8_t {
  meta,        ///< name -> identity, boot count, format version
  journal,     ///< LSN u64 -> record: a pack of entries
  coverage,    ///< shard -> what the sealed facts cover
  applied,     ///< shard -> LSN up to which its entries are sealed
  meter,       ///< shard, meter id -> snapshot
  series,      ///< shard, day, meter id, register, part -> chunk of readings
  interval,    ///< shard, day, meter id, register -> chunk of intervals whose readings were dropped by retention
  text,        ///< shard, text value -> text of text facts
  alert,       ///< shard, alert id -> alert
  outbox,      ///< seq -> notification not yet delivered
  catalog,     ///< name -> cluster-wide document
  quarantine,  ///< shard, LSN, number -> readings that their meter could not fold
  limit,       ///< shard -> watermark of retention; shard, meter id -> what was erased of the meter
};
inline constexpr std::size_t kTableCount = 13;
/// A directory of the first release has only these; the others are added when it is opened for writing.
inline constexpr std::size_t kFirstTableCount = 11;
[[nodiscard]] std::string_view to_string(Table table);

/// Keys are at most 511 bytes (LMDB's limit) and never empty.
inline constexpr std::size_t kKeyBytesMax = 511;
/// Keys of Table::journal are LSNs, always this long.
inline constexpr std::size_t kJournalKeyBytes = 8;
inline constexpr std::size_t kValueBytesMax = 64U << 20U;

struct WriteOp {
  enum class Kind : std::uint8_t {
    put,     ///< insert or replace
    append,  ///< put of a key above every key in the table; cheaper. Out of order = the commit is refused.
    erase    ///< absent key: nothing happens
  };
  Kind kind = Kind::put;
  Table table = Table::meta;
  std::string_view key;    ///< owned by the caller until commit() returns
  std::string_view value;  ///< likewise; raw bytes, the envelope of format.hpp already around them
};

/// Why no journal takes this operation whatever it holds: sizes. Nothing when it is fine.
[[nodiscard]] std::optional<Error> problem_of(const WriteOp& op);

enum class CommitStatus {
  committed,  ///< everything is on the disk, synced
  refused,    ///< nothing of it is there and the journal goes on: no space, map full
  unknown     ///< it may or may not be there; nothing may be written any more until the directory is reopened
};
struct CommitResult {
  CommitStatus status = CommitStatus::committed;
  Error error;  ///< meaningful unless committed
};

/// A consistent snapshot. Bytes it returns live as long as it does. One thread at a time; keep it for one request
/// only: a long reader keeps the file from reusing pages.
class ReadTransaction {
 public:
  virtual ~ReadTransaction() = default;
  /// not_found when absent; io when the disk fails.
  [[nodiscard]] virtual Result<std::string_view> get(Table table, std::string_view key) const = 0;
  /// Visits keys >= from, ascending, until the visitor returns false. The bytes of `from` must not change meanwhile.
  /// Records of Table::journal live only until the visitor returns: they may be put together for the visit.
  using Visitor = std::function<bool(std::string_view key, std::string_view value)>;
  [[nodiscard]] virtual Result<void> scan(Table table, std::string_view from, const Visitor& visit) const = 0;
  /// The greatest key of the table; not_found when empty.
  [[nodiscard]] virtual Result<std::string_view> last_key(Table table) const = 0;
};

struct JournalUsage {
  std::uint64_t used_bytes = 0;         ///< pages in use
  std::uint64_t reusable_bytes = 0;     ///< free pages inside the file
  std::uint64_t file_bytes = 0;         ///< the file's size
  std::uint64_t map_bytes = 0;          ///< the most it may grow to
  std::uint64_t disk_free_bytes = 0;    ///< room left on the volume
  std::uint64_t disk_bytes = 0;         ///< the volume's size
  std::uint64_t oldest_reader_lag = 0;  ///< transactions committed since the oldest open snapshot was taken
};

class Journal {
 public:
  virtual ~Journal() = default;
  /// One transaction, all or nothing, durable on return. One thread (the journal writer) only.
  [[nodiscard]] virtual CommitResult commit(std::span<const WriteOp> ops) = 0;
  /// Any thread.
  [[nodiscard]] virtual Result<std::unique_ptr<ReadTransaction>> read() const = 0;
  /// Any thread.
  [[nodiscard]] virtual Result<JournalUsage> usage() const = 0;
};

}  // namespace wattring::persistence
