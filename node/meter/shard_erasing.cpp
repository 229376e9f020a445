// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/time.hpp"
#include "node/meter/fold_options.hpp"
#include "node/meter/interval_chunk.hpp"
#include "node/meter/shard_fold.hpp"
#include "persistence/format.hpp"
#include "persistence/keys.hpp"

/// How a shard forgets.

namespace wattring::meter {

std::int64_t ShardFold::erased_before(MeterTable::MeterIndex meter) const {
  if (!limits_.erases_any() || !meters_.holds(meter)) return ShardLimits::kNever;
  return limits_.erased_before(meters_.id(meter));
}

bool ShardFold::limit(const RetentionDays& days, Lsn lsn) {
  if (!limits_.join(days)) return false;
  unsealed_limits_.emplace();
  first_pending_ = std::min(first_pending_, lsn);
  return true;
}

bool ShardFold::limit(const Erasure& erasure, std::uint64_t meter_hash, Lsn lsn) {
  if (!limits_.join(erasure)) return false;
  unsealed_limits_.insert(erasure.meter);
  first_pending_ = std::min(first_pending_, lsn);
  drop_erased_kept(erasure);
  const auto meter = meters_.find(erasure.meter, meter_hash);
  if (!meter) return true;
  drop_erased_pending();
  meters_.touch(*meter, clock_s_);
  joined_.push_back(*meter);
  forget_erased(*meter);
  return true;
}

/// What the meter's states, of a snapshot from before the erasure perhaps, say of erased readings. A series keeps its
/// place: facts on their way to the disk refer to it. Which reading is the first is found when the disk is purged.
void ShardFold::forget_erased(MeterTable::MeterIndex meter) {
  const std::int64_t from_ms = erased_before(meter);
  if (from_ms == ShardLimits::kNever) return;
  for (MeterTable::SeriesIndex at = meters_.first_series(meter); at != kNone; at = meters_.series(at).next) {
    SeriesState& state = meters_.series(at);
    if (state.empty || state.first_ms >= from_ms) continue;
    unpurge(meter);
    if (state.last_ms < from_ms) {
      meters_.empty_one(at);
    } else {
      state.first_ms = from_ms;
    }
  }
}

/// On the disk with the snapshot that says more than it should.
void ShardFold::unpurge(MeterTable::MeterIndex meter) {
  limits_.unpurge(meters_.id(meter));
  unsealed_limits_.emplace(meters_.id(meter));
}

void ShardFold::drop_erased_pending() {
  PendingFacts kept;
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    const PendingFacts::Item& item = pending_.item(i);
    const SeriesState& state = meters_.series(item.series);
    if (item.start_ms >= erased_before(state.meter)) {
      kept.append(item.series, pending_.fact(i, state.reg));
    } else {
      erased_texts_ = erased_texts_ || fold_options(state.reg).kind == Kind::event;
    }
  }
  pending_ = std::move(kept);
}

/// Texts of readings that were erased, or came again.
void ShardFold::drop_unused_texts() {
  if (texts_.empty()) return;
  std::set<std::int64_t> used;
  for (std::size_t i = 0; i < pending_.size(); ++i)
    if (fold_options(meters_.series(pending_.item(i).series).reg).kind == Kind::event)
      used.insert(pending_.item(i).value);
  std::erase_if(texts_, [&](const auto& text) { return !used.contains(text.first); });
}

void ShardFold::drop_erased_kept(const Erasure& erasure) {
  for (auto at = kept_.begin(); at != kept_.end();) {
    const auto key = persistence::parse_interval_key(at->first);
    if (!key || key->meter_id != erasure.meter || key->day * kMsPerDay >= erasure.before_ms) {
      ++at;
      continue;
    }
    kept_bytes_ -= at->second.size();
    auto cut = cut_interval_day(at->second, key->day, erasure.before_ms);
    if (cut && *cut) {
      at->second = std::move(**cut);
      kept_bytes_ += at->second.size();
      ++at;
    } else {
      kept_bytes_ -= at->first.size();
      at = kept_.erase(at);
    }
  }
}

void ShardFold::end_purge(std::string_view meter_id, std::uint64_t meter_hash, bool done, bool marked) {
  limits_.end_purge(meter_id, done);
  if (done && limits_.unpurged() == 0) erased_texts_ = false;
  const auto meter = meters_.find(meter_id, meter_hash);
  if (done && !marked) {
    unsealed_limits_.emplace(meter_id);
    if (meter) joined_.push_back(*meter);
  }
  // A series without facts has none on their way either, unless a seal runs.
  if (!done || !meter || meters_.has_facts(*meter) || seal_running_) return;
  attention_.forget(*meter);
  meters_.remove(*meter);
}

Result<void> ShardFold::recover_limits(const persistence::ReadTransaction& disk, std::vector<std::string>& damaged) {
  const std::string from = persistence::shard_key(shard_);
  return disk.scan(persistence::Table::limit, from, [&](std::string_view row, std::string_view value) {
    const auto key = persistence::parse_limit_key(row);
    if (!key || key->shard != shard_) return false;
    const auto payload = persistence::open_value(value, persistence::position_of(row));
    const auto lost = [&] { damaged.push_back("a limit of shard " + std::to_string(shard_.value)); };
    if (!payload) return lost(), true;
    if (key->meter_id.empty()) {
      const auto days = decode_days_row(*payload);
      if (!days) return lost(), true;
      (void)limits_.join(*days);
    } else {
      const auto erased = decode_erasure_row(*payload);
      if (!erased) return lost(), true;
      limits_.load(key->meter_id, *erased);
      erased_texts_ = erased_texts_ || !erased->purged;
    }
    return true;
  });
}

}  // namespace wattring::meter
