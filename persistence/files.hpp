// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"

/// The few things a data directory needs of the file system. Errors carry the path and the system's words.

namespace wattring::persistence {

/// An exclusive lock on a file, held until destruction or the end of the process, however it ends.
class FileLock {
 public:
  /// Makes the file if needed and notes this process's id in it. busy, naming the holder, when it is taken.
  [[nodiscard]] static Result<FileLock> take(const std::filesystem::path& file);
  FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

/// not_found when absent; invalid_argument when longer than bytes_max.
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& file, std::size_t bytes_max);
/// All of it or nothing, synced: written beside, renamed, the directory synced.
[[nodiscard]] Result<void> write_file_durably(const std::filesystem::path& directory, const std::string& name,
                                              std::string_view text);
[[nodiscard]] Result<void> sync_directory(const std::filesystem::path& directory);
/// lost+found does not count.
[[nodiscard]] Result<bool> is_empty_directory(const std::filesystem::path& directory);
/// A file whose blocks are really there; replaces one that exists.
[[nodiscard]] Result<void> allocate_file(const std::filesystem::path& file, std::uint64_t bytes);

}  // namespace wattring::persistence
