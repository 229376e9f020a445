// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "base/time.hpp"
#include "node/ctl/backup_folder.hpp"
#include "node/ctl/backup_progress.hpp"
#include "node/ctl/commands/backup.hpp"
#include "node/ctl/output.hpp"
#include "node/ctl/shard_pull.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

namespace fs = std::filesystem;

/// "20260211T130211Z"
std::string stamp(std::int64_t now_ms) {
  std::string text = format_rfc3339(now_ms).substr(0, 19) + "Z";
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

class Creation {
 public:
  Creation(Session& session, const BackupCreateArguments& arguments)
      : session_(session), arguments_(arguments), began_ms_(session.context().clock.wall_ms()) {}

  Outcome<Answer> run() {
    if (auto status = session_.get("/api/v1/status"); status) {
      status_ = std::move(*status);
    } else {
      return tl::unexpected(status.error());
    }
    ShardPull pull(session_, {arguments_.incomplete, arguments_.retry_ms});
    if (auto looked = pull.look(); !looked) return tl::unexpected(looked.error());
    if (auto made = make_folder(); !made) return tl::unexpected(made.error());
    shards_ = pull.shards();
    std::deque<std::uint16_t> wanted;
    for (std::uint16_t shard = 0; shard < shards_; ++shard)
      if (!keep_what_is_there(shard)) wanted.push_back(shard);
    progress_.emplace(session_.context(), "read", shards_);
    const auto missing = pull.pull(std::move(wanted), sinks());
    progress_->clear();
    if (!missing) return tl::unexpected(missing.error());
    if (!missing->empty()) return tl::unexpected(refusal(*missing));
    return finish(pull.board());
  }

 private:
  struct Writing {
    std::optional<SafeFile> file;
    std::unique_ptr<backup::ShardFileWriter> writer;
    backup::Tally tally;
  };

  Outcome<void> make_folder() {
    id_ = session_.context().random_128();
    std::error_code error;
    if (!arguments_.resume.empty()) {
      folder_ = arguments_.resume;
      if (!fs::is_directory(folder_, error))
        return tl::unexpected(Trouble{kExitNotFound, fmt::format("There is no folder {}.\n", folder_)});
      if (fs::exists(fs::path(folder_) / kManifestName, error))
        return tl::unexpected(Trouble{kExitUsage, fmt::format("{} is finished: it has its manifest.\n", folder_)});
      return {};
    }
    fs::create_directories(arguments_.to, error);
    if (auto made = make_new_folder(); !made) return made;
    fs::permissions(folder_, fs::perms::owner_all, error);
    auto mark = SafeFile::create((fs::path(folder_) / kUnfinishedName).string());
    return mark ? mark->finish() : Outcome<void>(tl::unexpected(mark.error()));
  }

  /// A backup that begins in the same second as another one is counted: never two in one folder.
  Outcome<void> make_new_folder() {
    constexpr int kOneSecondMax = 99;
    const std::string name = fmt::format("{}-{}", status_["cluster"].string(), stamp(began_ms_));
    std::error_code error;
    for (int nth = 1; nth <= kOneSecondMax && !error; ++nth) {
      folder_ = (fs::path(arguments_.to) / (nth == 1 ? name : fmt::format("{}-{}", name, nth))).string();
      if (fs::create_directory(folder_, error)) return {};
    }
    return tl::unexpected(Trouble{
        kExitUsage, fmt::format("cannot make the folder {}: {}\n", folder_, error ? error.message() : "it exists")});
  }

  /// A whole file of this backup from before it was cut off.
  bool keep_what_is_there(std::uint16_t shard) {
    if (arguments_.resume.empty()) return false;
    const auto content = read_shard_file(path_of(shard), {});
    if (!content || content->head.shard.value != shard || content->head.shards != shards_) return false;
    if (done_.empty()) id_ = content->head.backup;
    if (content->head.backup != id_ || (!content->end.complete && !arguments_.incomplete)) return false;
    done_[shard] = *content;
    return true;
  }

  std::string path_of(std::uint16_t shard) const { return (fs::path(folder_) / shard_file_name(shard)).string(); }

  Outcome<void> begin(std::uint16_t shard) {
    Writing& writing = writing_[shard];
    auto file = SafeFile::create(path_of(shard));
    if (!file) return tl::unexpected(file.error());
    writing.file.emplace(std::move(*file));
    writing.writer = std::make_unique<backup::ShardFileWriter>(backup::ShardHead{id_, ShardId{shard}, shards_});
    writing.tally = {};
    return writing.file->write(writing.writer->begin());
  }

  Outcome<bool> part(std::uint16_t shard, const std::string& bytes) {
    Writing& writing = writing_[shard];
    const auto tally = backup::read_part(bytes);
    if (!tally) return false;
    writing.tally += *tally;
    total_ += *tally;
    bytes_ += bytes.size();
    if (auto written = writing.file->write(writing.writer->part(bytes)); !written)
      return tl::unexpected(written.error());
    return true;
  }

  Outcome<void> end(std::uint16_t shard, const backup::PartMessage& last) {
    Writing& writing = writing_[shard];
    ShardContent content;
    content.head = {id_, ShardId{shard}, shards_};
    content.end = {last.complete, last.taken_ms, writing.tally, last.claim};
    if (auto written = writing.file->write(writing.writer->end(content.end)); !written) return written;
    if (auto finished = writing.file->finish(); !finished) return finished;
    content.bytes = writing.file->bytes();
    done_[shard] = std::move(content);
    writing_.erase(shard);
    return {};
  }

  ShardPull::Sinks sinks() {
    return {[this](std::uint16_t shard) { return begin(shard); },
            [this](std::uint16_t shard, const std::string& bytes) { return part(shard, bytes); },
            [this](std::uint16_t shard, const backup::PartMessage& last) { return end(shard, last); },
            [this] { progress_->tell(done_.size(), bytes_, total_.readings); }};
  }

  Trouble refusal(const ShardPull::Missing& missing) const {
    std::string text = fmt::format("refused: {} of {} shards could not be taken whole, so this is no backup.\n",
                                   missing.size(), shards_);
    std::size_t listed = 0;
    for (const auto& [shard, why] : missing)
      if (listed++ < kShardsNamed) text += fmt::format("  shard {}: {}\n", shard, why);
    if (missing.size() > kShardsNamed) text += fmt::format("  and {} more\n", missing.size() - kShardsNamed);
    text += fmt::format(
        "Bring the nodes back that are away (wattringctl members), then go on: wattringctl backup create --resume {}\n"
        "With --incomplete it is taken all the same: acknowledged readings may then be missing from these shards.\n",
        folder_);
    return {kExitRefused, text};
  }

  /// Rules, profiles and silences, as the API gives them.
  Outcome<Json> catalog() {
    auto rules = session_.get("/api/v1/rules");
    if (!rules) return tl::unexpected(rules.error());
    auto silences = session_.get("/api/v1/silences");
    if (!silences) return tl::unexpected(silences.error());
    Json catalog = Json::Object{};
    for (const char* kind : {"rules", "profiles"}) {
      Json texts = Json::Array{};
      for (const Json& version : (*rules)[kind].items()) texts.push(version["toml"]);
      catalog.set(kind, std::move(texts));
    }
    return catalog.set("silences", (*silences)["silences"]);
  }

  Json manifest(const Json& board, Json catalog) const {
    backup::Tally tally;
    std::uint64_t bytes = 0;
    bool complete = true;
    Json files = Json::Array{};
    for (const auto& [shard, content] : done_) {
      tally += content.end.tally;
      bytes += content.bytes;
      complete = complete && content.end.complete;
      Json file;
      file.set("shard", std::int64_t{shard}).set("file", shard_file_name(shard));
      file.set("bytes", static_cast<std::int64_t>(content.bytes)).set("digest", hex64(content.end.claim.digest));
      file.set("readings", static_cast<std::int64_t>(content.end.tally.readings));
      file.set("sum", hex64(content.end.tally.sum)).set("complete", content.end.complete);
      files.push(file.set("taken", format_rfc3339(content.end.taken_ms)));
    }
    Json nodes = Json::Array{};
    for (const Json& seat : board["members"].items()) nodes.push(seat["node"]);
    Json out;
    out.set("schema", "wattring.backup/1").set("id", to_hex(id_)).set("cluster", status_["cluster"]);
    out.set("version", status_["version"]).set("began", format_rfc3339(began_ms_));
    out.set("ended", format_rfc3339(session_.context().clock.wall_ms())).set("nodes", std::move(nodes));
    out.set("ring", board["ring"]).set("shards", std::int64_t{shards_}).set("complete", complete);
    out.set("readings", static_cast<std::int64_t>(tally.readings)).set("sum", hex64(tally.sum));
    out.set("intervals", static_cast<std::int64_t>(tally.intervals));
    out.set("alerts", static_cast<std::int64_t>(tally.alerts)).set("unknown", static_cast<std::int64_t>(tally.unknown));
    out.set("bytes", static_cast<std::int64_t>(bytes)).set("files", std::move(files));
    return out.set("catalog", std::move(catalog));
  }

  Outcome<Answer> finish(const Json& board) {
    auto catalog = this->catalog();
    if (!catalog) return tl::unexpected(catalog.error());
    Json all = manifest(board, std::move(*catalog));
    if (auto written = write_manifest(folder_, all); !written) return tl::unexpected(written.error());
    std::error_code ignored;
    fs::remove(fs::path(folder_) / kUnfinishedName, ignored);
    Answer answer;
    answer.document.set("schema", "wattring.backup-create/1").set("folder", folder_);
    for (const char* name : {"id", "cluster", "began", "ended", "nodes", "shards", "complete", "readings", "sum",
                             "intervals", "alerts", "unknown", "bytes"})
      answer.document.set(name, all[name]);
    answer.text =
        fmt::format("{}\n{} readings of {} shards, {}, {:.1f} s, {}\n", folder_, grouped(all["readings"].integer()),
                    shards_, bytes_text(static_cast<double>(all["bytes"].integer())), progress_->elapsed_s(),
                    all["complete"].boolean() ? "complete" : "INCOMPLETE: acknowledged readings may be missing");
    answer.text += fmt::format("Check it: wattringctl backup verify {}\n", folder_);
    answer.csv = flattened(answer.document);
    return answer;
  }

  Session& session_;
  const BackupCreateArguments& arguments_;
  const std::int64_t began_ms_;
  backup::BackupId id_{};
  std::string folder_;
  Json status_;
  std::uint16_t shards_ = 0;
  std::map<std::uint16_t, Writing> writing_;
  std::map<std::uint16_t, ShardContent> done_;
  backup::Tally total_;
  std::uint64_t bytes_ = 0;
  std::optional<BackupProgress> progress_;
};

}  // namespace

Outcome<Answer> backup_create(Session& session, const BackupCreateArguments& arguments) {
  if (arguments.to.empty() == arguments.resume.empty())
    return tl::unexpected(Trouble{kExitUsage, "say either --to FOLDER or --resume BACKUP\n"});
  return Creation(session, arguments).run();
}

}  // namespace wattring::ctl
