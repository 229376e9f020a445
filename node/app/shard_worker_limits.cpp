// SPDX-License-Identifier: Apache-2.0
#include "node/app/shard_worker.hpp"

/// A worker and what is no longer wanted of its shards.

namespace wattring::app {

void ShardWorker::take_limits(Lsn lsn, const persistence::EntryView& entry) {
  const std::size_t slot = slot_of(entry.shard);
  meter::ShardFold& fold = *shards_.folds[slot];
  if (lsn <= fold.sealed_up_to()) return;
  const auto limits = meter::decode_limits(entry.payload);
  // Only a newer release understands it: it waits in the journal, as an unknown format does.
  if (!limits && limits.error().code == ErrorCode::newer_format) return arrivals_.see(slot, lsn, entry);
  if (!limits) shared_.report({"record " + std::to_string(lsn.value) + ": " + limits.error().text()});
  for (std::size_t i = 0; limits && i < limits->size(); ++i) take_limit(slot, lsn, (*limits)[i]);
  fold.cover(entry.writer, entry.sequence, lsn);
}

void ShardWorker::take_limit(std::size_t slot, Lsn lsn, const meter::Limit& limit) {
  meter::ShardFold& fold = *shards_.folds[slot];
  if (const auto* days = std::get_if<meter::RetentionDays>(&limit)) {
    if (!fold.limit(*days, lsn)) return;
    shared_.watermarks.set(fold.shard(), fold.limits().days());
    return sealing_.request_retention();
  }
  const auto& erasure = std::get<meter::Erasure>(limit);
  const std::uint64_t hash = shared_.key.hash(erasure.meter);
  const Holdings before = Holdings::of(fold);
  // Where that fails, the meter forgets when it comes back.
  if (fold.passivated_count() != 0) (void)residency_.bring_back(fold, {{erasure.meter, hash}});
  const bool is_new = fold.limit(erasure, hash, lsn);
  shared_.totals.add(Holdings::of(fold) - before);
  if (!is_new) return;
  shared_.count.erasures.add();
  if (!shards_.extensions.empty()) shards_.extensions[slot]->erased(erasure.meter, erasure.before_ms);
  erasing_.request();
  // What the journal still holds of it goes when everything is sealed.
  if (shared_.checkpoint_all) shared_.checkpoint_all();
}

}  // namespace wattring::app
