// SPDX-License-Identifier: Apache-2.0
#include "persistence/lmdb.hpp"

#include <fcntl.h>
#include <lmdb.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

namespace wattring::persistence::lmdb {
namespace {

// LMDB's own table: transaction number -> count and numbers of the pages it freed
constexpr Dbi kFreeList = 0;

ErrorCode code_of(int rc) {
  switch (rc) {
    case MDB_NOTFOUND:
    case ENOENT:
      return ErrorCode::not_found;
    case MDB_KEYEXIST:
    case MDB_BAD_VALSIZE:
    case MDB_TXN_FULL:
      return ErrorCode::invalid_argument;
    case MDB_MAP_FULL:
    case ENOSPC:
    case EDQUOT:
      return ErrorCode::no_space;
    case MDB_PAGE_NOTFOUND:
    case MDB_CORRUPTED:
    case MDB_INVALID:
    case MDB_INCOMPATIBLE:
      return ErrorCode::corrupt;
    case MDB_VERSION_MISMATCH:
      return ErrorCode::newer_format;
    case MDB_READERS_FULL:
    case EBUSY:
      return ErrorCode::busy;
    default:
      return ErrorCode::io;
  }
}

Failure failed(std::string_view what, int rc) {
  return fail(code_of(rc), "LMDB: " + std::string(what) + ": " + mdb_strerror(rc));
}

// LMDB's answer to a page that is not what it should be is abort(). Its functions hold nothing that would have to be
// unwound, so an exception may pass them; guarded() ends it.
struct BrokenPage {};
void on_assertion(MDB_env*, const char*) {
  throw BrokenPage{};
}

template <class Call>
int guarded(Call call) {
  try {
    return call();
  } catch (const BrokenPage&) {
    return MDB_CORRUPTED;
  }
}

MDB_val to_val(std::string_view bytes) {
  return {bytes.size(), const_cast<char*>(bytes.data())};
}
std::string_view to_view(const MDB_val& val) {
  return {static_cast<const char*>(val.mv_data), val.mv_size};
}

}  // namespace

Result<Environment> Environment::open(const std::filesystem::path& directory, const Options& options) {
  MDB_env* raw = nullptr;
  if (const int rc = mdb_env_create(&raw); rc != 0) return failed("create environment", rc);
  Environment env(raw);
  int rc = mdb_env_set_assert(raw, on_assertion);
  if (rc == 0) rc = mdb_env_set_mapsize(raw, options.map_bytes);
  if (rc == 0) rc = mdb_env_set_maxdbs(raw, options.max_tables);
  if (rc == 0) rc = mdb_env_set_maxreaders(raw, options.max_readers);
  const unsigned flags = MDB_NOTLS | (options.read_only ? MDB_RDONLY : 0U);
  if (rc == 0) rc = guarded([&] { return mdb_env_open(raw, directory.c_str(), flags, 0640); });
  if (rc != 0) return failed("open " + directory.string(), rc);
  int dead = 0;
  if (rc = mdb_reader_check(raw, &dead); rc != 0) return failed("check readers of " + directory.string(), rc);
  return env;
}

Environment::~Environment() {
  if (env_ != nullptr) mdb_env_close(env_);
}

Environment::Info Environment::info() const {
  MDB_envinfo info{};
  MDB_stat stat{};
  mdb_env_info(env_, &info);
  mdb_env_stat(env_, &stat);
  return {stat.ms_psize, info.me_last_pgno + 1, info.me_mapsize, info.me_last_txnid};
}

Result<std::uint64_t> Environment::file_bytes() const {
  int fd = -1;
  struct stat status {};
  if (mdb_env_get_fd(env_, &fd) != 0 || fstat(fd, &status) != 0)
    return fail(ErrorCode::io, std::string("size of the journal's file: ") + std::strerror(errno));
  return static_cast<std::uint64_t>(status.st_size);
}

Result<void> Environment::allocate(std::uint64_t from, std::uint64_t bytes) const {
  int fd = -1;
  if (mdb_env_get_fd(env_, &fd) != 0 ||
      fallocate(fd, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(from), static_cast<off_t>(bytes)) != 0)
    return fail(errno == ENOSPC ? ErrorCode::no_space : ErrorCode::io,
                "take " + std::to_string(bytes) + " bytes ahead for the journal: " + std::strerror(errno));
  return {};
}

std::uint64_t Environment::oldest_reader(std::uint64_t last) const {
  std::uint64_t oldest = last;
  // A line a reader, "pid thread txnid" or "... -" for one that is idle; the API offers nothing but this text.
  const auto read_line = [](const char* line, void* context) {
    const char* number = std::strrchr(line, ' ');
    char* end = nullptr;
    const std::uint64_t id = number == nullptr ? 0 : std::strtoull(number, &end, 10);
    auto& least = *static_cast<std::uint64_t*>(context);
    if (id != 0) least = std::min(least, id);
    return 0;
  };
  mdb_reader_list(env_, read_line, &oldest);
  return oldest;
}

Result<void> Environment::copy_compact(int file_descriptor) const {
  if (const int rc = mdb_env_copyfd2(env_, file_descriptor, MDB_CP_COMPACT); rc != 0) return failed("copy", rc);
  return {};
}

Result<Transaction> Transaction::begin(const Environment& env, bool read_only) {
  MDB_txn* txn = nullptr;
  if (const int rc = mdb_txn_begin(env.get(), nullptr, read_only ? MDB_RDONLY : 0, &txn); rc != 0)
    return failed(read_only ? "begin a snapshot" : "begin a transaction", rc);
  return Transaction(txn);
}

Transaction::~Transaction() {
  if (txn_ != nullptr) mdb_txn_abort(txn_);
}

Result<Dbi> Transaction::open_table(const char* name, bool create) {
  Dbi dbi = 0;
  if (const int rc = guarded([&] { return mdb_dbi_open(txn_, name, create ? MDB_CREATE : 0, &dbi); }); rc != 0)
    return failed(std::string("open table ") + name, rc);
  return dbi;
}

Result<std::string_view> Transaction::get(Dbi table, std::string_view key) const {
  MDB_val k = to_val(key);
  MDB_val v{};
  if (const int rc = guarded([&] { return mdb_get(txn_, table, &k, &v); }); rc != 0) return failed("get", rc);
  return to_view(v);
}

Result<void> Transaction::put(Dbi table, std::string_view key, std::string_view value, bool append) {
  MDB_val k = to_val(key);
  MDB_val v = to_val(value);
  if (const int rc = guarded([&] { return mdb_put(txn_, table, &k, &v, append ? MDB_APPEND : 0); }); rc != 0)
    return failed(append ? "append" : "put", rc);
  return {};
}

Result<void> Transaction::erase(Dbi table, std::string_view key) {
  MDB_val k = to_val(key);
  if (const int rc = guarded([&] { return mdb_del(txn_, table, &k, nullptr); }); rc != 0 && rc != MDB_NOTFOUND)
    return failed("erase", rc);
  return {};
}

Result<void> Transaction::commit() {
  if (const int rc = guarded([&] { return mdb_txn_commit(std::exchange(txn_, nullptr)); }); rc != 0)
    return failed("commit", rc);
  return {};
}

Result<Transaction::FreePages> Transaction::free_pages(std::uint64_t oldest, std::uint64_t page) const {
  MDB_cursor* cursor = nullptr;
  if (const int rc = mdb_cursor_open(txn_, kFreeList, &cursor); rc != 0) return failed("read the free list", rc);
  FreePages out;
  MDB_val key{};
  MDB_val value{};
  int rc = 0;
  while ((rc = guarded([&] { return mdb_cursor_get(cursor, &key, &value, MDB_NEXT); })) == 0) {
    std::size_t id = 0;
    std::size_t count = 0;
    if (key.mv_size != sizeof(id) || value.mv_size < sizeof(count)) continue;
    std::memcpy(&id, key.mv_data, sizeof(id));
    std::memcpy(&count, value.mv_data, sizeof(count));
    out.all += count;
    if (id <= oldest) out.usable += count;
    const auto* words = static_cast<const char*>(value.mv_data);
    for (std::size_t i = 1; page != ~std::uint64_t{0} && i <= count && (i + 1) * sizeof(id) <= value.mv_size; ++i) {
      std::size_t number = 0;
      std::memcpy(&number, words + i * sizeof(number), sizeof(number));
      if (number >= page) ++out.beyond;
    }
  }
  mdb_cursor_close(cursor);
  if (rc != MDB_NOTFOUND) return failed("read the free list", rc);
  return out;
}

Result<Cursor> Cursor::open(const Transaction& txn, Dbi table) {
  MDB_cursor* cursor = nullptr;
  if (const int rc = mdb_cursor_open(txn.get(), table, &cursor); rc != 0) return failed("open a cursor", rc);
  return Cursor(cursor);
}

Cursor::~Cursor() {
  if (cursor_ != nullptr) mdb_cursor_close(cursor_);
}

Result<bool> Cursor::move(std::string_view from, int operation) {
  MDB_val k = to_val(from);
  MDB_val v{};
  const int rc = guarded([&] { return mdb_cursor_get(cursor_, &k, &v, static_cast<MDB_cursor_op>(operation)); });
  if (rc == MDB_NOTFOUND) return false;
  if (rc != 0) return failed("read", rc);
  key_ = to_view(k);
  value_ = to_view(v);
  return true;
}

Result<bool> Cursor::seek(std::string_view from) {
  return move(from, from.empty() ? MDB_FIRST : MDB_SET_RANGE);
}
Result<bool> Cursor::next() {
  return move({}, MDB_NEXT);
}
Result<bool> Cursor::last() {
  return move({}, MDB_LAST);
}

Result<void> Cursor::append(std::string_view key, std::string_view value) {
  MDB_val k = to_val(key);
  MDB_val v = to_val(value);
  if (const int rc = guarded([&] { return mdb_cursor_put(cursor_, &k, &v, MDB_APPEND); }); rc != 0)
    return failed("append", rc);
  return {};
}

Result<void> Cursor::erase() {
  if (const int rc = guarded([&] { return mdb_cursor_del(cursor_, 0); }); rc != 0) return failed("erase", rc);
  return {};
}

}  // namespace wattring::persistence::lmdb
