// SPDX-License-Identifier: Apache-2.0
#include "node/app/shard_worker.hpp"

#include <stdexcept>

#include "node/meter/reading_entry.hpp"
#include "persistence/format.hpp"
#include "persistence/keys.hpp"

/// A worker and its meters: facts in, failures, quarantine.

namespace wattring::app {
namespace {

/// A meter that cannot be read back must not take facts: its state would be written over what is on the disk.
struct CannotComeBack : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace

void ShardWorker::fold_run(meter::ShardFold& fold, const Run& run) {
  const bool stopped = !supervision_.is_calm() && supervision_.is_stopped(run.id, shared_.clock.monotonic_ns());
  std::string failure;
  if (!stopped) {
    try {
      return apply(fold, run);
    } catch (...) {
      if (apply_supervised(fold, run, failure)) return;
    }
  } else {
    failure = supervision_.find(run.id)->last_failure;
  }
  // Nothing is pending of it, but its record must stay until it is in the table.
  quarantine_.add(slot_of(fold.shard()), run.lsn, run.number, run.id, failure, run.facts);
}

void ShardWorker::fold_transferred(std::size_t slot, Lsn lsn, std::uint32_t number, const meter::TransferFacts& facts) {
  if (quarantine_.holds(slot, lsn, number)) return;
  meter::ShardFold& fold = *shards_.folds[slot];
  enter(fold.shard());
  folded_ = {};
  fold.set_time(shared_.clock.wall_ms());
  fold_run(fold, {facts.meter, facts.hash, facts.facts, lsn, number});
  shared_.count.transferred.add(folded_.facts);
}

void ShardWorker::apply(meter::ShardFold& fold, const Run& run) {
  if (fold.passivated_count() != 0 && !fold.meters().find(run.id, run.hash)) {
    auto back = residency_.bring_back(fold, {{run.id, run.hash}});
    if (!back) throw CannotComeBack(back.error().text());
  }
  const auto applied = fold.apply(run.id, run.hash, run.facts, run.lsn);
  folded_.facts += applied.facts;
  folded_.duplicates += applied.duplicates;
  folded_.erased += applied.erased;
}

bool ShardWorker::apply_supervised(meter::ShardFold& fold, const Run& run, std::string& failure) {
  actor::Failure cause = actor::current_failure("readings");
  for (std::uint32_t attempt = 1;; ++attempt) {
    shared_.count.restarts.add();
    const auto verdict = supervision_.failed(run.id, cause, attempt, shared_.clock.monotonic_ns());
    restart(fold, run);
    failure = cause.what;
    if (verdict == MeterSupervision::Verdict::quarantine) return false;
    try {
      apply(fold, run);
      return true;
    } catch (...) {
      cause = actor::current_failure("readings");
    }
  }
}

void ShardWorker::restart(meter::ShardFold& fold, const Run& run) {
  auto disk = shared_.disk.read();
  auto restarted = disk ? fold.restart_meter(run.id, run.hash, **disk) : Failure(disk.error());
  if (!restarted)
    shared_.log->warn("meter_restart_failed", "meter \"" + std::string(run.id) + "\": " + restarted.error().text());
}

bool ShardWorker::holds(ShardId shard, std::string_view meter) const {
  return shards_.folds[slot_of(shard)]->meters().find(meter, shared_.key.hash(meter)).has_value();
}

bool ShardWorker::knows(ShardId shard, std::string_view meter) const {
  if (holds(shard, meter)) return true;
  if (shards_.folds[slot_of(shard)]->passivated_count() == 0) return false;
  const auto disk = shared_.disk.read();
  return disk && (*disk)->get(persistence::Table::meter, persistence::meter_key(shard, meter)).has_value();
}

void ShardWorker::visit_extension(std::size_t slot,
                                  const std::function<void(meter::ShardFold&, ShardExtension&)>& visit) {
  const Holdings before = Holdings::of(*shards_.folds[slot]);
  visit(*shards_.folds[slot], *shards_.extensions[slot]);
  shared_.totals.add(Holdings::of(*shards_.folds[slot]) - before);
}

void ShardWorker::release(const persistence::QuarantineKey& key, const Done& done) {
  const std::size_t slot = slot_of(key.shard);
  if (auto folded = release_row(slot, key); !folded) return done(std::move(folded));
  quarantine_.erase_when_sealed(slot, key, done);
}

void ShardWorker::drop(const persistence::QuarantineKey& key, const Done& done) {
  const std::size_t slot = slot_of(key.shard);
  if (shards_.folds[slot]->find_quarantined(key) == nullptr)
    return done(fail(ErrorCode::not_found, "no readings are in quarantine as " + meter::quarantine_id(key)));
  if (journal_only_.is_stopped(slot))
    return done(fail(ErrorCode::busy, "the fold of this shard is stopped", "resume it first"));
  quarantine_.erase_when_sealed(slot, key, done);
}

Result<void> ShardWorker::release_row(std::size_t slot, const persistence::QuarantineKey& key) {
  meter::ShardFold& fold = *shards_.folds[slot];
  if (fold.find_quarantined(key) == nullptr)
    return fail(ErrorCode::not_found, "no readings are in quarantine as " + meter::quarantine_id(key));
  if (journal_only_.is_stopped(slot) || !quarantine_.is_settled(slot))
    return fail(ErrorCode::busy,
                "this shard cannot take them now: its fold is stopped, or others are on their way to "
                "quarantine",
                "ask again in a while, or resume the shard first");
  auto disk = shared_.disk.read();
  if (!disk) return Failure(disk.error());
  const std::string row = persistence::quarantine_key(key);
  const auto stored = (*disk)->get(persistence::Table::quarantine, row);
  if (!stored) return Failure(stored.error());
  const auto opened = persistence::open_value(*stored, persistence::position_of(row));
  if (!opened) return Failure(opened.error());
  const auto decoded = meter::decode_quarantine_row(key, *opened);
  if (!decoded) return Failure(decoded.error());
  const auto runs = meter::decode_entry(decoded->payload);
  if (!runs) return Failure(runs.error());

  supervision_.forget(decoded->note.meter);
  const Holdings before = Holdings::of(fold);
  std::string failure;
  bool folded = true;
  enter(key.shard);
  for (const auto& run : runs->runs) {
    const Run again{run.id, shared_.key.hash(run.id), runs->facts_of(run), key.lsn, 0};
    try {
      apply(fold, again);
    } catch (...) {
      folded = apply_supervised(fold, again, failure) && folded;
    }
  }
  leave();
  shared_.totals.add(Holdings::of(fold) - before);
  if (!folded)
    return fail(ErrorCode::invalid_argument, "the meter failed on these readings again: " + failure,
                "they stay in quarantine; drop them, or release them again after an upgrade");
  return {};
}

}  // namespace wattring::app
