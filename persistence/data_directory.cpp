// SPDX-License-Identifier: Apache-2.0
#include "persistence/data_directory.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/units.hpp"
#include "persistence/files.hpp"
#include "persistence/format.hpp"

namespace wattring::persistence {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIdentityName = "identity";
constexpr std::string_view kBootCountName = "boot_count";
constexpr const char* kIdentityFile = "IDENTITY";
constexpr const char* kLockFile = "LOCK";
constexpr const char* kBallastFile = "ballast";
constexpr const char* kJournalFile = "data.mdb";
constexpr const char* kCompactingFolder = "compacting";
constexpr const char* kInitHint =
    "make one with \"wattringd init\"; if there was one, check that its volume is mounted";
// Address space for the two rows that init writes.
constexpr std::uint64_t kInitMapBytes = 64U << 20U;
// A few slices of a checkpoint with the pages LMDB copies for them; what they free is used again after two commits.
constexpr std::uint64_t kHeldAheadBytes = 16 * kMiB;

std::string sealed_u64(std::string_view name, std::uint64_t value) {
  std::string payload;
  ByteWriter(payload).u64_be(value);
  return seal_value(payload, position_of(name));
}

Result<std::string_view> meta_row(const ReadTransaction& snapshot, std::string_view name) {
  auto sealed = snapshot.get(Table::meta, name);
  if (!sealed) {
    if (sealed.error().code != ErrorCode::not_found) return sealed;
    return fail(ErrorCode::corrupt, "the journal has no row \"" + std::string(name) + "\"");
  }
  return open_value(*sealed, position_of(name));
}

Result<Identity> read_identity(const ReadTransaction& snapshot) {
  const auto payload = meta_row(snapshot, kIdentityName);
  if (!payload) return tl::unexpected(payload.error());
  return decode_identity(*payload);
}

Result<std::uint64_t> read_boot_count(const ReadTransaction& snapshot) {
  const auto payload = meta_row(snapshot, kBootCountName);
  if (!payload) return tl::unexpected(payload.error());
  ByteReader in(*payload);
  const std::uint64_t count = in.u64_be();
  if (!in.at_end()) return fail(ErrorCode::corrupt, "the journal's boot count does not decode");
  return count;
}

Result<void> committed(const CommitResult& result) {
  if (result.status == CommitStatus::committed) return {};
  return Failure(result.error);
}

Result<void> write_first_rows(const fs::path& path, const Identity& identity) {
  LmdbJournal::Options options;
  options.map_bytes = kInitMapBytes;
  const auto journal = LmdbJournal::open(path, options);
  if (!journal) return tl::unexpected(journal.error());
  const std::string sealed = seal_value(encode(identity), position_of(kIdentityName));
  const std::string boots = sealed_u64(kBootCountName, 0);
  const std::array<WriteOp, 2> ops{{{WriteOp::Kind::put, Table::meta, kIdentityName, sealed},
                                    {WriteOp::Kind::put, Table::meta, kBootCountName, boots}}};
  return committed((*journal)->commit(ops));
}

// What the directory claims to be, before anything of it is opened.
Result<IdentityFile> inspect(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error))
    return fail(ErrorCode::not_found, "there is no data directory at " + path.string(), kInitHint);
  const auto text = read_file(path / kIdentityFile, 64U << 10U);
  if (!text && text.error().code != ErrorCode::not_found) return tl::unexpected(text.error());
  if (!text) {
    const auto empty = is_empty_directory(path);
    if (!empty) return tl::unexpected(empty.error());
    if (*empty) return fail(ErrorCode::not_found, path.string() + " is not initialised: it is empty", kInitHint);
    if (fs::exists(path / kJournalFile, error))
      return fail(ErrorCode::corrupt, path.string() + " has a journal but no file IDENTITY",
                  "if \"wattringd init\" was interrupted there, empty the directory and run it again");
    return fail(ErrorCode::not_found, path.string() + " is not a data directory", kInitHint);
  }
  auto file = parse_identity_file(*text);
  if (!file) return fail(file.error().code, path.string() + ": " + file.error().message);
  if (file->format_version > kDataFormatVersion)
    return fail(ErrorCode::newer_format,
                path.string() + " has format " + std::to_string(file->format_version) + ", this release knows " +
                    std::to_string(kDataFormatVersion),
                "run the release that wrote it, or a newer one");
  return file;
}

