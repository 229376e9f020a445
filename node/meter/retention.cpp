// SPDX-License-Identifier: Apache-2.0
#include "node/meter/retention.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/time.hpp"
#include "node/meter/fold_options.hpp"
#include "node/meter/interval_chunk.hpp"
#include "node/meter/series_reader.hpp"
#include "persistence/chunk_codec.hpp"
#include "persistence/format.hpp"
#include "persistence/keys.hpp"

namespace wattring::meter {
namespace {

using persistence::Table;

constexpr std::int32_t kFirstDay = std::numeric_limits<std::int32_t>::min();

/// All chunks of one series on one day.
struct SeriesDay {
  std::int32_t day;
  std::string meter;
  Register reg;
  std::vector<std::string> keys;
};

class Retention {
 public:
  Retention(const ShardFold& fold, const sharding::ShardKey& key, const persistence::ReadTransaction& disk,
            const RetentionDays& days, const SliceSink& sink)
      : fold_(fold), key_(key), disk_(disk), days_(days), slicer_(sink) {}

  Result<RetentionStats> run() {
    auto old = find_old_series_days();
    if (!old) return Failure(old.error());
    for (const SeriesDay& day : *old)
      if (auto kept = keep_what_stays(day); !kept) return Failure(kept.error());
    for (const std::string& bytes : erased_) {
      ++stats_.chunks_dropped;
      if (auto erased = slicer_.erase(Table::series, bytes); !erased) return Failure(erased.error());
    }
    if (auto dropped = drop_intervals(); !dropped) return Failure(dropped.error());
    if (auto finished = slicer_.finish(); !finished) return Failure(finished.error());
    return stats_;
  }

 private:
  using SeriesName = std::pair<std::string, Register>;

  Result<std::vector<SeriesDay>> find_old_series_days() {
    std::vector<SeriesDay> found;
    if (days_.raw == RetentionDays::kKeep) return found;
    std::string from;
    persistence::append_day_prefix(from, fold_.shard(), kFirstDay);
    auto scanned = disk_.scan(Table::series, from, [&](std::string_view bytes, std::string_view) {
      const auto key = persistence::parse_series_key(bytes);
      if (!key || key->shard != fold_.shard() || key->day >= days_.raw) return false;
      const bool same = !found.empty() && found.back().day == key->day && found.back().meter == key->meter_id &&
                        found.back().reg == key->reg;
      if (!same) found.push_back({key->day, std::string(key->meter_id), key->reg, {}});
      found.back().keys.emplace_back(bytes);
      last_old_day_[{found.back().meter, key->reg}] = key->day;
      return true;
    });
    if (!scanned) return Failure(scanned.error());
    return found;
  }

  bool has_intervals(const SeriesDay& old) const {
    return disk_.get(Table::interval, persistence::interval_key({fold_.shard(), old.day, old.meter, old.reg}))
        .has_value();
  }

  /// Keeps the day's intervals and, on the last old day of a series, the anchor; notes which chunks may go.
  Result<void> keep_what_stays(const SeriesDay& old) {
    load_states(old.meter);
    const SeriesState* state = state_of(old.reg);
    if (state == nullptr) return {};  // nothing says how far it reaches, so it stays
    SeriesReader reader(disk_, {fold_.shard(), old.meter, old.reg, state->first_ms, state->last_ms, {}, from_ms_});
    const FoldOptions options = fold_options(old.reg);
    if (options.kind == Kind::event) return {};  // texts are few, and exchanges are read from them
    const auto chunk = reader.load_days(old.day, old.day);
    if (!chunk) return Failure(chunk.error());
    const bool kept_before = has_intervals(old);
    const bool last = last_old_day_[{old.meter, old.reg}] == old.day;
    const bool anchored = last && options.kind == Kind::cumulative;
    if (kept_before && anchored && chunk->size() == 1 && old.keys.size() == 1) return {};  // it is the anchor
    if (!kept_before)
      if (auto kept = keep_intervals(old, options, reader); !kept) return kept;
    if (reader.damaged()) return {};  // what cannot be read must not go as if it had been kept

    std::string anchor_key;
    if (anchored && !chunk->winners.empty()) {
      anchor_key = persistence::series_key({fold_.shard(), old.day, old.meter, old.reg, 0});
      persistence::SeriesChunk anchor;
      anchor.winners.push_back(chunk->winners.back());
      if (auto put = slicer_.put_sealed(Table::series, anchor_key, persistence::encode_chunk(anchor)); !put) return put;
    }
    for (const std::string& bytes : old.keys)
      if (bytes != anchor_key) erased_.push_back(bytes);
    return {};
  }

