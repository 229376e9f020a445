// SPDX-License-Identifier: Apache-2.0
#include "persistence/lmdb_journal.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <deque>
#include <string>
#include <system_error>
#include <utility>

#include "base/bytes.hpp"
#include "persistence/lmdb.hpp"

namespace wattring::persistence {
namespace {

using Tables = std::array<lmdb::Dbi, kTableCount>;
/// A table that the directory of an older release does not have.
constexpr lmdb::Dbi kNoTable = ~lmdb::Dbi{0};

// Two pages less LMDB's page header. A larger piece needs a longer run of free pages, and looking for one in a
// fragmented free list costs more than the write; see the decision record.
constexpr std::size_t kPieceBytes = 8176;

std::string piece_key(std::string_view lsn_key, std::size_t piece) {
  std::string key(lsn_key);
  ByteWriter(key).u16_be(static_cast<std::uint16_t>(piece));
  return key;
}
static_assert(kValueBytesMax / kPieceBytes < 65535);

std::string_view lsn_part(std::string_view physical_key) {
  return physical_key.substr(0, kJournalKeyBytes);
}

Failure from_system(const std::string& what) {
  const auto code = errno == ENOSPC ? ErrorCode::no_space : errno == EEXIST ? ErrorCode::already_exists : ErrorCode::io;
  return fail(code, what + ": " + std::strerror(errno));
}

// Records as the door shows them: rows of one LSN put together.
class RecordCursor {
 public:
  explicit RecordCursor(lmdb::Cursor cursor) : cursor_(std::move(cursor)) {}

  Result<void> seek(std::string_view from) { return take(cursor_.seek(from)); }

  // Fills key and value; false at the end. Views live until the next call; `buffer` holds what had to be put together.
  Result<bool> next(std::string_view& key, std::string_view& value, std::string& buffer) {
    if (!on_row_) return false;
    key = lsn_part(cursor_.key());
    value = cursor_.value();
    if (auto moved = take(cursor_.next()); !moved) return tl::unexpected(moved.error());
    if (!on_row_ || lsn_part(cursor_.key()) != key) return true;
    buffer.assign(value);
    while (on_row_ && lsn_part(cursor_.key()) == key) {
      buffer.append(cursor_.value());
      if (auto moved = take(cursor_.next()); !moved) return tl::unexpected(moved.error());
    }
    value = buffer;
    return true;
  }

 private:
  Result<void> take(Result<bool> moved) {
    if (!moved) return tl::unexpected(moved.error());
    on_row_ = *moved;
    return {};
  }
  lmdb::Cursor cursor_;
  bool on_row_ = false;
};

class Snapshot final : public ReadTransaction {
 public:
  Snapshot(lmdb::Transaction txn, const Tables& tables) : txn_(std::move(txn)), tables_(tables) {}

  [[nodiscard]] Result<std::string_view> get(Table table, std::string_view key) const override {
    if (key.empty() || key.size() > kKeyBytesMax) return absent(table);
    if (dbi(table) == kNoTable) return absent(table);
    if (table == Table::journal) return get_record(key);
    auto value = txn_.get(dbi(table), key);
    if (!value && value.error().code == ErrorCode::not_found) return absent(table);
    return value;
  }

  [[nodiscard]] Result<void> scan(Table table, std::string_view from, const Visitor& visit) const override {
    if (dbi(table) == kNoTable) return {};
    auto cursor = lmdb::Cursor::open(txn_, dbi(table));
    if (!cursor) return tl::unexpected(cursor.error());
    if (table == Table::journal) return scan_records(std::move(*cursor), from, visit);
    auto on_row = cursor->seek(from.substr(0, kKeyBytesMax));
    for (; on_row && *on_row; on_row = cursor->next())
      if (cursor->key() >= from && !visit(cursor->key(), cursor->value())) return {};
    if (!on_row) return tl::unexpected(on_row.error());
    return {};
  }