Result<void> match(const fs::path& path, const Identity& identity, const IdentityFile& file,
                   const DataDirectory::Options& options) {
  if (identity.cluster != file.cluster || identity.node != file.node)
    return fail(ErrorCode::wrong_identity,
                path.string() + ": IDENTITY names node " + to_hex(file.node.bytes) + ", the journal is that of " +
                    to_hex(identity.node.bytes),
                "the files of two directories were mixed; restore them");
  if (options.expect_cluster && *options.expect_cluster != identity.cluster)
    return fail(ErrorCode::wrong_identity,
                path.string() + " belongs to cluster " + to_hex(identity.cluster.bytes) + ", not to " +
                    to_hex(options.expect_cluster->bytes),
                "check the configured data directory");
  if (options.expect_cluster_name && *options.expect_cluster_name != identity.cluster_name)
    return fail(ErrorCode::wrong_identity,
                path.string() + " belongs to cluster \"" + identity.cluster_name + "\", not to \"" +
                    *options.expect_cluster_name + "\"",
                "check the configured data directory");
  return {};
}

Result<void> same_content(const LmdbJournal& one, const LmdbJournal& other) {
  const auto a = one.read();
  const auto b = other.read();
  if (!a || !b) return tl::unexpected(a ? b.error() : a.error());
  for (std::size_t i = 0; i < kTableCount; ++i) {
    const auto table = static_cast<Table>(i);
    std::uint64_t rows[2] = {0, 0};
    bool same = true;
    auto compared = (*a)->scan(table, {}, [&](std::string_view key, std::string_view value) {
      ++rows[0];
      const auto copy = (*b)->get(table, key);
      same = copy && *copy == value;
      return same;
    });
    if (!compared) return compared;
    auto counted = (*b)->scan(table, {}, [&](std::string_view, std::string_view) { return ++rows[1] > 0; });
    if (!counted) return counted;
    if (!same || rows[0] != rows[1])
      return fail(ErrorCode::corrupt, "the compacted copy differs in table " + std::string(to_string(table)),
                  "the journal was left as it is; run \"wattringd journal verify\"");
  }
  return {};
}

}  // namespace

DataDirectory::DataDirectory() = default;
DataDirectory::~DataDirectory() = default;

LmdbJournal& DataDirectory::journal() {
  WATTRING_CHECK(journal_ != nullptr);
  return *journal_;
}

Result<void> DataDirectory::init(const fs::path& path, const Identity& identity) {
  if (auto sound = check(identity); !sound) return sound;
  std::error_code error;
  const bool made = fs::create_directory(path, error);
  if (error) return fail(ErrorCode::io, "create " + path.string() + ": " + error.message());
  if (made) fs::permissions(path, fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec, error);
  const auto empty = is_empty_directory(path);
  if (!empty) return tl::unexpected(empty.error());
  if (!*empty)
    return fail(ErrorCode::already_exists, path.string() + " is not empty",
                "name an empty directory; a data directory is made once only");
  const auto lock = FileLock::take(path / kLockFile);
  if (!lock) return tl::unexpected(lock.error());
  if (auto written = write_first_rows(path, identity); !written) return written;
  // Last: its presence says that all of it is there.
  return write_file_durably(path, kIdentityFile, identity_file_text(identity));
}

Result<std::unique_ptr<DataDirectory>> DataDirectory::open(const fs::path& path, const Options& options) {
  const auto file = inspect(path);
  if (!file) return tl::unexpected(file.error());
  auto lock = FileLock::take(path / kLockFile);
  if (!lock) return tl::unexpected(lock.error());
  std::error_code ignored;
  if (!options.journal.read_only) fs::remove_all(path / kCompactingFolder, ignored);

  std::unique_ptr<DataDirectory> out(new DataDirectory);
  out->path_ = path;
  out->options_ = options;
  out->options_.journal.create = false;
  out->lock_.emplace(std::move(*lock));
  auto journal = LmdbJournal::open(path, out->options_.journal);
  if (!journal && journal.error().code == ErrorCode::not_found)
    return fail(ErrorCode::corrupt, journal.error().message, "the file was removed; restore it or join anew");
  if (!journal) return tl::unexpected(journal.error());
  out->journal_ = std::move(*journal);
  if (auto loaded = out->load(*file); !loaded) return tl::unexpected(loaded.error());
  return out;
}

