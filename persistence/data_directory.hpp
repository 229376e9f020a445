// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "persistence/files.hpp"
#include "persistence/identity.hpp"
#include "persistence/lmdb_journal.hpp"

/// The directory that is a node: identity, lock, ballast and journal. docs/protocols/data-directory.md describes its
/// files.

namespace wattring::persistence {

class DataDirectory {
 public:
  struct Options {
    LmdbJournal::Options journal;  ///< read_only: for tools; the boot is then not counted
    /// Size of the ballast file; 0 = none. Clipped to 1 % of the volume.
    std::uint64_t ballast_bytes = 64U << 20U;
    /// When given, another cluster is wrong_identity.
    std::optional<ClusterId> expect_cluster;
    std::optional<std::string> expect_cluster_name;
  };

  /// Makes the directory if its parent exists. already_exists: it is not empty (lost+found does not count);
  /// invalid_argument: the identity makes no sense; io.
  [[nodiscard]] static Result<void> init(const std::filesystem::path& path, const Identity& identity);

  /// Takes the one-process lock, checks, counts the boot durably. Never creates a data directory. Errors:
  /// not_found (nothing there, or an empty mount), busy (another process has it), wrong_identity, newer_format,
  /// corrupt, no_space, io.
  [[nodiscard]] static Result<std::unique_ptr<DataDirectory>> open(const std::filesystem::path& path,
                                                                   const Options& options);
  ~DataDirectory();
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

  [[nodiscard]] const Identity& identity() const { return identity_; }
  /// 1 at the first open after init; this boot included.
  [[nodiscard]] std::uint64_t boot_count() const { return boot_count_; }
  [[nodiscard]] LmdbJournal& journal();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Keeps room for the journal that others on the volume cannot take: blocks ahead of the journal's end, so that what
  /// is written at the reserve can be committed; and the ballast file, given back when the volume is really full, made
  /// anew when there is plenty. One thread; meant for JournalWriter::Options::on_usage.
  void mind_ballast(const JournalUsage& usage, std::uint64_t reserve_bytes);

  /// Rewrites the journal without its free pages, verifies the copy and puts it in place. Closes and reopens the
  /// journal: no snapshot may be open.
  struct Compacted {
    std::uint64_t bytes_before = 0;
    std::uint64_t bytes_after = 0;
  };
  [[nodiscard]] Result<Compacted> compact();

 private:
  DataDirectory();
  Result<void> load(const IdentityFile& file);
  Result<void> count_boot();
  void release_ballast();
  Result<void> copy_and_compare(const std::filesystem::path& folder);

  std::filesystem::path path_;
  Options options_;
  std::optional<FileLock> lock_;
  std::unique_ptr<LmdbJournal> journal_;
  Identity identity_;
  std::uint64_t boot_count_ = 0;
};

}  // namespace wattring::persistence