  [[nodiscard]] Result<std::string_view> last_key(Table table) const override {
    if (dbi(table) == kNoTable) return empty(table);
    auto cursor = lmdb::Cursor::open(txn_, dbi(table));
    if (!cursor) return tl::unexpected(cursor.error());
    const auto on_row = cursor->last();
    if (!on_row) return tl::unexpected(on_row.error());
    if (!*on_row) return empty(table);
    return table == Table::journal ? lsn_part(cursor->key()) : cursor->key();
  }

 private:
  [[nodiscard]] lmdb::Dbi dbi(Table table) const { return tables_[static_cast<std::size_t>(table)]; }
  static Failure empty(Table table) {
    return fail(ErrorCode::not_found, "table " + std::string(to_string(table)) + " is empty");
  }
  static Failure absent(Table table) {
    return fail(ErrorCode::not_found, "no such key in table " + std::string(to_string(table)));
  }

  [[nodiscard]] Result<std::string_view> get_record(std::string_view key) const {
    auto cursor = lmdb::Cursor::open(txn_, dbi(Table::journal));
    if (!cursor) return tl::unexpected(cursor.error());
    RecordCursor records(std::move(*cursor));
    if (auto sought = records.seek(key); !sought) return tl::unexpected(sought.error());
    std::string_view at;
    std::string_view value;
    std::string buffer;
    const auto on_record = records.next(at, value, buffer);
    if (!on_record) return tl::unexpected(on_record.error());
    if (!*on_record || at != key) return absent(Table::journal);
    if (buffer.empty()) return value;
    return std::string_view(assembled_.emplace_back(std::move(buffer)));
  }

  static Result<void> scan_records(lmdb::Cursor cursor, std::string_view from, const Visitor& visit) {
    RecordCursor records(std::move(cursor));
    if (auto sought = records.seek(from.substr(0, kJournalKeyBytes)); !sought) return sought;
    std::string_view key;
    std::string_view value;
    std::string buffer;
    while (true) {
      const auto on_record = records.next(key, value, buffer);
      if (!on_record) return tl::unexpected(on_record.error());
      if (!*on_record) return {};
      if (key >= from && !visit(key, value)) return {};
    }
  }

  lmdb::Transaction txn_;
  const Tables& tables_;
  // Records that were asked for by key and had to be put together; what get() returned lives here.
  mutable std::deque<std::string> assembled_;
};

// One write transaction.
class Change {
 public:
  Change(lmdb::Transaction& txn, const Tables& tables) : txn_(txn), tables_(tables) {}

  Result<void> apply(const WriteOp& op) {
    if (op.table == Table::journal) return apply_to_journal(op);
    const lmdb::Dbi dbi = tables_[static_cast<std::size_t>(op.table)];
    if (op.kind == WriteOp::Kind::erase) return txn_.erase(dbi, op.key);
    return txn_.put(dbi, op.key, op.value, op.kind == WriteOp::Kind::append);
  }

 private:
  Result<void> apply_to_journal(const WriteOp& op) {
    if (!cursor_) {
      auto cursor = lmdb::Cursor::open(txn_, tables_[static_cast<std::size_t>(Table::journal)]);
      if (!cursor) return tl::unexpected(cursor.error());
      cursor_.emplace(std::move(*cursor));
    }
    if (op.kind != WriteOp::Kind::append)
      if (auto erased = erase_pieces(op.key); !erased) return erased;
    if (op.kind == WriteOp::Kind::erase) return {};
    const bool append = op.kind == WriteOp::Kind::append;
    std::size_t piece = 0;
    std::string_view rest = op.value;
    do {
      const std::string key = piece_key(op.key, piece++);
      const std::string_view part = rest.substr(0, kPieceBytes);
      auto put = append ? cursor_->append(key, part)
                        : txn_.put(tables_[static_cast<std::size_t>(Table::journal)], key, part, false);
      if (!put) return put;
      rest.remove_prefix(part.size());
    } while (!rest.empty());
    return {};
  }

