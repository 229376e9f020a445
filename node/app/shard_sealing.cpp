// SPDX-License-Identifier: Apache-2.0
#include "node/app/shard_sealing.hpp"

#include <chrono>
#include <thread>

#include "node/meter/shard_seal.hpp"

namespace wattring::app {
namespace {

/// After a refused commit: a full disk is tried again in a while instead of at once.
constexpr std::int64_t kRefusedPauseNs = 1'000'000'000;

}  // namespace

bool ShardSealing::step(bool idle) {
  collect();
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
  return true;
}

ShardSealing::InFlight ShardSealing::in_flight(std::optional<std::size_t> slot) {
  return {slot, std::make_shared<std::atomic<int>>(1), std::make_shared<std::atomic<bool>>(false)};
}

void ShardSealing::start(std::size_t slot) {
  turns_.finish(slot);
  meter::ShardFold& fold = *shards_.folds[slot];
  InFlight seal = in_flight(slot);
  fold.begin_seal(applied_lsn_);
  std::vector<std::string> damaged;
  auto disk = shared_.disk.read();
  Result<meter::SealStats> sealed = Failure(disk ? Error{} : disk.error());
  if (disk) {
    const auto sink = [&](std::vector<persistence::OwnedOp>&& slice, bool last) {
      if (last && !shards_.extensions.empty()) shards_.extensions[slot]->sealing(slice);
      return send_for(seal, std::move(slice));
    };
    sealed = meter::seal_shard(fold, **disk, sink, damaged);
  }
  shared_.report(damaged);
  if (sealed) {
    shared_.count.sealed_facts.add(sealed->facts);
    shared_.count.duplicates.add(sealed->duplicates);
    shared_.count.conflicts.add(sealed->conflicts);
    shared_.count.chunks.add(sealed->chunks);
  } else {
    shared_.log->warn("seal_failed", "shard " + std::to_string(fold.shard().value) + ": " + sealed.error().text());
    *seal.refused = true;
  }
  --*seal.slices_left;
  seals_.push_back(std::move(seal));
}

Result<void> ShardSealing::send_for(const InFlight& seal, std::vector<persistence::OwnedOp>&& slice) {
  ++*seal.slices_left;
  auto sent = send(std::move(slice),
                   [this, left = seal.slices_left, refused = seal.refused](const persistence::CommitResult& result) {
                     if (result.status != persistence::CommitStatus::committed) *refused = true;
                     if (--*left == 0) wake_();
                   });
  if (!sent) --*seal.slices_left;
  return sent;
}

Result<void> ShardSealing::send(std::vector<persistence::OwnedOp>&& slice,
                                const std::function<void(const persistence::CommitResult&)>& done) {
  for (;;) {
    auto copy = slice;
    auto queued = shared_.writer.write(std::move(copy), done);
    if (queued || queued.error().code != ErrorCode::busy || shared_.writer.failed()) return queued;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void ShardSealing::collect() {
  std::erase_if(seals_, [&](const InFlight& seal) {
    if (*seal.slices_left != 0) return false;
    if (!seal.slot) return true;
    meter::ShardFold& fold = *shards_.folds[*seal.slot];
    const Holdings before = Holdings::of(fold);
    if (*seal.refused) {
      fold.abandon_seal();
      refused_until_ns_ = shared_.clock.monotonic_ns() + kRefusedPauseNs;
      next_slot_ = shards_.folds.size();
    } else {
      fold.finish_seal();
    }
    shared_.totals.add(Holdings::of(fold) - before);
    return true;
  });
}

void ShardSealing::retain_next() {
  if (!retention_) return;
  if (retention_slot_ == shards_.folds.size()) {
    retention_.reset();
    return;
  }
  const meter::ShardFold& fold = *shards_.folds[retention_slot_++];
  InFlight step = in_flight(std::nullopt);
  auto disk = shared_.disk.read();
  if (!disk) return;
  const auto sink = [&](std::vector<persistence::OwnedOp>&& slice, bool) -> Result<void> {
    if (slice.empty()) return {};
    return send_for(step, std::move(slice));
  };
  const auto done = meter::apply_retention(fold, shared_.key, **disk, *retention_, sink);
  if (done) shared_.count.dropped.add(done->chunks_dropped);
  if (!done) shared_.log->warn("retention_failed", done.error().text());
  --*step.slices_left;
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
