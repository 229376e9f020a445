// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/time.hpp"
#include "node/meter/shard_fold.hpp"
#include "persistence/chunk_codec.hpp"
#include "persistence/format.hpp"
#include "persistence/keys.hpp"

namespace wattring::meter {

/// A snapshot that does not verify is made anew from the chunks of its meter: all that it says follows from them.
/// Without it the meter would be held to begin with its next reading, and what lies before would be missing unseen.
/// Where the chunks do not say enough either, the shard's answers are not complete.
void ShardFold::rebuild(MeterTable::MeterIndex meter, std::string_view id, const persistence::ReadTransaction& disk) {
  const std::string row = persistence::shard_key(shard_);
  const auto chunks = disk.scan(persistence::Table::series, row, [&](std::string_view name, std::string_view value) {
    const auto key = persistence::parse_series_key(name);
    if (!key || key->shard != shard_) return false;
    if (key->meter_id != id) return true;
    const auto payload = persistence::open_value(value, persistence::position_of(name));
    const auto chunk = payload ? persistence::decode_chunk(*payload, persistence::kChunkFactsMax)
                               : Result<persistence::SeriesChunk>(Failure(payload.error()));
    if (!chunk) {
      mark_incomplete();
      return true;
    }
    SeriesState& state = meters_.series(meters_.find_or_add_series(meter, key->reg));
    for (const auto* facts : {&chunk->winners, &chunk->losers})
      for (const Fact& fact : *facts) state.absorb(fact);
    return true;
  });
  const auto kept = disk.scan(persistence::Table::interval, row, [&](std::string_view name, std::string_view) {
    const auto key = persistence::parse_interval_key(name);
    if (!key || key->shard != shard_) return false;
    if (key->meter_id != id) return true;
    const MeterTable::SeriesIndex series = meters_.find_series(meter, key->reg);
    if (series == kNone) {
      mark_incomplete();
      return true;
    }
    SeriesState& state = meters_.series(series);
    state.first_ms = std::min(state.first_ms, key->day * kMsPerDay);
    return true;
  });
  if (!chunks || !kept) mark_incomplete();
  // To the disk with the next seal.
  meters_.touch(meter, clock_s_);
  joined_.push_back(meter);
}

}  // namespace wattring::meter