Result<void> DataDirectory::load(const IdentityFile& file) {
  {
    const auto snapshot = journal_->read();
    if (!snapshot) return tl::unexpected(snapshot.error());
    const auto identity = read_identity(**snapshot);
    if (!identity) return tl::unexpected(identity.error());
    if (auto matched = match(path_, *identity, file, options_); !matched) return matched;
    const auto boots = read_boot_count(**snapshot);
    if (!boots) return tl::unexpected(boots.error());
    identity_ = *identity;
    boot_count_ = *boots;
  }
  if (options_.journal.read_only) return {};
  return count_boot();
}

Result<void> DataDirectory::count_boot() {
  // A full volume must not turn into a node that cannot even start: this is what the ballast is for.
  const auto usage = journal_->usage();
  if (usage && usage->disk_free_bytes < kMiB) release_ballast();
  ++boot_count_;
  const std::string boots = sealed_u64(kBootCountName, boot_count_);
  const WriteOp put{WriteOp::Kind::put, Table::meta, kBootCountName, boots};
  return committed(journal_->commit({&put, 1}));
}

void DataDirectory::release_ballast() {
  std::error_code ignored;
  fs::remove(path_ / kBallastFile, ignored);
}

void DataDirectory::mind_ballast(const JournalUsage& usage, std::uint64_t reserve_bytes) {
  // Refusal needs no handling: where the file system cannot do it, or the volume is full already, the reserve must do.
  (void)journal().hold_ahead(std::min(kHeldAheadBytes, usage.disk_bytes / 16));
  const std::uint64_t bytes = std::min(options_.ballast_bytes, usage.disk_bytes / 100);
  std::error_code ignored;
  const bool held = fs::exists(path_ / kBallastFile, ignored);
  if (held && usage.disk_free_bytes < std::min(reserve_bytes / 2, 32 * kMiB)) {
    release_ballast();
  } else if (!held && bytes > 0 && usage.disk_free_bytes > reserve_bytes + 2 * bytes) {
    if (!allocate_file(path_ / kBallastFile, bytes)) release_ballast();
  }
}

Result<DataDirectory::Compacted> DataDirectory::compact() {
  if (options_.journal.read_only)
    return fail(ErrorCode::invalid_argument, "the data directory is open for reading only");
  const auto before = journal().usage();
  if (!before) return tl::unexpected(before.error());
  if (before->disk_free_bytes < before->used_bytes)
    return fail(ErrorCode::no_space,
                "a compacted copy needs " + std::to_string(before->used_bytes) + " bytes, " +
                    std::to_string(before->disk_free_bytes) + " are free on the volume of " + path_.string(),
                "free space, or compact on another volume");
  const fs::path folder = path_ / kCompactingFolder;
  auto copied = copy_and_compare(folder);
  std::error_code error;
  if (copied) {
    journal_.reset();
    fs::rename(folder / kJournalFile, path_ / kJournalFile, error);
    if (error) copied = fail(ErrorCode::io, "put the compacted journal in place: " + error.message());
    if (copied) copied = sync_directory(path_);
    auto journal = LmdbJournal::open(path_, options_.journal);
    if (!journal) return tl::unexpected(journal.error());
    journal_ = std::move(*journal);
  }
  fs::remove_all(folder, error);
  if (!copied) return tl::unexpected(copied.error());
  const auto after = journal_->usage();
  if (!after) return tl::unexpected(after.error());
  return Compacted{before->file_bytes, after->file_bytes};
}

Result<void> DataDirectory::copy_and_compare(const fs::path& folder) {
  std::error_code error;
  fs::remove_all(folder, error);
  fs::create_directory(folder, error);
  if (error) return fail(ErrorCode::io, "create " + folder.string() + ": " + error.message());
  if (auto copied = journal().copy_compact(folder / kJournalFile); !copied) return copied;
  LmdbJournal::Options options = options_.journal;
  options.read_only = true;
  const auto copy = LmdbJournal::open(folder, options);
  if (!copy) return tl::unexpected(copy.error());
  return same_content(journal(), **copy);
}

}  // namespace wattring::persistence
