// SPDX-License-Identifier: Apache-2.0
#include "node/app/shard_worker.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

#include "node/app/fold_guard.hpp"
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
      sealing_(
          shared, shards_, turns_, [this] { wake(); },
          [this](std::size_t slot) { return quarantine_.is_settled(slot) && !journal_only_.is_stopped(slot); }),
      residency_(shared, shards_, [this] { sealing_.request(); }),
      quarantine_(
          shared, shards_, [this] { wake(); }, [this] { sealing_.request(); }),
      journal_only_(shared, shards_,
                    [this](Lsn lsn, const persistence::EntryView& entry) { replay_entry(lsn, entry); }) {
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
  recover();
  bool idle = false;
  for (;;) {
    auto task = queue_.pop_for(std::chrono::milliseconds(patience_ms(idle)));
    idle = !task;
    if (task) handle(*task);
    if (idle && queue_.closed() && queue_.size() == 0) break;
    step(idle);
  }
  for (std::size_t slot = 0; slot < shards_.folds.size(); ++slot) turns_.finish(slot);
  journal_only_.finish();
  quarantine_.finish();
  if (checkpoint_at_end_) sealing_.seal_everything();
  publish();
}

void ShardWorker::step(bool idle) {
  quarantine_.step();
  journal_only_.step(sealing_.applied_lsn());
  if (sealing_.step(idle)) publish();
  residency_.step();
  turns_.turn(idle, [this] { return queue_.size() != 0; });
}

/// Extensions are looked through only when nothing came the last time: while facts flow they have their own pace.
std::int64_t ShardWorker::patience_ms(bool idle) const {
  if (sealing_.is_busy() || residency_.is_sweeping() || journal_only_.is_resuming()) return 0;
  if (shards_.extensions.empty()) return kPatienceMs;
  return idle ? turns_.patience_ms(kPatienceMs) : 0;
}

void ShardWorker::handle(Task& task) {
  if (auto* batch = std::get_if<std::shared_ptr<const CutBatch>>(&task)) {
    fold(**batch);
  } else if (const Visit& visit = std::get<Visit>(task)) {
    visit(*this);
  }
}

std::vector<ShardWorker::Waiting> ShardWorker::waiting() const {
  std::vector<Waiting> all(shards_.folds.size());
  queue_.for_each([&](const Task& task) {
    const auto* batch = std::get_if<std::shared_ptr<const CutBatch>>(&task);
    if (batch == nullptr) return;
    for (const CutBatch::Slice& slice : (*batch)->slices) {
      if (!owns(slice.shard)) continue;
      Waiting& waiting = all[slot_of(slice.shard)];
      if (waiting.slices++ == 0) waiting.oldest_ns = (*batch)->committed_ns;
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
    if (!owns(slice.shard)) continue;
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
  sealing_.applied(batch.lsn, batch.record_bytes);
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
  safe = std::min({safe, quarantine_.first_unsettled().value, journal_only_.first_held().value});
  for (const auto& fold : shards_.folds) safe = std::min(safe, fold->first_unsealed().value);
  safe_lsn_ = safe;
  published_();
}

void ShardWorker::recover() {
  std::vector<std::string> damaged;
  const std::int64_t now_ms = shared_.clock.wall_ms();
  const meter::ShardFold::Residency residency{now_ms - shared_.options.passivate_after_ms,
                                              shared_.options.resident_bytes_max / shared_.key.shard_count()};
  auto disk = shared_.disk.read();
  if (!disk) {
    shared_.log->error("recovery_failed", disk.error().text());
  } else {
    for (auto& fold : shards_.folds) {
      fold->set_time(now_ms);
      auto recovered = fold->recover(**disk, shared_.key, residency, damaged);
      if (!recovered) damaged.push_back(recovered.error().text());
      shared_.totals.add(Holdings::of(*fold));
    }
    journal_only_.stop_guarded();
    for (std::size_t slot = 0; slot < shards_.extensions.size(); ++slot)
      shards_.extensions[slot]->recovered(*shards_.folds[slot], **disk);
    replay(**disk, damaged);
    leave();
    for (std::size_t slot = 0; shared_.options.guard != nullptr && slot < shards_.folds.size(); ++slot)
      if (!journal_only_.is_stopped(slot)) shared_.options.guard->forgive(shards_.folds[slot]->shard());
  }
  shared_.report(damaged);
  recovering_ = false;
}

void ShardWorker::replay(const persistence::ReadTransaction& disk, std::vector<std::string>& damaged) {
  const auto on_entry = [&](Lsn lsn, const persistence::EntryView& entry) {
    sealing_.applied(lsn, 0);
    if (!owns(entry.shard)) return;
    const std::size_t slot = slot_of(entry.shard);
    if (!journal_only_.is_stopped(slot)) return replay_entry(lsn, entry);
    if (lsn > shards_.folds[slot]->sealed_up_to()) journal_only_.hold(slot, lsn);
  };
  const auto on_damage = [&](const persistence::Damage& damage) {
    if (index_ == 0) damaged.push_back(damage.error.text());
    for (auto& fold : shards_.folds)
      if (!damage.entry || damage.entry->shard == fold->shard()) fold->mark_incomplete();
  };
  const auto read = persistence::read_tail(disk, Lsn{0}, on_entry, on_damage);
  if (!read) damaged.push_back(read.error().text());
}

void ShardWorker::replay_entry(Lsn lsn, const persistence::EntryView& entry) {
  meter::ShardFold& fold = fold_of(entry.shard);
  if (lsn <= fold.sealed_up_to()) return;
  const auto runs = meter::decode_entry(entry.payload);
  if (!runs) {
    fold.mark_incomplete();
    return shared_.report({"record " + std::to_string(lsn.value) + ": " + runs.error().text()});
  }
  enter(entry.shard);
  const Holdings before = Holdings::of(fold);
  folded_ = {};
  std::vector<meter::ShardFold::Wanted> wanted;
  wanted.reserve(runs->runs.size());
  for (const auto& run : runs->runs) wanted.push_back({run.id, shared_.key.hash(run.id)});
  if (fold.passivated_count() != 0) (void)residency_.bring_back(fold, wanted);
  for (const std::string_view text : runs->texts) fold.apply_text(text);
  for (std::uint32_t i = 0; i < runs->runs.size(); ++i)
    if (!quarantine_.holds(slot_of(entry.shard), lsn, i))
      fold_run(fold, {wanted[i].id, wanted[i].hash, runs->facts_of(runs->runs[i]), lsn, i});
  fold.cover(entry.writer, entry.sequence, lsn);
  leave();
  shared_.count.replayed.add(folded_.facts);
  shared_.totals.add(Holdings::of(fold) - before);
}

void ShardWorker::enter(ShardId shard) {
  if (shared_.options.guard != nullptr) shared_.options.guard->enter(index_, shard);
}

void ShardWorker::leave() {
  if (shared_.options.guard != nullptr) shared_.options.guard->leave(index_);
}

}  // namespace wattring::app
