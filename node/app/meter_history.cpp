// SPDX-License-Identifier: Apache-2.0
#include "node/app/meter_history.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "node/meter/fold_options.hpp"

namespace wattring::app {
namespace {

bool starts_before(const Fact& fact, std::int64_t time_ms) {
  return fact.start_ms < time_ms;
}

}  // namespace

ResidentHistory::ResidentHistory(const meter::ShardFold& fold, meter::MeterTable::MeterIndex meter,
                                 const persistence::ReadTransaction& disk)
    : fold_(fold), meter_(meter), disk_(disk) {}

const meter::SeriesState* ResidentHistory::state_of(Register reg) const {
  const auto series = fold_.meters().find_series(meter_, reg);
  if (series == meter::kNone || fold_.meters().series(series).empty) return nullptr;
  return &fold_.meters().series(series);
}

bool ResidentHistory::has(Register reg) const {
  return state_of(reg) != nullptr;
}

std::int64_t ResidentHistory::newest_ms(Register reg) const {
  const meter::SeriesState* state = state_of(reg);
  WATTRING_CHECK(state != nullptr);
  return state->last_ms;
}

std::int64_t ResidentHistory::oldest_ms(Register reg) const {
  const meter::SeriesState* state = state_of(reg);
  WATTRING_CHECK(state != nullptr);
  return state->first_ms;
}

std::vector<Register> ResidentHistory::registers() const {
  std::vector<Register> all;
  for (const auto series : fold_.meters().series_of(meter_)) {
    const meter::SeriesState& state = fold_.meters().series(series);
    if (!state.empty) all.push_back(state.reg);
  }
  return all;
}

meter::SeriesReader ResidentHistory::reader_of(meter::MeterTable::SeriesIndex series) const {
  const meter::SeriesState& state = fold_.meters().series(series);
  std::vector<Fact> pending;
  fold_.collect_pending(series, pending);
  return {disk_,
          {fold_.shard(), std::string(fold_.meters().id(meter_)), state.reg, state.first_ms, state.last_ms,
           std::move(pending), fold_.limits().erased_before(fold_.meters().id(meter_))}};
}

ResidentHistory::Loaded& ResidentHistory::loaded(Register reg) {
  const auto at = loaded_.find(reg);
  if (at != loaded_.end()) return at->second;
  return loaded_.emplace(reg, Loaded{reader_of(fold_.meters().find_series(meter_, reg)), {}, 0, -1}).first->second;
}

Result<const std::vector<Fact>*> ResidentHistory::days(Register reg, std::int32_t first_day, std::int32_t last_day) {
  Loaded& have = loaded(reg);
  first_day = std::max(first_day, day_of(have.reader.series().first_ms));
  last_day = std::min(last_day, day_of(have.reader.series().last_ms));
  if (first_day > last_day) return &have.chunk.winners;
  if (have.last_day < have.first_day) {
    auto chunk = have.reader.load_days(first_day, last_day);
    if (!chunk) return Failure(chunk.error());
    have.chunk = std::move(*chunk);
    have.first_day = first_day;
    have.last_day = last_day;
    return &have.chunk.winners;
  }
  const auto join = [&](std::int32_t from, std::int32_t to) -> Result<void> {
    const auto chunk = have.reader.load_days(from, to);
    if (!chunk) return Failure(chunk.error());
    persistence::merge(have.chunk, *chunk);
    return {};
  };
  if (first_day < have.first_day) {
    if (auto joined = join(first_day, have.first_day - 1); !joined) return Failure(joined.error());
    have.first_day = first_day;
  }
  if (last_day > have.last_day) {
    if (auto joined = join(have.last_day + 1, last_day); !joined) return Failure(joined.error());
    have.last_day = last_day;
  }
  return &have.chunk.winners;
}

Result<std::vector<Fact>> ResidentHistory::facts(Register reg, std::int64_t from_ms, std::int64_t to_ms) {
  std::vector<Fact> found;
  if (!has(reg) || from_ms >= to_ms) return found;
  const auto winners = days(reg, day_of(from_ms), day_of(to_ms - 1));
  if (!winners) return Failure(winners.error());
  for (auto at = std::lower_bound((*winners)->begin(), (*winners)->end(), from_ms, starts_before);
       at != (*winners)->end() && at->start_ms < to_ms; ++at)
    if (alert::is_momentary(*at)) found.push_back(*at);
  return found;
}

Result<std::vector<Fact>> ResidentHistory::before(Register reg, std::int64_t at_ms, std::int64_t within_ms) {
  std::vector<Fact> found;
  if (!has(reg)) return found;
  const std::int64_t oldest = std::max(at_ms - within_ms, oldest_ms(reg));
  for (std::int32_t day = std::min(day_of(at_ms), day_of(newest_ms(reg))); day >= day_of(oldest); --day) {
    const std::int64_t begin = std::max(day * kMsPerDay, oldest);
    auto facts = this->facts(reg, begin, std::min((day + std::int64_t{1}) * kMsPerDay, at_ms));
    if (!facts) return facts;
    if (facts->empty()) continue;
    found.push_back(facts->back());
    break;
  }
  return found;
}

Result<std::vector<std::int64_t>> ResidentHistory::exchanges() {
  if (exchanges_) return *exchanges_;
  exchanges_.emplace();
  const auto equipment = fold_.meters().find_series(meter_, meter::kEquipmentId);
  if (equipment == meter::kNone) return *exchanges_;
  meter::SeriesReader reader = reader_of(equipment);
  auto times = meter::exchange_times(reader);
  if (times) exchanges_ = *times;
  return times;
}

Result<std::vector<meter::Interval>> ResidentHistory::intervals(Register reg, std::int64_t from_ms,
                                                                std::int64_t to_ms) {
  if (!has(reg)) return std::vector<meter::Interval>{};
  const auto times = exchanges();
  if (!times) return Failure(times.error());
  return loaded(reg).reader.intervals(*times, meter::fold_options(reg), from_ms, to_ms);
}

}  // namespace wattring::app
