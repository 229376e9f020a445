// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/result.hpp"

struct MDB_env;
struct MDB_txn;
struct MDB_cursor;

/// lmdb.h with owners and Results. Only lmdb.cpp knows LMDB's header. Where LMDB finds its own pages broken and would
/// abort the process, the call gives `corrupt`.

namespace wattring::persistence::lmdb {

using Dbi = unsigned;

class Environment {
 public:
  struct Options {
    std::uint64_t map_bytes = 0;
    unsigned max_readers = 0;
    unsigned max_tables = 0;
    bool read_only = false;
  };
  /// Opens or, unless read_only, creates data.mdb and lock.mdb in the directory. Every commit syncs; read transactions
  /// may move between threads (MDB_NOTLS). Slots of readers that died are cleared.
  [[nodiscard]] static Result<Environment> open(const std::filesystem::path& directory, const Options& options);
  Environment(Environment&& other) noexcept : env_(std::exchange(other.env_, nullptr)) {}
  Environment& operator=(Environment&&) = delete;
  ~Environment();

  struct Info {
    std::uint64_t page_bytes = 0;
    std::uint64_t pages = 0;  ///< up to the last one used; the file may end a little earlier
    std::uint64_t map_bytes = 0;
    std::uint64_t last_transaction = 0;
  };
  [[nodiscard]] Info info() const;
  [[nodiscard]] Result<std::uint64_t> file_bytes() const;
  /// Takes blocks of the volume for [from, from + bytes) of the file without changing its size.
  [[nodiscard]] Result<void> allocate(std::uint64_t from, std::uint64_t bytes) const;
  /// The transaction number of the oldest open snapshot of any process; `last` when there is none.
  [[nodiscard]] std::uint64_t oldest_reader(std::uint64_t last) const;
  /// Writes a compacted copy to a file descriptor.
  [[nodiscard]] Result<void> copy_compact(int file_descriptor) const;

  [[nodiscard]] MDB_env* get() const { return env_; }

 private:
  explicit Environment(MDB_env* env) : env_(env) {}
  MDB_env* env_;
};

class Transaction {
 public:
  /// A write transaction belongs to the thread that began it.
  [[nodiscard]] static Result<Transaction> begin(const Environment& env, bool read_only);
  Transaction(Transaction&& other) noexcept : txn_(std::exchange(other.txn_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();  ///< aborts unless committed

  /// not_found when absent and not to be created.
  [[nodiscard]] Result<Dbi> open_table(const char* name, bool create);
  [[nodiscard]] Result<std::string_view> get(Dbi table, std::string_view key) const;
  /// append: the key must be above all others; invalid_argument otherwise.
  [[nodiscard]] Result<void> put(Dbi table, std::string_view key, std::string_view value, bool append);
  /// An absent key is no error.
  [[nodiscard]] Result<void> erase(Dbi table, std::string_view key);
  /// The transaction is over whatever comes back.
  [[nodiscard]] Result<void> commit();
  struct FreePages {
    std::uint64_t all = 0;
    std::uint64_t usable = 0;  ///< freed by transactions up to `oldest`
    std::uint64_t beyond = 0;  ///< with page numbers >= `page`
  };
  [[nodiscard]] Result<FreePages> free_pages(std::uint64_t oldest, std::uint64_t page = ~std::uint64_t{0}) const;

  [[nodiscard]] MDB_txn* get() const { return txn_; }

 private:
  explicit Transaction(MDB_txn* txn) : txn_(txn) {}
  MDB_txn* txn_;
};

class Cursor {
 public:
  [[nodiscard]] static Result<Cursor> open(const Transaction& txn, Dbi table);
  Cursor(Cursor&& other) noexcept
      : cursor_(std::exchange(other.cursor_, nullptr)), key_(other.key_), value_(other.value_) {}
  Cursor& operator=(Cursor&&) = delete;
  ~Cursor();  ///< must end before its transaction does

  /// To the first key >= from; false when there is none. An empty `from` is the first key.
  [[nodiscard]] Result<bool> seek(std::string_view from);
  [[nodiscard]] Result<bool> next();
  [[nodiscard]] Result<bool> last();
  /// Views into the map, valid until the next change of the transaction.
  [[nodiscard]] std::string_view key() const { return key_; }
  [[nodiscard]] std::string_view value() const { return value_; }
  /// Puts a key that is above all others.
  [[nodiscard]] Result<void> append(std::string_view key, std::string_view value);
  /// Erases the current row; next() then gives the one after it.
  [[nodiscard]] Result<void> erase();

 private:
  explicit Cursor(MDB_cursor* cursor) : cursor_(cursor) {}
  [[nodiscard]] Result<bool> move(std::string_view from, int operation);
  MDB_cursor* cursor_;
  std::string_view key_;
  std::string_view value_;
};

}  // namespace wattring::persistence::lmdb