  Result<void> erase_pieces(std::string_view key) {
    auto on_row = cursor_->seek(piece_key(key, 0));
    while (on_row && *on_row && lsn_part(cursor_->key()) == key) {
      if (auto erased = cursor_->erase(); !erased) return erased;
      on_row = cursor_->next();
    }
    if (!on_row) return tl::unexpected(on_row.error());
    return {};
  }

  lmdb::Transaction& txn_;
  const Tables& tables_;
  std::optional<lmdb::Cursor> cursor_;
};

// create: all tables; else those that this release has added, unless the environment is only read: then they are empty.
Result<Tables> open_tables(const lmdb::Environment& env, bool create, bool read_only) {
  auto txn = lmdb::Transaction::begin(env, read_only);
  if (!txn) return tl::unexpected(txn.error());
  Tables tables{};
  for (std::size_t i = 0; i < kTableCount; ++i) {
    const std::string name(to_string(static_cast<Table>(i)));
    const bool added = i >= kFirstTableCount;
    auto dbi = txn->open_table(name.c_str(), create || (added && !read_only));
    if (!dbi && dbi.error().code == ErrorCode::not_found && added) dbi = kNoTable;
    if (!dbi && dbi.error().code == ErrorCode::not_found)
      return fail(ErrorCode::corrupt, "the journal has no table \"" + name + "\"",
                  "the file is not wattring's or was damaged; restore it from another node");
    if (!dbi) return tl::unexpected(dbi.error());
    tables[i] = *dbi;
  }
  if (auto done = txn->commit(); !done) return tl::unexpected(done.error());
  return tables;
}

// Reading behind the end of the file would kill the process (SIGBUS). The file may end before its last page, when the
// pages after that were freed before they were ever written; then it is made as long as LMDB believes it to be.
// Otherwise it was cut.
Result<void> extend_to_last_page(const lmdb::Environment& env, const std::filesystem::path& file) {
  const auto size = env.file_bytes();
  if (!size) return tl::unexpected(size.error());
  const auto info = env.info();
  const std::uint64_t wanted = info.pages * info.page_bytes;
  if (*size >= wanted) return {};
  std::error_code error;
  std::filesystem::resize_file(file, wanted, error);
  if (!error) {
    const std::uint64_t there = *size / info.page_bytes;
    const auto txn = lmdb::Transaction::begin(env, true);
    const auto free = txn ? txn->free_pages(0, there) : tl::unexpected(txn.error());
    if (free && free->beyond == info.pages - there) return {};
    std::error_code ignored;
    std::filesystem::resize_file(file, *size, ignored);
  }
  return fail(ErrorCode::corrupt,
              file.string() + " was cut: it has " + std::to_string(*size) + " bytes, its last page ends at " +
                  std::to_string(wanted),
              "if it is a copy, copy it again; otherwise start with an empty directory and let the cluster fill it");
}

}  // namespace

struct LmdbJournal::State {
  std::filesystem::path directory;
  Options options;
  lmdb::Environment env;
  Tables tables;
  std::atomic<bool> failed{false};
  std::uint64_t held_until = 0;  ///< position in the file
};

LmdbJournal::LmdbJournal(std::unique_ptr<State> state) : state_(std::move(state)) {}
LmdbJournal::~LmdbJournal() = default;

Result<std::unique_ptr<LmdbJournal>> LmdbJournal::open(const std::filesystem::path& directory, const Options& options) {
  const std::filesystem::path file = directory / "data.mdb";
  const bool create = options.create && !options.read_only;
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error && !create) return fail(ErrorCode::not_found, "no journal at " + file.string() + ": " + error.message());
  // LMDB takes an empty file for a new one.
  if (!error && size == 0 && !create) return fail(ErrorCode::corrupt, "the journal " + file.string() + " is empty");
  auto env = lmdb::Environment::open(
      directory, {options.map_bytes, options.max_readers, static_cast<unsigned>(kTableCount), options.read_only});
  if (!env) return tl::unexpected(env.error());
  if (auto extended = extend_to_last_page(*env, file); !extended) return tl::unexpected(extended.error());
  auto tables = open_tables(*env, create, options.read_only);
  if (!tables) return tl::unexpected(tables.error());
  std::unique_ptr<State> state(new State{directory, options, std::move(*env), *tables, false, 0});
  return std::unique_ptr<LmdbJournal>(new LmdbJournal(std::move(state)));
}

