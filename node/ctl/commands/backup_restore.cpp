// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>
#include <istream>
#include <map>
#include <optional>
#include <ostream>
#include <set>

#include "base/time.hpp"
#include "node/ctl/backup_check.hpp"
#include "node/ctl/backup_folder.hpp"
#include "node/ctl/backup_progress.hpp"
#include "node/ctl/commands/backup.hpp"
#include "node/ctl/output.hpp"
#include "node/ctl/restore_compare.hpp"
#include "node/ctl/restore_sender.hpp"
#include "node/ctl/roster.hpp"
#include "node/ctl/wording.hpp"
#include "node/http/shard_ranges.hpp"

namespace wattring::ctl {
namespace {

/// What was decided about alerts concerns the sinks of the cluster that was.
constexpr std::string_view kDecisions = "told:";

tl::unexpected<Trouble> refused(std::string text) {
  return tl::unexpected(Trouble{kExitRefused, std::move(text)});
}

std::string grouped_u(std::uint64_t number) {
  return grouped(static_cast<std::int64_t>(number));
}

class Restoration {
 public:
  Restoration(Session& session, const BackupRestoreArguments& arguments) : session_(session), arguments_(arguments) {}

  Outcome<Answer> run() {
    auto check = check_backup(session_.context(), arguments_.folder);
    if (!check) return tl::unexpected(check.error());
    check_ = std::move(*check);
    if (auto accepted = accept_damage(); !accepted) return tl::unexpected(accepted.error());
    if (auto found = look_at_target(); !found) return tl::unexpected(found.error());
    if (arguments_.dry_run) return planned();
    if (auto agreed = confirm(); !agreed) return tl::unexpected(agreed.error());
    if (auto sent = send(); !sent) return tl::unexpected(sent.error());
    RestoreCompare compare(session_, files_, check_.sound.readings, arguments_.retry_ms);
    auto shards = compare.run();
    if (!shards) return tl::unexpected(shards.error());
    return report(*shards);
  }

 private:
  /// Refuses what is damaged, unless it is exactly what the user has said may be lost.
  Outcome<void> accept_damage() {
    const auto lose = http::read_shard_ranges(arguments_.lose_shards);
    if (!lose) return tl::unexpected(Trouble{kExitUsage, lose.error().text() + "\n"});
    std::vector<std::uint16_t> damaged;
    std::string text =
        fmt::format("refused: {} of the backup's shards are damaged; nothing was written.\n", check_.damaged.size());
    for (const DamagedShard& one : check_.damaged) {
      damaged.push_back(one.shard);
      if (damaged.size() <= kShardsNamed)
        text += fmt::format("  {}: {}; {} readings would be lost\n", shard_file_name(one.shard), one.why,
                            grouped_u(one.readings));
    }
    if (damaged != *lose)
      return refused(damaged.empty() ? "refused: no shard of the backup is damaged, so none needs to be lost: leave "
                                       "--lose-shards out\n"
                                     : text + fmt::format("The others can be restored without them: --lose-shards {}\n",
                                                          check_.ranges()));
    if (check_.sound.unknown != 0)
      return refused(
          fmt::format("refused: {} rows of the backup are of kinds that only a newer release knows: restore "
                      "with the release that took it, {}.\n",
                      check_.sound.unknown, check_.manifest["version"].string()));
    const auto shards = static_cast<std::uint16_t>(check_.manifest["shards"].integer());
    for (std::uint16_t shard = 0; shard < shards; ++shard)
      if (!check_.is_damaged(shard))
        files_[shard] = (std::filesystem::path(arguments_.folder) / shard_file_name(shard)).string();
    return {};
  }

  Outcome<void> look_at_target() {
    auto status = session_.get("/api/v1/status");
    if (!status) return tl::unexpected(status.error());
    status_ = std::move(*status);
    const auto board = session_.get("/api/v1/shards");
    if (!board) return tl::unexpected(board.error());
    ring_ = (*board)["ring"];
    for (const Json& seat : (*board)["members"].items())
      if (seat["reachable"].boolean()) reachable_.insert(seat["node"].string());
    for (const NodeAddress& node : find_nodes(session_).nodes)
      if (reachable_.contains(node.name)) nodes_.push_back(node);
    if (nodes_.empty() || ring_["worst_ack"].string() == "none")
      return tl::unexpected(
          Trouble{kExitNoAnswer, "Too few nodes can be reached to keep anything: wattringctl shards\n"});
    return {};
  }

