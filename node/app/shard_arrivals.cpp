// SPDX-License-Identifier: Apache-2.0
#include "node/app/shard_arrivals.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "node/app/shard_extension.hpp"
#include "persistence/format.hpp"
#include "persistence/keys.hpp"

namespace wattring::app {
namespace {

constexpr Lsn kNoneWaits{std::numeric_limits<std::uint64_t>::max()};
/// Some milliseconds of folding.
constexpr std::size_t kFactsAStep = 1U << 15U;

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <class... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

}  // namespace

void ShardArrivals::see(std::size_t slot, Lsn lsn, const persistence::EntryView& entry) {
  if (entry.format == meter::kTransferPartFormat) return stage(slot, lsn, entry);
  meter::ShardFold& fold = *shards_.folds[slot];
  if (lsn <= fold.sealed_up_to()) {
    // It was merged to its end.
    if (entry.format == meter::kTransferClaimFormat) forget_staged(slot);
    return;
  }
  if (entry.format == meter::kTransferClaimFormat) return begin(slot, lsn, entry);
  fold.mark_incomplete();
  unknown_.try_emplace(slot, lsn);
  shared_.log->error("unknown_format", "record " + std::to_string(lsn.value) + " holds an entry of format " +
                                           std::to_string(entry.format) + ", which only a newer release understands");
}

void ShardArrivals::stage(std::size_t slot, Lsn lsn, const persistence::EntryView& entry) {
  Staged& staged = staged_[slot];
  if (staged.transfer != entry.writer) staged = {entry.writer, {}};
  if (entry.sequence.value == staged.parts.size() + 1) staged.parts.push_back(lsn);
}

void ShardArrivals::begin(std::size_t slot, Lsn lsn, const persistence::EntryView& entry) {
  Merge merge;
  merge.slot = slot;
  merge.claimed_at = lsn;
  const auto staged = staged_.find(slot);
  if (staged != staged_.end() && staged->second.transfer == entry.writer) merge.staged = std::move(staged->second);
  forget_staged(slot);
  auto claim = meter::decode_transfer_claim(entry.payload);
  if (!claim) return shared_.report({"claim of a transfer: " + claim.error().text()});
  merge.claim = std::move(*claim);
  merges_.push_back(std::move(merge));
  shards_.folds[slot]->set_settling(true);
}

void ShardArrivals::forget_staged_before(Lsn first_of_run) {
  std::erase_if(staged_,
                [&](const auto& slot) { return slot.second.parts.empty() || slot.second.parts.back() < first_of_run; });
}

bool ShardArrivals::is_merging(std::size_t slot) const {
  return std::any_of(merges_.begin(), merges_.end(), [&](const Merge& merge) { return merge.slot == slot; });
}

Lsn ShardArrivals::mark_at_most(std::size_t slot) const {
  Lsn before = kNoneWaits;
  for (const Merge& merge : merges_)
    if (merge.slot == slot) before = std::min(before, merge.claimed_at);
  if (const auto unknown = unknown_.find(slot); unknown != unknown_.end()) before = std::min(before, unknown->second);
  return before == kNoneWaits ? kNoneWaits : Lsn{before.value - 1};
}

Lsn ShardArrivals::first_needed() const {
  Lsn first = kNoneWaits;
  const auto need = [&](const Staged& staged) {
    if (!staged.parts.empty()) first = std::min(first, staged.parts.front());
  };
  for (const auto& [slot, staged] : staged_) need(staged);
  for (const Merge& merge : merges_) {
    need(merge.staged);
    first = std::min(first, merge.claimed_at);
  }
  for (const auto& [slot, lsn] : unknown_) first = std::min(first, lsn);
  return first;
}

/// Above it sealing runs, and makes room.
bool ShardArrivals::has_room() const {
  return shared_.totals.unsealed_bytes() <= shared_.options.unsealed_bytes_max / 2;
}

bool ShardArrivals::is_busy() const {
  return !merges_.empty() && has_room() && doors_.may_merge(merges_.front().slot);
}

void ShardArrivals::step() {
  if (!is_busy()) return;
  Merge& merge = merges_.front();
  if (auto advanced = advance(merge); !advanced) return end(std::move(advanced));
  if (!merge.verified || merge.next != merge.staged.parts.size() || merge.row != merge.rows.size()) return;
  const Lsn first = merge.staged.parts.empty() ? merge.claimed_at : merge.staged.parts.front();
  shards_.folds[merge.slot]->cover(merge.claim.coverage, first);
  end({});
}

Result<void> ShardArrivals::advance(Merge& merge) {
  if (merge.staged.parts.size() != merge.claim.parts)
    return fail(ErrorCode::corrupt, "of " + std::to_string(merge.claim.parts) + " parts " +
                                        std::to_string(merge.staged.parts.size()) + " are here");
  if (merge.row < merge.rows.size()) return fold_some(merge);
  if (merge.next < merge.staged.parts.size()) {
    if (auto loaded = load(merge); !loaded) return loaded;
    merge.digest = meter::transfer_digest(merge.digest, merge.part);
    ++merge.next;
    if (merge.verified) {
      auto rows = meter::read_transfer_part(merge.part);
      if (!rows) return Failure(rows.error());
      merge.rows = std::move(*rows);
      merge.row = 0;
      return {};
    }
  }
  if (merge.verified || merge.next < merge.staged.parts.size()) return {};
  if (merge.digest != merge.claim.digest) return fail(ErrorCode::corrupt, "the parts are not those that were claimed");
  // Every byte is there: now for the facts.
  merge.verified = true;
  merge.next = 0;
  if (has_all_that_is_sealed(merge)) shards_.folds[merge.slot]->begin_renewal();
  return {};
}

/// What is in the chunks here, damaged ones too, is of entries in the sealed coverage, or will be sealed once more.
bool ShardArrivals::has_all_that_is_sealed(const Merge& merge) const {
  const auto disk = shared_.disk.read();
  if (!disk) return false;
  const std::string row = persistence::shard_key(shards_.folds[merge.slot]->shard());
  const auto sealed = (*disk)->get(persistence::Table::coverage, row);
  if (!sealed) return sealed.error().code == ErrorCode::not_found;
  const auto payload = persistence::open_value(*sealed, persistence::position_of(row));
  const auto coverage = payload ? sharding::Coverage::decode(*payload) : Failure(payload.error());
  return coverage && merge.claim.coverage.covers(*coverage);
}

Result<void> ShardArrivals::load(Merge& merge) const {
  auto disk = shared_.disk.read();
  if (!disk) return Failure(disk.error());
  const Lsn lsn = merge.staged.parts[merge.next];
  const std::string key = persistence::journal_key(lsn);
  bool found = false;
  auto scanned = (*disk)->scan(persistence::Table::journal, key, [&](std::string_view at, std::string_view record) {
    if (at != key) return false;
    auto reader = persistence::RecordReader::open(record, lsn);
    persistence::EntryView entry;
    while (reader && !found && reader->next(entry) == persistence::RecordReader::Step::entry) {
      found = entry.writer == merge.staged.transfer && entry.sequence.value == merge.next + 1;
      if (found) merge.part = entry.payload;
    }
    return false;
  });
  if (!scanned) return scanned;
  if (!found) return fail(ErrorCode::corrupt, "part " + std::to_string(merge.next + 1) + " does not verify");
  return {};
}

Result<void> ShardArrivals::fold_some(Merge& merge) {
  const meter::ShardFold& fold = *shards_.folds[merge.slot];
  const std::size_t first = merge.row;
  std::vector<meter::TransferItem> items;
  for (std::size_t facts = 0; merge.row < merge.rows.size() && facts < kFactsAStep; ++merge.row) {
    auto item = meter::decode_transfer_row(merge.rows[merge.row], fold.shard(), shared_.key);
    if (!item) return Failure(item.error());
    const auto* some = std::get_if<meter::TransferFacts>(&*item);
    facts += some != nullptr ? some->facts.size() : 1;
    items.push_back(std::move(*item));
  }
  const Holdings before = Holdings::of(fold);
  if (auto back = bring_back(merge, items); !back) return back;
  for (std::size_t i = 0; i < items.size(); ++i) take(merge, static_cast<std::uint32_t>(first + i), items[i]);
  shared_.totals.add(Holdings::of(fold) - before);
  return {};
}

void ShardArrivals::take(Merge& merge, std::uint32_t number, const meter::TransferItem& item) {
  meter::ShardFold& fold = *shards_.folds[merge.slot];
  const Lsn first = merge.staged.parts.front();
  std::visit(
      Overloaded{[&](const meter::TransferFacts& facts) {
                   doors_.fold(merge.slot, merge.staged.parts[merge.next - 1], number, facts);
                 },
                 [&](const meter::TransferText& text) { fold.apply_text(text.text); },
                 [&](const meter::TransferSnapshot& snapshot) {
                   (void)fold.join_snapshot(snapshot.meter, snapshot.hash, snapshot.payload, first);
                 },
                 [&](const meter::TransferIntervals& day) { fold.apply_kept_intervals(day.key, day.payload, first); },
                 [&](const meter::TransferAlert& alert) {
                   if (!shards_.extensions.empty()) shards_.extensions[merge.slot]->adopt(alert.id, alert.payload);
                 },
                 [&](const meter::TransferLimit& limit) { doors_.limit(merge.slot, first, limit.limit); }},
      item);
}

Result<void> ShardArrivals::bring_back(const Merge& merge, std::span<const meter::TransferItem> items) {
  meter::ShardFold& fold = *shards_.folds[merge.slot];
  if (fold.passivated_count() == 0) return {};
  std::vector<meter::ShardFold::Wanted> wanted;
  for (const meter::TransferItem& item : items) {
    if (const auto* facts = std::get_if<meter::TransferFacts>(&item)) wanted.push_back({facts->meter, facts->hash});
    if (const auto* one = std::get_if<meter::TransferSnapshot>(&item)) wanted.push_back({one->meter, one->hash});
  }
  return residency_.bring_back(fold, std::move(wanted));
}

void ShardArrivals::end(Result<void> outcome) {
  const Merge merge = std::move(merges_.front());
  merges_.pop_front();
  meter::ShardFold& fold = *shards_.folds[merge.slot];
  if (!outcome) {
    fold.mark_incomplete();
    shared_.report({"transfer of shard " + std::to_string(fold.shard().value) + ": " + outcome.error().text()});
    if (shared_.options.on_unreadable)
      shared_.options.on_unreadable(fold.shard(), merge.claim.coverage.minus(fold.coverage()));
  }
  if (!is_merging(merge.slot)) fold.set_settling(false);
  doors_.merged(merge.slot);
}

}  // namespace wattring::app