CommitResult LmdbJournal::commit(std::span<const WriteOp> ops) {
  if (state_->failed.load())
    return {CommitStatus::unknown,
            {ErrorCode::unknown_outcome, "an earlier commit failed; the journal must be reopened", ""}};
  if (state_->options.read_only)
    return {CommitStatus::refused, {ErrorCode::invalid_argument, "the journal is open for reading only", ""}};
  for (const WriteOp& op : ops)
    if (auto problem = problem_of(op)) return {CommitStatus::refused, std::move(*problem)};
  auto txn = lmdb::Transaction::begin(state_->env, false);
  if (!txn) return {CommitStatus::refused, txn.error()};
  {
    Change change(*txn, state_->tables);
    for (const WriteOp& op : ops)
      if (auto applied = change.apply(op); !applied) return {CommitStatus::refused, applied.error()};
  }
  if (auto committed = txn->commit(); !committed) {
    state_->failed.store(true);
    return {CommitStatus::unknown,
            {ErrorCode::unknown_outcome, committed.error().message, "restart; what was stored is read again"}};
  }
  return {};
}

Result<std::unique_ptr<ReadTransaction>> LmdbJournal::read() const {
  auto txn = lmdb::Transaction::begin(state_->env, true);
  if (!txn) return tl::unexpected(txn.error());
  return std::make_unique<Snapshot>(std::move(*txn), state_->tables);
}

Result<JournalUsage> LmdbJournal::usage() const {
  const auto info = state_->env.info();
  const std::uint64_t oldest = state_->env.oldest_reader(info.last_transaction);
  const auto file_bytes = state_->env.file_bytes();
  if (!file_bytes) return tl::unexpected(file_bytes.error());
  const auto txn = lmdb::Transaction::begin(state_->env, true);
  if (!txn) return tl::unexpected(txn.error());
  const auto free = txn->free_pages(oldest);
  if (!free) return tl::unexpected(free.error());
  struct statvfs volume {};
  if (statvfs(state_->directory.c_str(), &volume) != 0) return from_system("room at " + state_->directory.string());
  JournalUsage usage;
  usage.used_bytes = (info.pages - std::min(info.pages, free->all)) * info.page_bytes;
  usage.reusable_bytes = free->usable * info.page_bytes;
  usage.file_bytes = *file_bytes;
  usage.map_bytes = info.map_bytes;
  usage.disk_free_bytes = std::uint64_t{volume.f_bavail} * volume.f_frsize;
  usage.disk_bytes = std::uint64_t{volume.f_blocks} * volume.f_frsize;
  usage.oldest_reader_lag = info.last_transaction - oldest;
  return usage;
}

Result<void> LmdbJournal::hold_ahead(std::uint64_t bytes) {
  const auto info = state_->env.info();
  const std::uint64_t from = info.pages * info.page_bytes;
  const std::uint64_t until = std::min(from + bytes, info.map_bytes);
  // Not for every page: each call touches the inode.
  if (until <= state_->held_until + bytes / 4) return {};
  auto held = state_->env.allocate(from, until - from);
  if (held) state_->held_until = until;
  return held;
}

Result<void> LmdbJournal::copy_compact(const std::filesystem::path& file) const {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  if (fd < 0) return from_system("create " + file.string());
  auto copied = state_->env.copy_compact(fd);
  if (copied && fsync(fd) != 0) copied = from_system("sync " + file.string());
  if (close(fd) != 0 && copied) copied = from_system("close " + file.string());
  return copied;
}

}  // namespace wattring::persistence