  std::string plan_text() const {
    const Json& from = check_.manifest;
    std::string text = fmt::format(
        "{} readings of {} shards, taken {} from {} ({} nodes)\ninto {} ({} nodes, {} copies), which has {} meters "
        "now\n",
        grouped_u(check_.sound.readings), files_.size(), time_text(from["ended"].string()), from["cluster"].string(),
        from["nodes"].items().size(), status_["cluster"].string(), ring_["members"].integer(),
        ring_["copies"].integer(), grouped(status_["meters"].integer()));
    if (!from["complete"].boolean())
      text += "The backup is INCOMPLETE: acknowledged readings may be missing from it.\n";
    if (!check_.damaged.empty()) text += fmt::format("Left out, because damaged: shards {}\n", check_.ranges());
    return text +
           "What is there already stays: the backup is merged into it. Alerts are restored, and told to nobody.\n";
  }

  Outcome<Answer> planned() const {
    Answer answer;
    answer.text = plan_text() + "Nothing was changed.\n";
    answer.document.set("schema", "wattring.backup-restore/1").set("id", check_.manifest["id"]).set("dry_run", true);
    answer.document.set("readings_in", static_cast<std::int64_t>(check_.sound.readings));
    answer.csv = flattened(answer.document);
    return answer;
  }

  Outcome<void> confirm() const {
    if (arguments_.yes) return {};
    const Context& context = session_.context();
    context.err << plan_text();
    if (context.in == nullptr || !context.in_is_terminal)
      return tl::unexpected(Trouble{kExitUsage, "Say that you mean it: --yes\n"});
    context.err << fmt::format("Type {} to go on: ", status_["cluster"].string());
    context.err.flush();
    std::string answer;
    std::getline(*context.in, answer);
    if (answer == status_["cluster"].string()) return {};
    return tl::unexpected(Trouble{kExitUsage, "Nothing was changed.\n"});
  }

  /// Alerts before the readings they came from, so that they are known when these are looked at; what retention made
  /// of dropped readings after them; rules last, so that nothing is judged by half of its readings.
  Outcome<void> send() {
    sender_.emplace(session_, nodes_, arguments_.retry_ms);
    progress_.emplace(session_.context(), "sent", files_.size());
    std::uint64_t done = 0;
    for (const auto& [shard, path] : files_) {
      if (auto sent = send_shard(path); !sent) return sent;
      progress_->tell(++done, sender_->bytes(), readings_);
    }
    progress_->clear();
    return send_catalog();
  }

  Outcome<void> send_shard(const std::string& path) {
    std::set<std::string, std::less<>> with_readings;
    auto sent = each_row(path, [&](const meter::TransferItem& item, const meter::TransferRow& row) -> Outcome<void> {
      if (const auto* alert = std::get_if<meter::TransferAlert>(&item))
        return alert->id.starts_with(kDecisions) ? Outcome<void>() : sender_->row(row);
      if (const auto* limit = std::get_if<meter::TransferLimit>(&item))
        return std::holds_alternative<meter::Erasure>(limit->limit) ? sender_->row(row) : Outcome<void>();
      if (const auto* text = std::get_if<meter::TransferText>(&item)) sender_->text(text->text);
      const auto* facts = std::get_if<meter::TransferFacts>(&item);
      if (facts == nullptr) return {};
      with_readings.emplace(facts->meter);
      readings_ += facts->facts.size();
      return sender_->readings(facts->meter, facts->facts);
    });
    if (!sent) return sent;
    if (sent = sender_->finish(); !sent) return sent;
    // The snapshot of a meter could make its own readings look like repeats; without readings there are none.
    sent = each_row(path, [&](const meter::TransferItem& item, const meter::TransferRow& row) -> Outcome<void> {
      const auto* snapshot = std::get_if<meter::TransferSnapshot>(&item);
      const bool alone = snapshot != nullptr && !with_readings.contains(snapshot->meter);
      return alone || std::holds_alternative<meter::TransferIntervals>(item) ? sender_->row(row) : Outcome<void>();
    });
    return sent ? sender_->finish() : sent;
  }

  using OnItem = std::function<Outcome<void>(const meter::TransferItem&, const meter::TransferRow&)>;
  static Outcome<void> each_row(const std::string& path, const OnItem& on_item) {
    Trouble trouble;
    const auto content = read_shard_file(
        path,
        [&](const std::string& part) -> Outcome<void> {
          Outcome<void> went;
          (void)backup::read_part(part, [&](const meter::TransferItem& item, const meter::TransferRow& row) {
            if (went) went = on_item(item, row);
          });
          return went;
        },
        &trouble);
    if (content) return {};
    if (!trouble.text.empty()) return tl::unexpected(trouble);
    return tl::unexpected(Trouble{kExitDataWrong, fmt::format("{}: {}\n", path, content.error().text())});
  }

