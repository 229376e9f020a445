// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "node/backup/shard_file.hpp"
#include "node/ctl/session.hpp"

/// The files of one backup: shard-0000.wbk ... and, written last, manifest.json. A folder without a manifest is not a
/// backup but the beginning of one.
///
///   manifest.json := one JSON object on a line | LF | a JSON string on a line: XXH3-64 of the first line, in hex | LF

namespace wattring::ctl {

inline constexpr const char* kManifestName = "manifest.json";
/// An empty file that is there from the first moment until the manifest is.
inline constexpr const char* kUnfinishedName = "unfinished";

/// More shards are not named to people one by one.
inline constexpr std::size_t kShardsNamed = 20;

[[nodiscard]] std::string shard_file_name(std::uint16_t shard);
[[nodiscard]] std::string hex64(std::uint64_t value);
[[nodiscard]] Trouble file_trouble(const char* what, const std::string& path);

/// A file that is there under its name only when all of it is on the disk.
class SafeFile {
 public:
  [[nodiscard]] static Outcome<SafeFile> create(const std::string& path);
  [[nodiscard]] Outcome<void> write(std::string_view bytes);
  /// Syncs it, and its name.
  [[nodiscard]] Outcome<void> finish();
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  struct Closer {
    void operator()(std::FILE* file) const;
  };
  std::string path_;
  std::unique_ptr<std::FILE, Closer> file_;
  std::uint64_t bytes_ = 0;
};

/// What is in one file, read to its end.
struct ShardContent {
  backup::ShardHead head;
  backup::ShardEnd end;
  std::uint64_t bytes = 0;  ///< of the file
};
using OnPart = std::function<Outcome<void>(const std::string& part)>;
/// Every frame verified, every row decoded, counts and checksums held against the end. An error says in one line what
/// is wrong with the file; what on_part says ends it too, and is passed on in `trouble`.
[[nodiscard]] Result<ShardContent> read_shard_file(const std::string& path, const OnPart& on_part,
                                                   Trouble* trouble = nullptr);

/// not_found: there is none, so the backup was not finished. corrupt: it does not verify.
[[nodiscard]] Result<Json> read_manifest(const std::string& folder);
[[nodiscard]] Outcome<void> write_manifest(const std::string& folder, const Json& manifest);

}  // namespace wattring::ctl
