// SPDX-License-Identifier: Apache-2.0
#include "tests/support/meter_fake.hpp"

#include <algorithm>

#include "node/meter/fold_options.hpp"

namespace wattring::test {

void MeterFake::add(const Fact& fact) {
  Series& series = series_[fact.reg];
  series.all.push_back(fact);
  series.stale = true;
}

void MeterFake::add(Register reg, std::int64_t at_ms, std::int64_t value, Quality quality) {
  Fact fact;
  fact.reg = reg;
  fact.start_ms = at_ms;
  fact.end_ms = at_ms;
  fact.value = value;
  fact.quality = quality;
  add(fact);
}

void MeterFake::remove(const Fact& fact) {
  Series& series = series_[fact.reg];
  std::erase_if(series.all, [&fact](const Fact& each) { return same_identity(each, fact); });
  series.stale = true;
  if (series.all.empty()) series_.erase(fact.reg);
}

const persistence::SeriesChunk& MeterFake::chunk_of(Register reg) {
  static const persistence::SeriesChunk kNothing;
  const auto found = series_.find(reg);
  if (found == series_.end()) return kNothing;
  Series& series = found->second;
  if (series.stale) {
    series.chunk = {};
    merge(series.chunk, series.all);
    series.stale = false;
  }
  return series.chunk;
}

const std::vector<Fact>& MeterFake::winners(Register reg) {
  return chunk_of(reg).winners;
}

Result<std::vector<Fact>> MeterFake::facts(Register reg, std::int64_t from_ms, std::int64_t to_ms) {
  ++questions_;
  std::vector<Fact> found;
  for (const Fact& fact : winners(reg))
    if (fact.start_ms >= from_ms && fact.start_ms < to_ms && alert::is_momentary(fact)) found.push_back(fact);
  return found;
}

Result<std::vector<Fact>> MeterFake::before(Register reg, std::int64_t at_ms, std::int64_t within_ms) {
  ++questions_;
  std::vector<Fact> found;
  for (const Fact& fact : winners(reg))
    if (fact.start_ms >= at_ms - within_ms && fact.start_ms < at_ms && alert::is_momentary(fact)) found = {fact};
  return found;
}

Result<std::vector<meter::Interval>> MeterFake::intervals(Register reg, std::int64_t from_ms, std::int64_t to_ms) {
  ++questions_;
  const persistence::SeriesChunk& chunk = chunk_of(reg);
  return meter::derive_intervals(chunk.winners, exchanges_, meter::fold_options(reg), from_ms, to_ms,
                                 meter::conflicted_starts(chunk.winners, chunk.losers));
}

}  // namespace wattring::test
