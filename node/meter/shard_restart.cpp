// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "node/meter/shard_fold.hpp"
#include "persistence/format.hpp"
#include "persistence/keys.hpp"

/// What a shard does for a meter whose fold failed.

namespace wattring::meter {

Result<void> ShardFold::restart_meter(std::string_view id, std::uint64_t hash,
                                      const persistence::ReadTransaction& disk) {
  const auto meter = meters_.find(id, hash);
  if (!meter) return {};
  const std::string key = persistence::meter_key(shard_, id);
  const auto stored = disk.get(persistence::Table::meter, key);
  if (!stored && stored.error().code != ErrorCode::not_found) return Failure(stored.error());
  meters_.empty_series(*meter);
  if (stored) {
    const auto snapshot = persistence::open_value(*stored, persistence::position_of(key));
    // One that does not verify is left out, as at a start.
    if (snapshot) (void)meters_.join_snapshot(*meter, *snapshot);
    forget_erased(*meter);
  }
  const std::int64_t from_ms = erased_before(*meter);
  for (const PendingFacts* list : {&sealing_, &pending_}) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      SeriesState& state = meters_.series(list->item(i).series);
      if (state.meter == *meter && list->item(i).start_ms >= from_ms) state.absorb(list->fact(i, state.reg));
    }
  }
  meters_.remove_empty_series(*meter);
  if (meters_.first_series(*meter) == kNone && !stored) {
    attention_.forget(*meter);
    meters_.remove(*meter);
  } else if (gates_ != nullptr) {
    refresh_gates(*meter);
  }
  return {};
}

void ShardFold::note_quarantined(QuarantineNote note) {
  const auto at = std::lower_bound(quarantined_.begin(), quarantined_.end(), note.key,
                                   [](const QuarantineNote& a, const auto& key) { return a.key < key; });
  if (at == quarantined_.end() || at->key != note.key) quarantined_.insert(at, std::move(note));
}

const QuarantineNote* ShardFold::find_quarantined(const persistence::QuarantineKey& key) const {
  const auto at = std::lower_bound(quarantined_.begin(), quarantined_.end(), key,
                                   [](const QuarantineNote& a, const auto& wanted) { return a.key < wanted; });
  return at == quarantined_.end() || at->key != key ? nullptr : &*at;
}

void ShardFold::forget_quarantined(const persistence::QuarantineKey& key) {
  std::erase_if(quarantined_, [&](const QuarantineNote& note) { return note.key == key; });
}

Result<void> ShardFold::recover_quarantined(const persistence::ReadTransaction& disk,
                                            std::vector<std::string>& damaged) {
  const std::string from = persistence::shard_key(shard_);
  return disk.scan(persistence::Table::quarantine, from, [&](std::string_view row, std::string_view value) {
    const auto key = persistence::parse_quarantine_key(row);
    if (!key || key->shard != shard_) return false;
    const auto opened = persistence::open_value(value, persistence::position_of(row));
    auto decoded = opened ? decode_quarantine_row(*key, *opened) : Failure(opened.error());
    if (decoded) note_quarantined(std::move(decoded->note));
    if (!decoded) damaged.push_back("quarantined readings " + quarantine_id(*key));
    return true;
  });
}

}  // namespace wattring::meter
