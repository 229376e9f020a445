// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/backup_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/limits.hpp"
#include "node/ctl/backup_progress.hpp"
#include "node/http/shard_ranges.hpp"

namespace wattring::ctl {
namespace {

/// Empty: the file is what the manifest says.
std::string difference(const ShardContent& content, const Json& file, const Json& manifest) {
  if (to_hex(content.head.backup) != manifest["id"].string()) return "it is a file of another backup";
  if (std::int64_t{content.head.shard.value} != file["shard"].integer()) return "it is another shard's file";
  if (hex64(content.end.claim.digest) != file["digest"].string() ||
      hex64(content.end.tally.sum) != file["sum"].string() ||
      static_cast<std::int64_t>(content.end.tally.readings) != file["readings"].integer())
    return "it is not the file that the manifest speaks of";
  return {};
}

}  // namespace

std::string BackupCheck::ranges() const {
  std::vector<std::uint16_t> shards;
  shards.reserve(damaged.size());
  for (const DamagedShard& one : damaged) shards.push_back(one.shard);
  return http::shard_ranges(shards);
}

bool BackupCheck::is_damaged(std::uint16_t shard) const {
  return std::ranges::find(damaged, shard, &DamagedShard::shard) != damaged.end();
}

Outcome<BackupCheck> check_backup(const Context& context, const std::string& folder) {
  auto manifest = read_manifest(folder);
  if (!manifest) {
    const bool none = manifest.error().code == ErrorCode::not_found;
    return tl::unexpected(
        Trouble{none ? kExitNotFound : kExitDataWrong,
                manifest.error().text() + (none ? "\nThe backup was not finished, or this is none. Go on with it: "
                                                  "wattringctl backup create --resume " +
                                                      folder + "\n"
                                                : "\nWithout it nobody knows what the backup should hold.\n")});
  }
  BackupCheck check;
  check.manifest = std::move(*manifest);
  const auto& files = check.manifest["files"].items();
  const auto shards = check.manifest["shards"].integer();
  if (shards <= 0 || shards > static_cast<std::int64_t>(kShardsMax) ||
      static_cast<std::int64_t>(files.size()) != shards)
    return tl::unexpected(Trouble{kExitDataWrong, fmt::format("{}: its manifest does not name all shards\n", folder)});
  BackupProgress progress(context, "checked", files.size());
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto shard = static_cast<std::uint16_t>(i);
    const auto content = read_shard_file((std::filesystem::path(folder) / shard_file_name(shard)).string(), {});
    const std::string wrong = content ? difference(*content, files[i], check.manifest) : content.error().message;
    if (!wrong.empty())
      check.damaged.push_back({shard, wrong, static_cast<std::uint64_t>(files[i]["readings"].integer())});
    if (wrong.empty()) check.sound += content->end.tally;
    bytes += content ? content->bytes : 0;
    progress.tell(i + 1, bytes, check.sound.readings);
  }
  progress.clear();
  return check;
}

}  // namespace wattring::ctl
