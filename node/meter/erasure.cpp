// SPDX-License-Identifier: Apache-2.0
#include "node/meter/erasure.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include "base/time.hpp"
#include "node/meter/fold_options.hpp"
#include "node/meter/interval_chunk.hpp"
#include "node/meter/reading_entry.hpp"
#include "node/meter/series_reader.hpp"
#include "persistence/chunk_codec.hpp"
#include "persistence/format.hpp"
#include "persistence/keys.hpp"

namespace wattring::meter {
namespace {

using persistence::ReadTransaction;
using persistence::SeriesChunk;
using persistence::Table;

/// With more meters than this each key is looked at, instead of a search for each meter and day.
constexpr std::size_t kSearchesMax = 64;

/// Ascending by meter.
using Erasures = std::vector<Erasure>;

const Erasure* erasure_at(const Erasures& erasures, std::string_view meter) {
  const auto at = std::lower_bound(erasures.begin(), erasures.end(), meter,
                                   [](const Erasure& a, std::string_view wanted) { return a.meter < wanted; });
  return at == erasures.end() ? nullptr : &*at;
}

/// A row of table `series` or `interval`, with the erasure of its meter; some of it is from before.
using VisitRow =
    std::function<void(const Erasure&, std::string_view key, std::int32_t day, Register reg, std::string_view value)>;

/// The rows of the erased meters, day after day.
Result<void> visit_rows(const ReadTransaction& disk, Table table, ShardId shard, const Erasures& erasures,
                        const VisitRow& visit) {
  if (erasures.empty()) return {};
  std::int64_t last_ms = ShardLimits::kNever;
  for (const Erasure& erasure : erasures) last_ms = std::max(last_ms, erasure.before_ms);
  for (std::string from = persistence::shard_key(shard); !from.empty();) {
    std::string next;
    const auto look = [&](std::string_view row, std::string_view value) {
      persistence::IntervalKey key;
      if (table == Table::series) {
        const auto parsed = persistence::parse_series_key(row);
        if (!parsed) return false;
        key = {parsed->shard, parsed->day, parsed->meter_id, parsed->reg};
      } else {
        const auto parsed = persistence::parse_interval_key(row);
        if (!parsed) return false;
        key = *parsed;
      }
      if (key.shard != shard || key.day * kMsPerDay >= last_ms) return false;
      const Erasure* erasure = erasure_at(erasures, key.meter_id);
      if (erasure != nullptr && erasure->meter == key.meter_id) {
        if (key.day * kMsPerDay < erasure->before_ms) visit(*erasure, row, key.day, key.reg, value);
        return true;
      }
      if (erasures.size() > kSearchesMax) return true;
      const std::int32_t day = erasure != nullptr ? key.day : key.day + 1;
      persistence::append_meter_day_prefix(next, shard, day, (erasure != nullptr ? *erasure : erasures.front()).meter);
      return false;
    };
    if (auto scanned = disk.scan(table, from, look); !scanned) return scanned;
    from = std::move(next);
  }
  return {};
}

Result<SeriesChunk> open_chunk(std::string_view key, std::string_view value) {
  const auto payload = persistence::open_value(value, persistence::position_of(key));
  if (!payload) return Failure(payload.error());
  return persistence::decode_chunk(*payload, persistence::kChunkFactsMax);
}

/// How many go.
std::size_t cut_before(std::vector<Fact>& facts, std::int64_t before_ms) {
  return std::erase_if(facts, [&](const Fact& fact) { return fact.start_ms < before_ms; });
}

struct Quarantined {
  QuarantineNote note;
  std::vector<Fact> facts;
};
using VisitQuarantined = std::function<void(Quarantined&&)>;

Result<void> visit_quarantined(const ReadTransaction& disk, ShardId shard, const VisitQuarantined& visit) {
  const std::string from = persistence::shard_key(shard);
  return disk.scan(Table::quarantine, from, [&](std::string_view row, std::string_view value) {
    const auto key = persistence::parse_quarantine_key(row);
    if (!key || key->shard != shard) return false;
    const auto payload = persistence::open_value(value, persistence::position_of(row));
    auto decoded = payload ? decode_quarantine_row(*key, *payload) : Failure(payload.error());
    if (!decoded) return true;
    auto entry = decode_entry(decoded->payload);
    if (entry) visit({std::move(decoded->note), std::move(entry->facts)});
    return true;
  });
}

bool is_event(Register reg) {
  return fold_options(reg).kind == Kind::event;
}

class Purger {
 public:
  Purger(ShardFold& fold, const sharding::ShardKey& key, const ReadTransaction& disk, const SliceSink& sink,
         std::vector<std::string>& damaged)
      : fold_(fold), key_(key), disk_(disk), slicer_(sink), damaged_(damaged) {
    for (const auto& [meter, erased] : fold.limits().meters())
      if (!erased.purged) erasures_.push_back({meter, erased.before_ms});
  }

