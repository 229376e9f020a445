// SPDX-License-Identifier: Apache-2.0
#include "node/app/shard_worker.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

#include "node/app/fold_guard.hpp"
#include "node/app/shard_marks.hpp"
#include "node/meter/reading_entry.hpp"
#include "persistence/recovery.hpp"

namespace wattring::app {
namespace {

// Bounded by admission in bytes long before; a batch is charged at least a page.
constexpr std::size_t kQueueTasksMax = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kPrefetchAhead = 8;
constexpr std::int64_t kPatienceMs = 200;

void fold_texts(meter::ShardFold& fold, const CutBatch& batch, const gateway::Batch::MeterRun& run) {
  for (std::uint32_t f = run.first_fact; f < run.first_fact + run.fact_count; ++f) {
    const auto text = batch.batch.texts().find(batch.batch.facts()[f].value);
    if (text != batch.batch.texts().end()) fold.apply_text(text->second);
  }
}

}  // namespace

ShardWorker::ShardWorker(ShardShared& shared, std::size_t index, std::function<void()> published)
    : shared_(shared),
      index_(index),
      published_(std::move(published)),
      queue_(kQueueTasksMax),
      turns_(shards_.folds, shards_.extensions, shared),
      sealing_(shared, shards_, turns_,
               {[this] { wake(); },
                [this](std::size_t slot) {
                  return quarantine_.is_settled(slot) && !journal_only_.is_stopped(slot) && !drops_.is_dropping(slot) &&
                         !erasing_.is_erasing(slot);
                },
                [this](std::size_t slot) { return arrivals_.mark_at_most(slot); }}),
      erasing_(shared, shards_,
               {[this] { wake(); }, [this] { return sealing_.is_quiet(); },
                [this](std::size_t slot) {
                  return quarantine_.is_settled(slot) && !journal_only_.is_stopped(slot) && !drops_.is_dropping(slot);
                }}),
      residency_(shared, shards_, [this] { sealing_.request(); }),
      quarantine_(
          shared, shards_, [this] { wake(); }, [this] { sealing_.request(); }),
      journal_only_(shared, shards_,
                    [this](Lsn lsn, const persistence::EntryView& entry) {
                      folded_ = {};
                      see_entry(lsn, entry);
                      shared_.count.replayed.add(folded_.facts);
                    }),
      arrivals_(shared, shards_, residency_,
                {[this](std::size_t slot, Lsn lsn, std::uint32_t number, const meter::TransferFacts& facts) {
                   fold_transferred(slot, lsn, number, facts);
                 },
                 [this](std::size_t slot, Lsn lsn, const meter::Limit& limit) { take_limit(slot, lsn, limit); },
                 [this](std::size_t slot) { return !drops_.is_dropping(slot); },
                 [this](std::size_t slot) {
                   sealing_.repeat_retention();
                   if (shards_.folds[slot]->is_renewing()) sealing_.request();
                 }}),
      drops_(shared, shards_,
             {[this](std::size_t slot) {
                return !shards_.folds[slot]->is_sealing() && !erasing_.is_erasing(slot) &&
                       quarantine_.is_settled(slot) && !arrivals_.is_merging(slot) && !arrivals_.holds_unknown(slot);
              },
              [this](std::size_t slot) { renew_shard(slot); },
              [this](std::size_t slot) { shards_.folds[slot]->set_settling(arrivals_.is_merging(slot)); },
              [this] { wake(); }}) {
  for (std::size_t shard = index; shard < shared.key.shard_count(); shard += shared.options.workers) {
    const ShardId id{static_cast<std::uint16_t>(shard)};
    shards_.folds.push_back(std::make_unique<meter::ShardFold>(id));
    shards_.folds.back()->set_fault(shared.options.fault);
    if (shared.options.extension) shards_.extensions.push_back(shared.options.extension(id));
  }
}

void ShardWorker::start() {
  recovering_ = true;
  thread_ = std::thread([this] { run(); });
}

void ShardWorker::close(bool checkpoint) {
  checkpoint_at_end_ = checkpoint;
  queue_.close();
}

void ShardWorker::join() {
  if (thread_.joinable()) thread_.join();
}

void ShardWorker::request_checkpoint() {
  sealing_.request();
  wake();
}

void ShardWorker::run() {
  const auto recovered = recover();
  if (recovered) serve();
  if (!recovered) give_up(recovered.error());
  journal_only_.finish();
  quarantine_.finish();
  drops_.finish();
  erasing_.finish();
  sealing_.finish();
  if (!recovered) return;
  if (checkpoint_at_end_) sealing_.seal_everything();
  publish();
}

void ShardWorker::serve() {
  bool idle = false;
  for (;;) {
    auto task = queue_.pop_for(std::chrono::milliseconds(patience_ms(idle)));
    idle = !task;
    if (task) handle(*task);
    if (idle && queue_.closed() && queue_.size() == 0) break;
    step(idle);
  }
  for (std::size_t slot = 0; slot < shards_.folds.size(); ++slot) turns_.finish(slot);
}

/// What is not read back must neither be sealed, because the seal would claim it, nor leave the journal: safe_lsn()
/// stays where it is. Until the process ends, who asks hears that the answer is not complete.
void ShardWorker::give_up(const Error& error) {
  shared_.log->error("recovery_failed", "the disk does not give back the shards of worker " + std::to_string(index_) +
                                            ", so this node stops and changes nothing of them: " + error.text() +
                                            "; look at the disk and the kernel log, then start the node again");
  leave();
  for (auto& fold : shards_.folds) fold->mark_incomplete();
  queue_.close();
  if (shared_.options.on_unrecovered) shared_.options.on_unrecovered();
  while (auto task = queue_.pop())
    if (std::holds_alternative<Visit>(*task)) handle(*task);
}

void ShardWorker::step(bool idle) {
  quarantine_.step();
  journal_only_.step(sealing_.applied_lsn());
  arrivals_.step();
  leave();
  drops_.step(sealing_.applied_lsn());
  if (sealing_.step(idle)) publish();
  erasing_.step();
  residency_.step();
  turns_.turn(idle, [this] { return queue_.size() != 0; });
}

/// Extensions are looked through only when nothing came the last time: while facts flow they have their own pace.
std::int64_t ShardWorker::patience_ms(bool idle) const {
  if (sealing_.is_busy() || residency_.is_sweeping() || journal_only_.is_resuming() || arrivals_.is_busy() ||
      drops_.is_busy() || erasing_.is_busy())
    return 0;
  if (shards_.extensions.empty()) return kPatienceMs;
  return idle ? turns_.patience_ms(kPatienceMs) : 0;
}

void ShardWorker::handle(Task& task) {
  if (auto* batch = std::get_if<std::shared_ptr<const CutBatch>>(&task)) {
    fold(**batch);
  } else if (auto* pack = std::get_if<std::shared_ptr<const ForeignPack>>(&task)) {
    fold(**pack);
  } else if (const Visit& visit = std::get<Visit>(task)) {
    visit(*this);
  }
}

std::vector<ShardWorker::Waiting> ShardWorker::waiting() const {
  std::vector<Waiting> all(shards_.folds.size());
  const auto add = [&](ShardId shard, std::int64_t committed_ns) {
    if (!owns(shard)) return;
    Waiting& waiting = all[slot_of(shard)];
    if (waiting.slices++ == 0) waiting.oldest_ns = committed_ns;
  };
  queue_.for_each([&](const Task& task) {
    if (const auto* batch = std::get_if<std::shared_ptr<const CutBatch>>(&task)) {
      for (const CutBatch::Slice& slice : (*batch)->slices)
        if (slice.local) add(slice.shard, (*batch)->committed_ns);
    } else if (const auto* pack = std::get_if<std::shared_ptr<const ForeignPack>>(&task)) {
      auto reader = persistence::RecordReader::open(*(*pack)->record);
      persistence::EntryView entry;
      while (reader && reader->next_header(entry) != persistence::RecordReader::Step::end)
        add(entry.shard, (*pack)->committed_ns);
    }
  });
  return all;
}

void ShardWorker::fold(const CutBatch& batch) {
  if (batch.lsn <= sealing_.applied_lsn()) return;  // committed while this worker started: the replay saw it
  folded_ = {};
  Holdings difference;
  const std::int64_t now_ms = shared_.clock.wall_ms();
  for (const CutBatch::Slice& slice : batch.slices) {
    if (!slice.local || !owns(slice.shard)) continue;
    if (journal_only_.is_stopped(slot_of(slice.shard))) {
      journal_only_.hold(slot_of(slice.shard), batch.lsn);
      continue;
    }
    enter(slice.shard);
    meter::ShardFold& fold = fold_of(slice.shard);
    const Holdings before = Holdings::of(fold);
    fold.set_time(now_ms);
    fold_slice(batch, slice);
    difference += Holdings::of(fold) - before;
  }
  leave();
  shared_.totals.add(difference);
  shared_.count.facts.add(folded_.facts);
  shared_.count.duplicates.add(folded_.duplicates);
  shared_.count.erased_again.add(folded_.erased);
  sealing_.applied(batch.lsn, batch.record_bytes);
}

void ShardWorker::fold(const ForeignPack& pack) {
  if (pack.lsn <= sealing_.applied_lsn()) return;
  const std::int64_t now_ms = shared_.clock.wall_ms();
  // It was verified before it entered the journal.
  auto reader = persistence::RecordReader::open(*pack.record);
  persistence::EntryView entry;
  folded_ = {};
  while (reader && reader->next_header(entry) != persistence::RecordReader::Step::end) {
    if (!owns(entry.shard)) continue;
    fold_of(entry.shard).set_time(now_ms);
    take_entry(pack.lsn, entry);
  }
  leave();
  shared_.count.facts.add(folded_.facts);
  shared_.count.duplicates.add(folded_.duplicates);
  shared_.count.erased_again.add(folded_.erased);
  sealing_.applied(pack.lsn, pack.record->size());
}

void ShardWorker::fold_slice(const CutBatch& batch, const CutBatch::Slice& slice) {
  meter::ShardFold& fold = fold_of(slice.shard);
  const auto& runs = batch.batch.runs();
  const std::uint32_t end = slice.first + slice.count;
  if (fold.passivated_count() != 0) {
    std::vector<meter::ShardFold::Wanted> wanted;
    wanted.reserve(slice.count);
    for (std::uint32_t i = slice.first; i < end; ++i)
      wanted.push_back({batch.batch.id(runs[batch.order[i]]), batch.hashes[batch.order[i]]});
    // Whoever could not be read is tried again on its own, and quarantined when that fails too.
    (void)residency_.bring_back(fold, std::move(wanted));
  }
  for (std::uint32_t i = slice.first; i < end; ++i) {
    if (i + kPrefetchAhead < end) fold.meters().prefetch(batch.hashes[batch.order[i + kPrefetchAhead]]);
    const auto& run = runs[batch.order[i]];
    fold_run(fold,
             {batch.batch.id(run), batch.hashes[batch.order[i]],
              std::span(batch.batch.facts()).subspan(run.first_fact, run.fact_count), batch.lsn, i - slice.first});
    if (!batch.batch.texts().empty()) fold_texts(fold, batch, run);
  }
  fold.cover(batch.writer, slice.sequence, batch.lsn);
}

Result<std::optional<meter::MeterTable::MeterIndex>> ShardWorker::meter(ShardId shard, std::string_view id,
                                                                        std::uint64_t hash) {
  meter::ShardFold& fold = fold_of(shard);
  const Holdings before = Holdings::of(fold);
  auto back = residency_.bring_back(fold, {{id, hash}});
  if (!back) return Failure(back.error());
  shared_.totals.add(Holdings::of(fold) - before);
  return fold.meters().find(id, hash);
}

void ShardWorker::publish() {
  std::uint64_t safe = sealing_.applied_lsn().value + 1;
  safe = std::min(
      {safe, quarantine_.first_unsettled().value, journal_only_.first_held().value, arrivals_.first_needed().value});
  for (const auto& fold : shards_.folds) safe = std::min(safe, fold->first_unsealed().value);
  safe_lsn_ = safe;
  published_();
}

Result<void> ShardWorker::recover() {
  std::vector<std::string> damaged;
  auto read = read_back(damaged);
  shared_.report(damaged);
  if (!read) return read;
  arrivals_.forget_staged_before(shared_.first_of_run);
  leave();
  for (std::size_t slot = 0; shared_.options.guard != nullptr && slot < shards_.folds.size(); ++slot)
    if (!journal_only_.is_stopped(slot)) shared_.options.guard->forgive(shards_.folds[slot]->shard());
  recovering_ = false;
  return {};
}

Result<void> ShardWorker::read_back(std::vector<std::string>& damaged) {
  auto disk = shared_.disk.read();
  if (!disk) return Failure(disk.error());
  if (auto read = recover_shards(**disk, damaged); !read) return read;
  return replay(**disk, damaged);
}

Result<void> ShardWorker::recover_shards(const persistence::ReadTransaction& disk, std::vector<std::string>& damaged) {
  const auto marks = read_shard_marks(disk);
  if (!marks) return Failure(marks.error());
  const DroppedShardView nothing(&disk);
  const auto view_of = [&](std::size_t slot) -> const persistence::ReadTransaction& {
    const auto mark = marks->find(shards_.folds[slot]->shard());
    if (mark != marks->end() && mark->second.dropping) return nothing;
    return disk;
  };
  for (std::size_t slot = 0; slot < shards_.folds.size(); ++slot)
    if (auto read = recover_shard(slot, view_of(slot), damaged); !read) return read;
  journal_only_.stop_guarded();
  for (std::size_t slot = 0; slot < shards_.folds.size(); ++slot) {
    const persistence::ReadTransaction& view = view_of(slot);
    if (!shards_.extensions.empty())
      if (auto read = shards_.extensions[slot]->recovered(*shards_.folds[slot], view); !read) return read;
    if (&view == &nothing) drops_.go_on(slot);
  }
  return {};
}

Result<void> ShardWorker::recover_shard(std::size_t slot, const persistence::ReadTransaction& disk,
                                        std::vector<std::string>& damaged) {
  meter::ShardFold& fold = *shards_.folds[slot];
  const std::int64_t now_ms = shared_.clock.wall_ms();
  const meter::ShardFold::Residency residency{now_ms - shared_.options.passivate_after_ms,
                                              shared_.options.resident_bytes_max / shared_.key.shard_count()};
  fold.set_time(now_ms);
  auto recovered = fold.recover(disk, shared_.key, residency, damaged);
  shared_.watermarks.set(fold.shard(), fold.limits().days());
  if (fold.limits().unpurged() != 0) erasing_.request();
  shared_.totals.add(Holdings::of(fold));
  return recovered;
}

/// The shard is dropped: it begins anew, with nothing.
void ShardWorker::renew_shard(std::size_t slot) {
  turns_.finish(slot);
  arrivals_.forget_staged(slot);
  const ShardId shard = shards_.folds[slot]->shard();
  shared_.totals.add(Holdings{} - Holdings::of(*shards_.folds[slot]));
  shards_.folds[slot] = std::make_unique<meter::ShardFold>(shard);
  shards_.folds[slot]->set_fault(shared_.options.fault);
  if (!shards_.extensions.empty()) shards_.extensions[slot] = shared_.options.extension(shard);
  auto disk = shared_.disk.read();
  const DroppedShardView nothing(disk ? disk->get() : nullptr);
  std::vector<std::string> damaged;
  // There is nothing to be read, but for the mark.
  auto read = recover_shard(slot, nothing, damaged);
  if (read && !shards_.extensions.empty()) read = shards_.extensions[slot]->recovered(*shards_.folds[slot], nothing);
  if (!read) damaged.push_back(read.error().text());
  shared_.report(damaged);
}

Result<void> ShardWorker::replay(const persistence::ReadTransaction& disk, std::vector<std::string>& damaged) {
  folded_ = {};
  const auto on_entry = [&](Lsn lsn, const persistence::EntryView& entry) {
    sealing_.applied(lsn, 0);
    if (owns(entry.shard)) take_entry(lsn, entry);
  };
  const auto on_damage = [&](const persistence::Damage& damage) {
    if (index_ == 0) damaged.push_back(damage.error.text());
    for (auto& fold : shards_.folds)
      if (!damage.entry || damage.entry->shard == fold->shard()) fold->mark_incomplete();
    if (damage.entry && owns(damage.entry->shard)) tell_unreadable(*damage.lsn, *damage.entry);
  };
  const auto read = persistence::read_tail(disk, Lsn{0}, on_entry, on_damage);
  shared_.count.replayed.add(folded_.facts);
  if (!read) return Failure(read.error());
  return {};
}

/// What was sealed is not read from the journal any more.
void ShardWorker::tell_unreadable(Lsn lsn, const persistence::EntryView& entry) {
  if (!shared_.options.on_unreadable || persistence::is_local_format(entry.format)) return;
  if (lsn <= fold_of(entry.shard).sealed_up_to()) return;
  sharding::Coverage unreadable;
  unreadable.add(entry.writer, entry.sequence);
  shared_.options.on_unreadable(entry.shard, unreadable);
}

/// An entry of the journal, of this run or an earlier one.
void ShardWorker::take_entry(Lsn lsn, const persistence::EntryView& entry) {
  const std::size_t slot = slot_of(entry.shard);
  if (!journal_only_.is_stopped(slot)) return see_entry(lsn, entry);
  if (lsn > shards_.folds[slot]->sealed_up_to()) journal_only_.hold(slot, lsn);
}

void ShardWorker::see_entry(Lsn lsn, const persistence::EntryView& entry) {
  if (entry.format == meter::kReadingEntryFormat) return fold_entry(lsn, entry);
  if (entry.format == kExtensionEntryFormat) return give_to_extension(lsn, entry);
  if (entry.format == meter::kLimitEntryFormat) return take_limits(lsn, entry);
  if (entry.format == meter::kRestoredRowsFormat) return take_restored(lsn, entry);
  arrivals_.see(slot_of(entry.shard), lsn, entry);
}

void ShardWorker::fold_entry(Lsn lsn, const persistence::EntryView& entry) {
  meter::ShardFold& fold = fold_of(entry.shard);
  if (lsn <= fold.sealed_up_to()) return;
  const auto runs = meter::decode_entry(entry.payload);
  if (!runs) {
    // Every node finds the same: it holds no facts. Not covering it would fetch it again for ever.
    fold.mark_incomplete();
    fold.cover(entry.writer, entry.sequence, lsn);
    return shared_.report({"record " + std::to_string(lsn.value) + ": " + runs.error().text()});
  }
  enter(entry.shard);
  const Holdings before = Holdings::of(fold);
  std::vector<meter::ShardFold::Wanted> wanted;
  wanted.reserve(runs->runs.size());
  for (const auto& run : runs->runs) wanted.push_back({run.id, shared_.key.hash(run.id)});
  if (fold.passivated_count() != 0) (void)residency_.bring_back(fold, wanted);
  for (const std::string_view text : runs->texts) fold.apply_text(text);
  for (std::uint32_t i = 0; i < runs->runs.size(); ++i) {
    if (i + kPrefetchAhead < wanted.size()) fold.meters().prefetch(wanted[i + kPrefetchAhead].hash);
    if (!quarantine_.holds(slot_of(entry.shard), lsn, i))
      fold_run(fold, {wanted[i].id, wanted[i].hash, runs->facts_of(runs->runs[i]), lsn, i});
  }
  fold.cover(entry.writer, entry.sequence, lsn);
  leave();
  shared_.totals.add(Holdings::of(fold) - before);
}

void ShardWorker::give_to_extension(Lsn lsn, const persistence::EntryView& entry) {
  meter::ShardFold& fold = fold_of(entry.shard);
  if (lsn <= fold.sealed_up_to()) return;
  if (!shards_.extensions.empty())
    if (auto taken =
            shards_.extensions[slot_of(entry.shard)]->decided(fold, lsn, entry.payload, shared_.clock.wall_ms());
        !taken)
      shared_.report({"record " + std::to_string(lsn.value) + ": " + taken.error().text()});
  fold.cover(entry.writer, entry.sequence, lsn);
}

void ShardWorker::enter(ShardId shard) {
  if (shared_.options.guard != nullptr) shared_.options.guard->enter(index_, shard);
}

void ShardWorker::leave() {
  if (shared_.options.guard != nullptr) shared_.options.guard->leave(index_);
}

}  // namespace wattring::app
