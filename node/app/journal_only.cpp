// SPDX-License-Identifier: Apache-2.0
#include "node/app/journal_only.hpp"

#include <algorithm>
#include <limits>

#include "node/app/fold_guard.hpp"
#include "persistence/keys.hpp"

namespace wattring::app {
namespace {

constexpr Lsn kNoneHeld{std::numeric_limits<std::uint64_t>::max()};
constexpr std::size_t kRecordsAStep = 64;

}  // namespace

void JournalOnly::stop_guarded() {
  held_.resize(shards_.folds.size());
  if (shared_.options.guard == nullptr) return;
  for (std::size_t slot = 0; slot < held_.size(); ++slot) {
    meter::ShardFold& fold = *shards_.folds[slot];
    if (!shared_.options.guard->is_stopped(fold.shard())) continue;
    held_[slot] = kNoneHeld;
    fold.stop_folding(true);
    ++count_;
    ++shared_.stopped_shards;
    shared_.log->error("fold_stopped", "shard " + std::to_string(fold.shard().value) +
                                           ": two runs in a row ended while it was folded; its readings stay in the "
                                           "journal");
  }
}

Lsn JournalOnly::first_held() const {
  Lsn first = kNoneHeld;
  if (count_ == 0) return first;
  for (const auto& held : held_)
    if (held) first = std::min(first, *held);
  return first;
}

void JournalOnly::resume(std::size_t slot, Done done) {
  if (!is_stopped(slot)) return done(fail(ErrorCode::invalid_argument, "this shard folds already"));
  if (resuming_) return done(fail(ErrorCode::busy, "another shard is being resumed", "ask again in a while"));
  if (shared_.options.guard != nullptr) shared_.options.guard->forgive(shards_.folds[slot]->shard());
  resuming_ = {slot, *held_[slot], std::move(done)};
}

void JournalOnly::step(Lsn applied) {
  if (!resuming_) return;
  const auto more = fold_some(applied);
  if (more && *more) return;
  Resuming ended = std::move(*resuming_);
  resuming_.reset();
  if (!more) return ended.done(Failure(more.error()));
  held_[ended.slot].reset();
  shards_.folds[ended.slot]->stop_folding(false);
  --count_;
  --shared_.stopped_shards;
  ended.done({});
}

Result<bool> JournalOnly::fold_some(Lsn applied) {
  auto disk = shared_.disk.read();
  if (!disk) return Failure(disk.error());
  std::size_t records = 0;
  if (resuming_->next > applied) return false;
  const std::string from = persistence::journal_key(resuming_->next);
  auto scanned = (*disk)->scan(persistence::Table::journal, from, [&](std::string_view key, std::string_view record) {
    const auto lsn = persistence::parse_journal_key(key);
    if (lsn && *lsn > applied) return false;
    if (++records > kRecordsAStep) return false;
    if (!lsn) return true;
    resuming_->next = Lsn{lsn->value + 1};
    fold_record(*lsn, record);
    return true;
  });
  if (!scanned) return Failure(scanned.error());
  return records > kRecordsAStep;
}

void JournalOnly::fold_record(Lsn lsn, std::string_view record) {
  meter::ShardFold& fold = *shards_.folds[resuming_->slot];
  auto reader = persistence::RecordReader::open(record, lsn);
  if (!reader) return fold.mark_incomplete();
  using Step = persistence::RecordReader::Step;
  persistence::EntryView entry;
  for (auto step = reader->next(entry); step != Step::end; step = reader->next(entry)) {
    if (entry.shard != fold.shard()) continue;
    if (step == Step::damaged) fold.mark_incomplete();
    if (step != Step::damaged) fold_(lsn, entry);
  }
}

void JournalOnly::finish() {
  if (!resuming_) return;
  Resuming ended = std::move(*resuming_);
  resuming_.reset();
  ended.done(fail(ErrorCode::busy, "the node is stopping", "resume the shard again when it is back"));
}

}  // namespace wattring::app