  Result<Purge> run() {
    for (const Erasure& erasure : erasures_) purge_.meters.push_back({erasure.meter, key_.hash(erasure.meter), false});
    for (const auto step : {&Purger::chunks, &Purger::kept_intervals, &Purger::quarantined, &Purger::states,
                            &Purger::texts, &Purger::marks})
      if (auto done = (this->*step)(); !done) return Failure(done.error());
    return std::move(purge_);
  }

 private:
  Result<void> chunks() {
    Result<void> written;
    auto visited = visit_rows(
        disk_, Table::series, fold_.shard(), erasures_,
        [&](const Erasure& erasure, std::string_view key, std::int32_t day, Register reg, std::string_view value) {
          if (written) written = cut_chunk(erasure, key, day, reg, value);
        });
    return visited ? written : visited;
  }

  Result<void> cut_chunk(const Erasure& erasure, std::string_view key, std::int32_t day, Register reg,
                         std::string_view value) {
    auto chunk = open_chunk(key, value);
    const bool whole = (day + std::int64_t{1}) * kMsPerDay <= erasure.before_ms;
    if (!chunk && !whole) {
      damaged_.push_back("chunk of meter " + erasure.meter + ", day " + std::to_string(day));
      return {};
    }
    has_texts_ = has_texts_ || is_event(reg);
    std::size_t gone = 0;
    if (chunk) gone = cut_before(chunk->winners, erasure.before_ms) + cut_before(chunk->losers, erasure.before_ms);
    if (gone == 0 && !whole) return {};
    purge_.rows.readings += gone;
    ++purge_.rows.chunks;
    if (whole || chunk->empty()) return slicer_.erase(Table::series, key);
    return slicer_.put_sealed(Table::series, std::string(key), persistence::encode_chunk(*chunk));
  }

  Result<void> kept_intervals() {
    Result<void> written;
    auto visited = visit_rows(
        disk_, Table::interval, fold_.shard(), erasures_,
        [&](const Erasure& erasure, std::string_view key, std::int32_t day, Register, std::string_view value) {
          if (!written) return;
          const auto payload = persistence::open_value(value, persistence::position_of(key));
          const auto left = payload ? cut_interval_day(*payload, day, erasure.before_ms) : Failure(payload.error());
          ++purge_.rows.interval_days;
          written = left && *left ? slicer_.put_sealed(Table::interval, std::string(key), **left)
                                  : slicer_.erase(Table::interval, key);
        });
    return visited ? written : visited;
  }

  Result<void> quarantined() {
    Result<void> written;
    auto visited = visit_quarantined(disk_, fold_.shard(), [&](Quarantined&& row) {
      const Erasure* erasure = erasure_at(erasures_, row.note.meter);
      if (!written || erasure == nullptr || erasure->meter != row.note.meter) return note_texts(row.facts);
      const std::size_t gone = cut_before(row.facts, erasure->before_ms);
      note_texts(row.facts);
      if (gone == 0) return;
      purge_.rows.quarantined += gone;
      std::string key = persistence::quarantine_key(row.note.key);
      if (row.facts.empty()) {
        written = slicer_.erase(Table::quarantine, key);
        purge_.quarantined.emplace_back(row.note.key, std::nullopt);
        return;
      }
      const std::string payload = encode_quarantine_row(row.note, row.facts);
      written = slicer_.put_sealed(Table::quarantine, std::move(key), payload);
      purge_.quarantined.emplace_back(row.note.key, std::move(row.note));
    });
    return visited ? written : visited;
  }

