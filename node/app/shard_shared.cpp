// SPDX-License-Identifier: Apache-2.0
#include "node/app/shard_shared.hpp"

namespace wattring::app {

ShardCounters::ShardCounters(Metrics& metrics)
    : facts(metrics.counter("wattring_facts_folded_total", "Facts folded, repeats included")),
      duplicates(metrics.counter("wattring_duplicate_facts_total", "Facts that were there already")),
      sealed_facts(metrics.counter("wattring_sealed_facts_total", "Facts moved from the journal into chunks")),
      conflicts(metrics.counter("wattring_conflicting_facts_total", "Facts that claim another value for the same key")),
      chunks(metrics.counter("wattring_chunks_written_total", "Chunks written by sealing")),
      damaged(metrics.counter("wattring_corrupt_values_total", "Stored values that did not verify and were left out")),
      replayed(metrics.counter("wattring_replayed_facts_total", "Facts folded again from the journal at start")),
      transferred(metrics.counter("wattring_transferred_facts_total", "Facts folded from transfers of whole shards")),
      dropped(metrics.counter("wattring_retention_chunks_total", "Chunks of readings dropped by retention")),
      passivations(metrics.counter("wattring_meter_passivations_total", "Idle meters that left memory")),
      returns(metrics.counter("wattring_meter_returns_total", "Meters brought back into memory from the disk")),
      restarts(metrics.counter("wattring_meter_restarts_total", "Times a meter's fold failed and it was made anew")),
      quarantined(metrics.counter("wattring_quarantined_readings_total",
                                  "Readings put aside because their meter's fold failed on them")),
      erasures(metrics.counter("wattring_erasures_total", "Erasures of meters that came to be known, at starts too")),
      erased_readings(
          metrics.counter("wattring_erased_readings_total", "Readings deleted from tables because they were erased")),
      erased_again(metrics.counter("wattring_erased_again_total",
                                   "Readings left out because they came again after their erasure")) {}

Holdings Holdings::of(const meter::ShardFold& fold) {
  return {fold.pending_bytes(), fold.pending_count(), fold.resident_bytes(), fold.meters().meter_count(),
          fold.passivated_count()};
}

Holdings& Holdings::operator+=(const Holdings& more) {
  unsealed_bytes += more.unsealed_bytes;
  unsealed_facts += more.unsealed_facts;
  resident_bytes += more.resident_bytes;
  active += more.active;
  passivated += more.passivated;
  return *this;
}

Holdings operator-(const Holdings& a, const Holdings& b) {
  return {a.unsealed_bytes - b.unsealed_bytes, a.unsealed_facts - b.unsealed_facts, a.resident_bytes - b.resident_bytes,
          a.active - b.active, a.passivated - b.passivated};
}

void HoldingTotals::add(const Holdings& difference) {
  unsealed_bytes_.fetch_add(difference.unsealed_bytes, std::memory_order_relaxed);
  unsealed_facts_.fetch_add(difference.unsealed_facts, std::memory_order_relaxed);
  resident_bytes_.fetch_add(difference.resident_bytes, std::memory_order_relaxed);
  active_.fetch_add(difference.active, std::memory_order_relaxed);
  passivated_.fetch_add(difference.passivated, std::memory_order_relaxed);
}

Holdings HoldingTotals::now() const {
  return {unsealed_bytes(), unsealed_facts_.load(std::memory_order_relaxed), resident_bytes(),
          active_.load(std::memory_order_relaxed), passivated_.load(std::memory_order_relaxed)};
}

void ShardShared::report(const std::vector<std::string>& damaged) {
  count.damaged.add(damaged.size());
  for (const std::string& what : damaged) log->error("corrupt_value", what + " does not verify and was left out");
}

}  // namespace wattring::app
