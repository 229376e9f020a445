// SPDX-License-Identifier: Apache-2.0
#include "node/app/shard_sealing.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "node/meter/shard_seal.hpp"

namespace wattring::app {
namespace {

/// After a refused commit: a full disk is tried again in a while instead of at once.
constexpr std::int64_t kRefusedPauseNs = 1'000'000'000;

}  // namespace

bool ShardSealing::step(bool idle) {
  collect();
  serve_leaving();
  maybe_start_pass();
  bool ended = false;
  if (pass_runs_ && (idle || shared_.clock.monotonic_ns() >= fold_until_ns_)) ended = seal_next();
  if (!pass_runs_ && seals_.empty()) retain_next();
  return ended;
}

void ShardSealing::maybe_start_pass() {
  if (pass_runs_) return;
  const std::uint64_t share = shared_.options.unsealed_bytes_max / 2;
  const bool too_much =
      shared_.totals.unsealed_bytes() > share || journal_bytes_ > shared_.options.journal_bytes_max / 2;
  if (!too_much && !requested_.exchange(false)) return;
  if (refused_until_ns_ > shared_.clock.monotonic_ns()) return;
  pass_runs_ = true;
  journal_bytes_ = 0;
  next_slot_ = 0;
}

bool ShardSealing::seal_next() {
  if (seals_.size() >= kSealsInFlightMax) return false;
  while (next_slot_ < shards_.folds.size() && !can_begin(next_slot_)) ++next_slot_;
  if (next_slot_ < shards_.folds.size()) {
    const std::int64_t began_ns = shared_.clock.monotonic_ns();
    start(next_slot_++);
    const std::int64_t ended_ns = shared_.clock.monotonic_ns();
    fold_until_ns_ = ended_ns + (ended_ns - began_ns);
    return false;
  }
  if (!seals_.empty()) return false;
  pass_runs_ = false;
  if (std::exchange(retention_is_due_, false)) request_retention();
  return true;
}

ShardSealing::InFlight ShardSealing::in_flight(std::optional<std::size_t> slot) const {
  return {slot, SliceChain(shared_.writer, doors_.wake)};
}

void ShardSealing::start(std::size_t slot) {
  turns_.finish(slot);
  meter::ShardFold& fold = *shards_.folds[slot];
  InFlight seal = in_flight(slot);
  fold.begin_seal(std::max(fold.sealed_up_to(), std::min(applied_lsn_, doors_.mark_at_most(slot))));
  std::vector<std::string> damaged;
  auto disk = shared_.disk.read();
  Result<meter::SealStats> sealed = Failure(disk ? Error{} : disk.error());
  if (disk) {
    const auto sink = [&](std::vector<persistence::OwnedOp>&& slice, bool last) {
      if (last && !shards_.extensions.empty()) shards_.extensions[slot]->sealing(slice);
      return seal.slices.add(std::move(slice));
    };
    sealed = meter::seal_shard(fold, **disk, sink, damaged);
  }
  shared_.report(damaged);
  if (sealed) {
    shared_.count.sealed_facts.add(sealed->facts);
    shared_.count.duplicates.add(sealed->duplicates);
    shared_.count.conflicts.add(sealed->conflicts);
    shared_.count.chunks.add(sealed->chunks);
    if (sealed->renewed != 0)
      shared_.log->info("chunks_renewed", "shard " + std::to_string(fold.shard().value) + ": " +
                                              std::to_string(sealed->renewed) +
                                              " damaged chunks gave way to what another owner had");
  } else {
    shared_.log->warn("seal_failed", "shard " + std::to_string(fold.shard().value) + ": " + sealed.error().text());
    seal.slices.refuse();
  }
  seals_.push_back(std::move(seal));
}

void ShardSealing::collect() {
  for (InFlight& seal : seals_) seal.slices.move_on();
  std::erase_if(seals_, [&](const InFlight& seal) {
    if (!seal.slices.is_over()) return false;
    if (!seal.slot) return true;
    meter::ShardFold& fold = *shards_.folds[*seal.slot];
    const Holdings before = Holdings::of(fold);
    const bool refused = seal.slices.is_refused();
    if (refused) {
      fold.abandon_seal();
      refused_until_ns_ = shared_.clock.monotonic_ns() + kRefusedPauseNs;
      next_slot_ = shards_.folds.size();
    } else {
      fold.finish_seal();
    }
    shared_.totals.add(Holdings::of(fold) - before);
    serve_leaving(*seal.slot, !refused);
    return true;
  });
}

void ShardSealing::serve_leaving() {
  for (std::size_t at = 0; at < leaving_.size();) {
    const std::size_t slot = leaving_[at].slot;
    const meter::ShardFold& fold = *shards_.folds[slot];
    const std::size_t before = leaving_.size();
    if (fold.is_stopped()) {
      serve_leaving(slot, false);
    } else if (!fold.is_sealing() && !fold.is_settling()) {
      if (!fold.can_begin_seal()) {
        serve_leaving(slot, true);
      } else if (doors_.may_seal(slot) && seals_.size() < kSealsInFlightMax) {
        start(slot);
      }
    }
    if (leaving_.size() == before) ++at;
  }
}

/// sealed: right now the slot's shard on the disk is what its coverage says.
void ShardSealing::serve_leaving(std::size_t slot, bool sealed) {
  std::erase_if(leaving_, [&](const Leaving& leaving) {
    if (leaving.slot != slot) return false;
    if (sealed) leaving.done(shared_.disk.read());
    if (!sealed) leaving.done(fail(ErrorCode::busy, "the shard cannot be sealed now", "ask again in a while"));
    return true;
  });
}

void ShardSealing::finish() {
  for (const Leaving& leaving : std::exchange(leaving_, {}))
    leaving.done(fail(ErrorCode::busy, "the node is stopping", "ask another one"));
}

void ShardSealing::retain_next() {
  if (!retains_) return;
  const auto needs_it = [&](std::size_t slot) {
    const meter::ShardFold& fold = *shards_.folds[slot];
    return fold.limits().days() != meter::RetentionDays{} && !fold.is_settling() && doors_.may_seal(slot);
  };
  while (retention_slot_ < shards_.folds.size() && !needs_it(retention_slot_)) ++retention_slot_;
  if (retention_slot_ == shards_.folds.size()) {
    retains_ = false;
    return;
  }
  const meter::ShardFold& fold = *shards_.folds[retention_slot_++];
  InFlight step = in_flight(std::nullopt);
  auto disk = shared_.disk.read();
  if (!disk) return;
  const auto sink = [&](std::vector<persistence::OwnedOp>&& slice, bool) { return step.slices.add(std::move(slice)); };
  const auto done = meter::apply_retention(fold, shared_.key, **disk, fold.limits().days(), sink);
  if (done) shared_.count.dropped.add(done->chunks_dropped);
  if (!done) shared_.log->warn("retention_failed", done.error().text());
  if (!done) step.slices.refuse();
  seals_.push_back(std::move(step));
}

void ShardSealing::seal_everything() {
  for (std::size_t slot = 0; slot < shards_.folds.size() && !shared_.writer.failed();) {
    collect();
    if (seals_.size() >= kSealsInFlightMax) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      continue;
    }
    if (can_begin(slot)) start(slot);
    ++slot;
  }
  while (!seals_.empty()) {
    collect();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace wattring::app
