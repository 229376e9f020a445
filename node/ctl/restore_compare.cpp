// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/restore_compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "node/ctl/backup_progress.hpp"
#include "node/ctl/shard_pull.hpp"

namespace wattring::ctl {
namespace {

constexpr std::size_t kUnreadListed = 10;

/// Calls it for each reading of a part; false when the part does not decode.
template <class Function>
bool each_reading(const std::string& part, const Function& function) {
  return backup::read_part(part,
                           [&](const meter::TransferItem& item, const meter::TransferRow&) {
                             const auto* facts = std::get_if<meter::TransferFacts>(&item);
                             if (facts == nullptr) return;
                             for (const Fact& fact : facts->facts) function(backup::name_of(facts->meter, fact));
                           })
      .has_value();
}

Trouble unreadable(const ShardPull::Missing& missing) {
  std::string text = fmt::format(
      "Everything was sent and acknowledged, but {} shards of the cluster could not be read back whole, so what is "
      "there was not compared:\n",
      missing.size());
  std::size_t listed = 0;
  for (const auto& [shard, why] : missing)
    if (listed++ < kUnreadListed) text += fmt::format("  shard {}: {}\n", shard, why);
  return {kExitTimeIsUp, text + "Restore again when all nodes are back: what is there already stays as it is.\n"};
}

}  // namespace

RestoreCompare::RestoreCompare(Session& session, std::map<std::uint16_t, std::string> files, std::uint64_t readings,
                               std::int64_t retry_ms, std::uint64_t names_max)
    : session_(session), files_(std::move(files)), retry_ms_(retry_ms), passes_(1 + readings / names_max) {}

Outcome<void> RestoreCompare::each_name(const OnName& on_name) const {
  for (const auto& [shard, path] : files_) {
    const auto content = read_shard_file(path, [&, number = shard](const std::string& part) -> Outcome<void> {
      (void)each_reading(part, [&](std::uint64_t name) { on_name(number, name); });
      return {};
    });
    if (!content) return tl::unexpected(Trouble{kExitDataWrong, fmt::format("{}: {}\n", path, content.error().text())});
  }
  return {};
}

void RestoreCompare::found(std::uint64_t name) {
  const auto place = std::ranges::lower_bound(names_, name);
  if (place != names_.end() && *place == name) found_[static_cast<std::size_t>(place - names_.begin())] = true;
}

Outcome<void> RestoreCompare::find_in_cluster() {
  ShardPull pull(session_, {false, retry_ms_});
  if (auto looked = pull.look(); !looked) return looked;
  std::deque<std::uint16_t> all;
  for (std::uint16_t shard = 0; shard < pull.shards(); ++shard) all.push_back(shard);
  BackupProgress progress(session_.context(), "compared", all.size());
  std::uint64_t done = 0;
  std::uint64_t bytes = 0;
  std::uint64_t readings = 0;
  const ShardPull::Sinks sinks{[](std::uint16_t) { return Outcome<void>(); },
                               [&](std::uint16_t, const std::string& part) -> Outcome<bool> {
                                 bytes += part.size();
                                 return each_reading(part, [&](std::uint64_t name) {
                                   ++readings;
                                   found(name);
                                 });
                               },
                               [&](std::uint16_t, const backup::PartMessage&) {
                                 ++done;
                                 return Outcome<void>();
                               },
                               [&] { progress.tell(done, bytes, readings); }};
  const auto missing = pull.pull(std::move(all), sinks);
  progress.clear();
  if (!missing) return tl::unexpected(missing.error());
  if (!missing->empty()) return tl::unexpected(unreadable(*missing));
  return {};
}

Outcome<std::map<std::uint16_t, InAndOut>> RestoreCompare::run() {
  std::map<std::uint16_t, InAndOut> shards;
  for (const auto& [shard, path] : files_) shards[shard];
  for (pass_ = 0; pass_ < passes_; ++pass_) {
    names_.clear();
    auto read = each_name([&](std::uint16_t, std::uint64_t name) {
      if (in_pass(name)) names_.push_back(name);
    });
    if (!read) return tl::unexpected(read.error());
    std::ranges::sort(names_);
    names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
    found_.assign(names_.size(), false);
    if (auto looked = find_in_cluster(); !looked) return tl::unexpected(looked.error());
    std::vector<bool> counted(names_.size(), false);
    read = each_name([&](std::uint16_t shard, std::uint64_t name) {
      if (!in_pass(name)) return;
      const auto at = static_cast<std::size_t>(std::ranges::lower_bound(names_, name) - names_.begin());
      if (counted[at]) return;
      counted[at] = true;
      InAndOut& one = shards[shard];
      ++one.in;
      one.sum_in += name;
      one.out += found_[at] ? 1U : 0U;
      one.sum_out += found_[at] ? name : 0U;
    });
    if (!read) return tl::unexpected(read.error());
  }
  return shards;
}

}  // namespace wattring::ctl