  Outcome<void> send_catalog() {
    for (const char* kind : {"rules", "profiles"})
      for (const Json& toml : check_.manifest["catalog"][kind].items()) {
        ApiRequest request;
        request.method = "PUT";
        request.target = "/api/v1/rules";
        request.content_type = "application/toml";
        request.body = toml.string();
        if (auto applied = session_.send(std::move(request)); !applied) return tl::unexpected(applied.error());
        ++documents_;
      }
    return send_silences();
  }

  /// Those that have not ended, and are not there.
  Outcome<void> send_silences() {
    const auto there = session_.get("/api/v1/silences");
    if (!there) return tl::unexpected(there.error());
    const auto key = [](const Json& one) {
      std::string text;
      for (const char* name : {"rule", "meter", "from", "until", "by", "why"}) text += one[name].string() + "\n";
      return text;
    };
    std::set<std::string> known;
    for (const Json& one : (*there)["silences"].items()) known.insert(key(one));
    for (const Json& one : check_.manifest["catalog"]["silences"].items()) {
      const auto until = parse_rfc3339(one["until"].string());
      if (!until || *until <= session_.context().clock.wall_ms() || known.contains(key(one))) continue;
      Json body;
      for (const char* name : {"rule", "meter", "from", "until", "by", "why"}) body.set(name, one[name]);
      if (auto made = session_.post("/api/v1/silences", body); !made) return tl::unexpected(made.error());
      ++documents_;
    }
    return {};
  }

  Outcome<Answer> report(const std::map<std::uint16_t, InAndOut>& shards) const {
    InAndOut all;
    Json rows = Json::Array{};
    std::string missing;
    std::size_t differ = 0;
    for (const auto& [shard, one] : shards) {
      all.in += one.in;
      all.out += one.out;
      all.sum_in += one.sum_in;
      all.sum_out += one.sum_out;
      Json row;
      row.set("shard", std::int64_t{shard}).set("readings_in", static_cast<std::int64_t>(one.in));
      row.set("readings_out", static_cast<std::int64_t>(one.out)).set("sum_in", hex64(one.sum_in));
      rows.push(row.set("sum_out", hex64(one.sum_out)));
      if (one.in != one.out && differ++ < kShardsNamed)
        missing += fmt::format("  shard {}: {} in, {} out\n", shard, grouped_u(one.in), grouped_u(one.out));
    }
    Answer answer;
    answer.document.set("schema", "wattring.backup-restore/1").set("id", check_.manifest["id"]).set("dry_run", false);
    answer.document.set("readings_in", static_cast<std::int64_t>(all.in));
    answer.document.set("readings_out", static_cast<std::int64_t>(all.out));
    answer.document.set("sum_in", hex64(all.sum_in)).set("sum_out", hex64(all.sum_out));
    answer.document.set("refused", static_cast<std::int64_t>(sender_->refused()));
    answer.document.set("class", sender_->ack()).set("documents", documents_);
    answer.document.set("lost_shards", check_.ranges()).set("shards", std::move(rows));
    answer.csv = flattened(answer.document);
    answer.text = fmt::format("{} readings in, {} out{}\nchecksum {} in, {} out\n", grouped_u(all.in),
                              grouped_u(all.out), sender_->ack().empty() ? "" : ", acknowledged as " + sender_->ack(),
                              hex64(all.sum_in), hex64(all.sum_out));
    if (all.in == all.out) {
      answer.text += "Every reading of the backup is in the cluster.\n";
      return answer;
    }
    answer.exit_code = kExitDataWrong;
    answer.text += fmt::format(
        "MISSING: {} readings of {} shards are not in the cluster:\n{}{}"
        "Nodes refused {} readings. Does the cluster keep readings for a shorter time (retention.raw), or "
        "was a meter erased there?\n",
        grouped_u(all.in - all.out), differ, missing, differ > kShardsNamed ? "  and more, see -o json\n" : "",
        grouped_u(sender_->refused()));
    return answer;
  }

  Session& session_;
  const BackupRestoreArguments& arguments_;
  BackupCheck check_;
  std::map<std::uint16_t, std::string> files_;
  Json status_;
  Json ring_;
  std::set<std::string> reachable_;
  std::vector<NodeAddress> nodes_;
  std::optional<RestoreSender> sender_;
  std::optional<BackupProgress> progress_;
  std::uint64_t readings_ = 0;
  std::size_t documents_ = 0;
};

}  // namespace

Outcome<Answer> backup_restore(Session& session, const BackupRestoreArguments& arguments) {
  return Restoration(session, arguments).run();
}

}  // namespace wattring::ctl