  void note_texts(const std::vector<Fact>& facts) {
    for (const Fact& fact : facts)
      if (is_event(fact.reg)) used_.insert(fact.value);
  }

  /// The meters come back into memory: what their snapshots say of the first readings is no longer true.
  Result<void> states() {
    std::vector<ShardFold::Wanted> wanted;
    wanted.reserve(purge_.meters.size());
    for (const Purge::Meter& meter : purge_.meters) wanted.push_back({meter.id, meter.hash});
    if (auto back = fold_.bring_back(std::move(wanted), disk_, damaged_); !back) return Failure(back.error());
    std::set<MeterTable::MeterIndex> pending;
    fold_.visit_pending(
        [&](MeterTable::SeriesIndex series, const Fact&) { pending.insert(fold_.meters().series(series).meter); });
    for (std::size_t i = 0; i < erasures_.size(); ++i) {
      fold_.begin_purge(erasures_[i].meter);
      const auto meter = fold_.meters().find(erasures_[i].meter, purge_.meters[i].hash);
      // A snapshot must not know facts that a crash would bring again: they would look like repeats.
      purge_.meters[i].marked = !meter || !pending.contains(*meter);
      if (auto written = state_of(erasures_[i], meter, purge_.meters[i].marked); !written) return written;
    }
    return {};
  }

  Result<void> state_of(const Erasure& erasure, std::optional<MeterTable::MeterIndex> meter, bool write) {
    const MeterTable& table = fold_.meters();
    std::string key = persistence::meter_key(fold_.shard(), erasure.meter);
    if (!meter || !table.has_facts(*meter)) return slicer_.erase(Table::meter, key);
    for (const MeterTable::SeriesIndex series : table.series_of(*meter)) {
      const SeriesState& state = table.series(series);
      if (state.empty || state.first_ms != erasure.before_ms) continue;
      const auto first = first_of(erasure, series);
      if (!first) return Failure(first.error());
      fold_.set_first(series, *first);
    }
    if (!write) return {};
    return slicer_.put_sealed(Table::meter, std::move(key), table.encode_snapshot(*meter));
  }

  Result<std::int64_t> first_of(const Erasure& erasure, MeterTable::SeriesIndex series) {
    const SeriesState& state = fold_.meters().series(series);
    SeriesReader::Series wanted{fold_.shard(),    erasure.meter, state.reg, erasure.before_ms, state.last_ms, {},
                                erasure.before_ms};
    fold_.collect_pending(series, wanted.pending);
    SeriesReader reader(disk_, std::move(wanted));
    for (std::int32_t day = day_of(erasure.before_ms); day <= day_of(state.last_ms); ++day) {
      const std::string kept = persistence::interval_key({fold_.shard(), day, erasure.meter, state.reg});
      if (disk_.get(Table::interval, kept)) return std::max(erasure.before_ms, day * kMsPerDay);
      const auto chunk = reader.load_days(day, day);
      if (!chunk) return Failure(chunk.error());
      if (!chunk->winners.empty()) return chunk->winners.front().start_ms;
    }
    return state.last_ms;
  }

  /// Texts are kept once a shard, whichever meters said them.
  Result<void> texts() {
    if (!has_texts_ && !fold_.erased_texts()) return {};
    fold_.visit_pending([&](MeterTable::SeriesIndex, const Fact& fact) {
      if (is_event(fact.reg)) used_.insert(fact.value);
    });
    const std::string from = persistence::shard_key(fold_.shard());
    bool unread = false;
    auto scanned = disk_.scan(Table::series, from, [&](std::string_view row, std::string_view value) {
      const auto key = persistence::parse_series_key(row);
      if (!key || key->shard != fold_.shard()) return false;
      if (!is_event(key->reg)) return true;
      auto chunk = open_chunk(row, value);
      unread = unread || !chunk;
      if (!chunk) return true;
      const std::int64_t from_ms = fold_.limits().erased_before(key->meter_id);
      cut_before(chunk->winners, from_ms);
      cut_before(chunk->losers, from_ms);
      note_texts(chunk->winners);
      note_texts(chunk->losers);
      return true;
    });
    if (!scanned || unread) return scanned;  // what cannot be read may refer to any
    Result<void> written;
    auto erased = disk_.scan(Table::text, from, [&](std::string_view row, std::string_view) {
      const auto key = persistence::parse_text_key(row);
      if (!key || key->shard != fold_.shard()) return false;
      if (!used_.contains(static_cast<std::int64_t>(key->value))) written = slicer_.erase(Table::text, row);
      return written.has_value();
    });
    return erased ? written : erased;
  }

