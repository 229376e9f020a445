// SPDX-License-Identifier: Apache-2.0
#include "node/app/shard_worker.hpp"
#include "node/meter/transfer_row.hpp"

/// What a backup brings beside readings.

namespace wattring::app {

void ShardWorker::take_restored(Lsn lsn, const persistence::EntryView& entry) {
  meter::ShardFold& fold = fold_of(entry.shard);
  if (lsn <= fold.sealed_up_to()) return;
  enter(entry.shard);
  const Holdings before = Holdings::of(fold);
  const auto rows = meter::read_transfer_part(entry.payload);
  if (!rows) shared_.report({"record " + std::to_string(lsn.value) + ": " + rows.error().text()});
  for (std::size_t i = 0; rows && i < rows->size(); ++i) {
    const auto item = meter::decode_transfer_row((*rows)[i], entry.shard, shared_.key);
    if (!item) {
      // Every node finds the same.
      shared_.report({"record " + std::to_string(lsn.value) + ": " + item.error().text()});
    } else if (const auto* snapshot = std::get_if<meter::TransferSnapshot>(&*item)) {
      if (fold.passivated_count() != 0) (void)residency_.bring_back(fold, {{snapshot->meter, snapshot->hash}});
      (void)fold.join_snapshot(snapshot->meter, snapshot->hash, snapshot->payload, lsn);
    } else if (const auto* day = std::get_if<meter::TransferIntervals>(&*item)) {
      fold.apply_kept_intervals(day->key, day->payload, lsn);
    } else if (const auto* alert = std::get_if<meter::TransferAlert>(&*item); alert && !shards_.extensions.empty()) {
      shards_.extensions[slot_of(entry.shard)]->adopt(alert->id, alert->payload);
    }
  }
  fold.cover(entry.writer, entry.sequence, lsn);
  leave();
  shared_.totals.add(Holdings::of(fold) - before);
}

}  // namespace wattring::app
