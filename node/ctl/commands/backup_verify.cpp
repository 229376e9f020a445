// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "node/ctl/backup_check.hpp"
#include "node/ctl/backup_folder.hpp"
#include "node/ctl/backup_progress.hpp"
#include "node/ctl/commands/backup.hpp"
#include "node/ctl/output.hpp"
#include "node/ctl/table.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

namespace fs = std::filesystem;

Json row_of(const fs::path& folder) {
  Json row;
  row.set("folder", folder.string());
  const auto manifest = read_manifest(folder.string());
  row.set("state", manifest ? ((*manifest)["complete"].boolean() ? "complete" : "incomplete")
                   : manifest.error().code == ErrorCode::not_found ? "unfinished"
                                                                   : "damaged");
  for (const char* name : {"id", "cluster", "ended", "nodes", "shards", "readings", "bytes"})
    row.set(name, manifest ? (*manifest)[name] : Json());
  return row;
}

/// A folder that holds a backup, or the beginning of one.
bool is_backup(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / kManifestName, error) || fs::exists(folder / kUnfinishedName, error);
}

}  // namespace

Outcome<Answer> backup_list(const std::string& folder) {
  std::error_code error;
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.is_directory(error) && is_backup(entry.path())) found.push_back(entry.path());
  if (error && found.empty())
    return tl::unexpected(
        Trouble{kExitNotFound, fmt::format("cannot read the folder {}: {}\n", folder, error.message())});
  if (found.empty() && is_backup(folder)) found.emplace_back(folder);
  std::ranges::sort(found);
  using enum Table::Align;
  Table table(
      {{"BACKUP", left}, {"STATE", left}, {"TAKEN", left}, {"NODES", right}, {"READINGS", right}, {"SIZE", right}});
  Answer answer;
  answer.rows_name = "backups";
  answer.csv.columns = {"folder", "state", "cluster", "ended", "shards", "readings", "bytes"};
  Json rows = Json::Array{};
  for (const fs::path& path : found) {
    Json row = row_of(path);
    const bool known = row["bytes"].is_integer();
    table.add({path.filename().string(), row["state"].string(), known ? time_text(row["ended"].string()) : "-",
               known ? std::to_string(row["nodes"].items().size()) : "-",
               known ? grouped(row["readings"].integer()) : "-",
               known ? bytes_text(static_cast<double>(row["bytes"].integer())) : "-"});
    answer.csv.rows.push_back(cells_of(row, answer.csv.columns));
    rows.push(std::move(row));
  }
  answer.text = found.empty() ? fmt::format("No backups in {}.\n", folder)
                              : table.text() + "Whether they are sound says: wattringctl backup verify BACKUP\n";
  answer.document.set("schema", "wattring.backup-list/1").set("backups", std::move(rows));
  return answer;
}

Outcome<Answer> backup_verify(const Context& context, const std::string& folder) {
  const auto check = check_backup(context, folder);
  if (!check) return tl::unexpected(check.error());
  Answer answer;
  Json damaged = Json::Array{};
  for (const DamagedShard& one : check->damaged) {
    Json row;
    row.set("shard", std::int64_t{one.shard}).set("file", shard_file_name(one.shard)).set("reason", one.why);
    damaged.push(row.set("readings", static_cast<std::int64_t>(one.readings)));
  }
  const Json& manifest = check->manifest;
  answer.document.set("schema", "wattring.backup-verify/1").set("folder", folder).set("id", manifest["id"]);
  answer.document.set("sound", check->damaged.empty()).set("complete", manifest["complete"]);
  answer.document.set("shards", manifest["shards"]).set("readings", manifest["readings"]);
  answer.document.set("readings_sound", static_cast<std::int64_t>(check->sound.readings));
  answer.document.set("unknown", static_cast<std::int64_t>(check->sound.unknown));
  answer.document.set("damaged", std::move(damaged));
  answer.csv = flattened(answer.document);
  const auto shards = static_cast<std::size_t>(manifest["shards"].integer());
  if (check->damaged.empty()) {
    answer.text =
        fmt::format("Sound: {} shards, {} readings, {}; taken {}{}\n", shards,
                    grouped(static_cast<std::int64_t>(check->sound.readings)),
                    bytes_text(static_cast<double>(manifest["bytes"].integer())), time_text(manifest["ended"].string()),
                    manifest["complete"].boolean() ? "" : ", but INCOMPLETE: acknowledged readings may be missing");
    return answer;
  }
  answer.exit_code = kExitDataWrong;
  answer.text = fmt::format("DAMAGED: {} of {} shards\n", check->damaged.size(), shards);
  for (std::size_t i = 0; i < std::min(kShardsNamed, check->damaged.size()); ++i) {
    const DamagedShard& one = check->damaged[i];
    answer.text += fmt::format("  {}: {}; {} readings\n", shard_file_name(one.shard), one.why,
                               grouped(static_cast<std::int64_t>(one.readings)));
  }
  if (check->damaged.size() > kShardsNamed)
    answer.text += fmt::format("  and {} more\n", check->damaged.size() - kShardsNamed);
  answer.text += fmt::format(
      "{} readings of {} shards can still be restored: wattringctl backup restore {} "
      "--lose-shards {}\n",
      grouped(static_cast<std::int64_t>(check->sound.readings)), shards - check->damaged.size(), folder,
      check->ranges());
  return answer;
}

}  // namespace wattring::ctl