  Result<void> marks() {
    for (std::size_t i = 0; i < erasures_.size(); ++i) {
      const Erasure& erasure = erasures_[i];
      if (!purge_.meters[i].marked) continue;
      std::string key = persistence::meter_key(fold_.shard(), erasure.meter);
      const std::string payload = encode_erasure_row({erasure.before_ms, true, false});
      if (auto put = slicer_.put_sealed(Table::limit, std::move(key), payload); !put) return put;
    }
    return slicer_.finish();
  }

  ShardFold& fold_;
  const sharding::ShardKey& key_;
  const ReadTransaction& disk_;
  Slicer slicer_;
  std::vector<std::string>& damaged_;
  Erasures erasures_;
  std::set<std::int64_t> used_;  ///< texts that something else refers to
  bool has_texts_ = false;       ///< some text may have lost the last that referred to it
  Purge purge_;
};

}  // namespace

Result<ErasedRows> count_erasable(const ShardFold& fold, const ReadTransaction& disk, const Erasure& erasure) {
  ErasedRows rows;
  const std::int64_t gone_ms = fold.limits().erased_before(erasure.meter);
  const auto goes = [&](const Fact& fact) { return fact.start_ms >= gone_ms && fact.start_ms < erasure.before_ms; };
  const auto count = [&](const std::vector<Fact>& facts) {
    return static_cast<std::uint64_t>(std::count_if(facts.begin(), facts.end(), goes));
  };
  auto visited = visit_rows(disk, Table::series, fold.shard(), {erasure},
                            [&](const Erasure&, std::string_view key, std::int32_t, Register, std::string_view value) {
                              const auto chunk = open_chunk(key, value);
                              const std::uint64_t readings = chunk ? count(chunk->winners) + count(chunk->losers) : 0;
                              rows.readings += readings;
                              if (!chunk || readings != 0) ++rows.chunks;
                            });
  if (!visited) return Failure(visited.error());
  visited = visit_rows(disk, Table::interval, fold.shard(), {erasure},
                       [&](const Erasure&, std::string_view, std::int32_t day, Register, std::string_view) {
                         if ((day + std::int64_t{1}) * kMsPerDay > gone_ms) ++rows.interval_days;
                       });
  if (!visited) return Failure(visited.error());
  visited = visit_quarantined(disk, fold.shard(), [&](Quarantined&& row) {
    if (row.note.meter == erasure.meter) rows.quarantined += count(row.facts);
  });
  if (!visited) return Failure(visited.error());
  fold.visit_pending([&](MeterTable::SeriesIndex series, const Fact& fact) {
    if (fold.meters().id(fold.meters().series(series).meter) == erasure.meter && goes(fact)) ++rows.readings;
  });
  return rows;
}

Result<Purge> purge_erased(ShardFold& fold, const sharding::ShardKey& key, const ReadTransaction& disk,
                           const SliceSink& sink, std::vector<std::string>& damaged) {
  return Purger(fold, key, disk, sink, damaged).run();
}

void end_purge(ShardFold& fold, const Purge& purge, bool done) {
  for (const Purge::Meter& meter : purge.meters) fold.end_purge(meter.id, meter.hash, done, meter.marked);
  if (!done) return;
  for (const auto& [key, left] : purge.quarantined) {
    fold.forget_quarantined(key);
    if (left) fold.note_quarantined(*left);
  }
}

}  // namespace wattring::meter
