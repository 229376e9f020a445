// SPDX-License-Identifier: Apache-2.0
#include "node/app/shard_erasing.hpp"

#include <chrono>
#include <string>
#include <thread>
#include <utility>

namespace wattring::app {
namespace {

/// What cannot be erased now is tried again in a while.
constexpr std::int64_t kEraseAgainNs = 1'000'000'000;

}  // namespace

bool ShardErasing::is_busy() const {
  if (flight_) return !flight_->slices.is_flying();
  return due_ && doors_.is_quiet() && shared_.clock.monotonic_ns() >= again_ns_;
}

void ShardErasing::step() {
  if (!is_busy()) return;
  if (flight_) {
    flight_->slices.move_on();
    if (flight_->slices.is_over()) land();
    return;
  }
  bool waits = false;
  for (std::size_t slot = 0; slot < shards_.folds.size(); ++slot) {
    const meter::ShardFold& fold = *shards_.folds[slot];
    if (fold.limits().unpurged() == 0) continue;
    if (!fold.is_settling() && doors_.may_erase(slot)) return start(slot);
    waits = true;
  }
  due_ = waits;
  again_ns_ = shared_.clock.monotonic_ns() + kEraseAgainNs;
}

void ShardErasing::start(std::size_t slot) {
  meter::ShardFold& fold = *shards_.folds[slot];
  auto disk = shared_.disk.read();
  if (!disk) {
    again_ns_ = shared_.clock.monotonic_ns() + kEraseAgainNs;
    return;
  }
  flight_ = Flight{slot, {}, SliceChain(shared_.writer, doors_.wake)};
  std::vector<std::string> damaged;
  const Holdings before = Holdings::of(fold);
  const auto sink = [&](std::vector<persistence::OwnedOp>&& slice, bool) {
    return flight_->slices.add(std::move(slice));
  };
  auto purged = meter::purge_erased(fold, shared_.key, **disk, sink, damaged);
  shared_.totals.add(Holdings::of(fold) - before);
  shared_.report(damaged);
  if (purged) {
    flight_->purge = std::move(*purged);
  } else {
    shared_.log->warn("erasure_failed", "shard " + std::to_string(fold.shard().value) + ": " + purged.error().text());
    flight_->slices.refuse();
  }
}

void ShardErasing::land() {
  const Flight flight = std::move(*flight_);
  flight_.reset();
  meter::ShardFold& fold = *shards_.folds[flight.slot];
  const bool done = !flight.slices.is_refused();
  const Holdings before = Holdings::of(fold);
  meter::end_purge(fold, flight.purge, done);
  shared_.totals.add(Holdings::of(fold) - before);
  if (!done) {
    again_ns_ = shared_.clock.monotonic_ns() + kEraseAgainNs;
    return;
  }
  shared_.count.erased_readings.add(flight.purge.rows.readings + flight.purge.rows.quarantined);
  for (const meter::Purge::Meter& meter : flight.purge.meters)
    shared_.log->info("meter_erased", "meter \"" + meter.id + "\": nothing is left on this disk from before " +
                                          format_rfc3339(fold.limits().erased_before(meter.id)));
}

void ShardErasing::finish() {
  while (flight_ && !flight_->slices.is_over() && !shared_.writer.failed()) {
    flight_->slices.move_on();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (flight_ && flight_->slices.is_over()) land();
}

}  // namespace wattring::app