  /// What is known of the meter's series, whether it is resident or not.
  void load_states(const std::string& meter) {
    if (states_of_ == meter) return;
    states_of_ = meter;
    from_ms_ = fold_.limits().erased_before(meter);
    states_.clear();
    const MeterTable& table = fold_.meters();
    if (const auto index = table.find(meter, key_.hash(meter))) {
      for (const MeterTable::SeriesIndex series : table.series_of(*index)) states_.push_back(table.series(series));
      return;
    }
    const std::string key = persistence::meter_key(fold_.shard(), meter);
    const auto stored = disk_.get(Table::meter, key);
    const auto snapshot =
        stored ? persistence::open_value(*stored, persistence::position_of(key)) : Failure(stored.error());
    if (!snapshot || !decode_snapshot(*snapshot, states_)) states_.clear();
  }

  [[nodiscard]] const SeriesState* state_of(Register reg) const {
    const auto found =
        std::find_if(states_.begin(), states_.end(), [&](const SeriesState& state) { return state.reg == reg; });
    return found == states_.end() || found->empty ? nullptr : &*found;
  }

  Result<void> keep_intervals(const SeriesDay& old, const FoldOptions& options, SeriesReader& reader) {
    std::vector<std::int64_t> exchanges;
    if (const SeriesState* equipment = state_of(kEquipmentId)) {
      SeriesReader events(
          disk_, {fold_.shard(), old.meter, kEquipmentId, equipment->first_ms, equipment->last_ms, {}, from_ms_});
      auto times = exchange_times(events);
      if (!times) return Failure(times.error());
      exchanges = std::move(*times);
    }
    const std::int64_t day_ms = old.day * kMsPerDay;
    auto intervals = reader.intervals(exchanges, options, day_ms, day_ms + kMsPerDay);
    if (!intervals) return Failure(intervals.error());
    if (intervals->empty() || reader.damaged()) return {};
    ++stats_.interval_days_written;
    return slicer_.put_sealed(Table::interval, persistence::interval_key({fold_.shard(), old.day, old.meter, old.reg}),
                              encode_interval_day(*intervals));
  }

  Result<void> drop_intervals() {
    if (days_.intervals == RetentionDays::kKeep) return {};
    std::vector<std::string> old;
    std::string from;
    persistence::append_day_prefix(from, fold_.shard(), kFirstDay);
    auto scanned = disk_.scan(Table::interval, from, [&](std::string_view bytes, std::string_view) {
      const auto key = persistence::parse_interval_key(bytes);
      if (!key || key->shard != fold_.shard() || key->day >= days_.intervals) return false;
      old.emplace_back(bytes);
      return true;
    });
    if (!scanned) return scanned;
    for (const std::string& bytes : old) {
      ++stats_.interval_days_dropped;
      if (auto erased = slicer_.erase(Table::interval, bytes); !erased) return erased;
    }
    return {};
  }

  const ShardFold& fold_;
  const sharding::ShardKey& key_;
  const persistence::ReadTransaction& disk_;
  const RetentionDays days_;
  Slicer slicer_;
  std::map<SeriesName, std::int32_t> last_old_day_;
  std::vector<std::string> erased_;
  std::string states_of_;  ///< the meter of states_
  std::vector<SeriesState> states_;
  std::int64_t from_ms_ = ShardLimits::kNever;  ///< what was erased of it starts before
  RetentionStats stats_;
};

}  // namespace

Result<RetentionStats> apply_retention(const ShardFold& fold, const sharding::ShardKey& key,
                                       const persistence::ReadTransaction& disk, const RetentionDays& days,
                                       const SliceSink& sink) {
  return Retention(fold, key, disk, days, sink).run();
}

}  // namespace wattring::meter
