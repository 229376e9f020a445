// SPDX-License-Identifier: Apache-2.0
#include "node/meter/series_reader.hpp"

#include <algorithm>

#include "base/time.hpp"
#include "node/meter/interval_chunk.hpp"
#include "persistence/chunk_codec.hpp"
#include "persistence/format.hpp"
#include "persistence/keys.hpp"

namespace wattring::meter {
namespace {

using persistence::SeriesChunk;
using persistence::Table;

/// Intervals are derived a window at a time, so that a year of readings every second never is in memory at once.
constexpr std::int64_t kWindowMs = 8 * kMsPerDay;

void cut_erased(SeriesChunk& chunk, std::int64_t from_ms) {
  const auto erased = [&](const Fact& fact) { return fact.start_ms < from_ms; };
  std::erase_if(chunk.winners, erased);
  std::erase_if(chunk.losers, erased);
}

bool starts_before(const Fact& fact, std::int64_t time_ms) {
  return fact.start_ms < time_ms;
}

}  // namespace

SeriesReader::SeriesReader(const persistence::ReadTransaction& disk, Series series)
    : disk_(disk), series_(std::move(series)) {
  std::sort(series_.pending.begin(), series_.pending.end(), [](const Fact& a, const Fact& b) {
    return a.start_ms != b.start_ms ? a.start_ms < b.start_ms : a.end_ms < b.end_ms;
  });
}

Result<void> SeriesReader::load_day(std::int32_t day, SeriesChunk& into) {
  if (empty_days_.contains(day)) return {};
  bool empty = true;
  std::string prefix = persistence::series_key({series_.shard, day, series_.meter, series_.reg, 0});
  prefix.resize(prefix.size() - sizeof(std::uint32_t));
  auto scanned = disk_.scan(Table::series, prefix, [&](std::string_view key, std::string_view value) {
    if (key.substr(0, prefix.size()) != prefix) return false;
    empty = false;
    const auto payload = persistence::open_value(value, persistence::position_of(key));
    auto chunk = payload ? persistence::decode_chunk(*payload, persistence::kChunkFactsMax)
                         : Result<SeriesChunk>(Failure(payload.error()));
    if (chunk && day * kMsPerDay < series_.from_ms) cut_erased(*chunk, series_.from_ms);
    if (chunk) persistence::merge(into, *chunk);
    if (!chunk) damaged_ = true;
    return true;
  });
  if (!scanned) return scanned;
  const auto& pending = series_.pending;
  const auto first = std::lower_bound(pending.begin(), pending.end(), day * kMsPerDay, starts_before);
  const auto last = std::lower_bound(first, pending.end(), (day + std::int64_t{1}) * kMsPerDay, starts_before);
  persistence::merge(into, std::span<const Fact>(first, last));
  if (empty && first == last) empty_days_.insert(day);
  return {};
}

Result<SeriesChunk> SeriesReader::load_days(std::int32_t first_day, std::int32_t last_day) {
  SeriesChunk chunk;
  const std::int32_t end = std::min(last_day, day_of(series_.last_ms));
  for (std::int32_t day = std::max(first_day, day_of(series_.first_ms)); day <= end; ++day)
    if (auto loaded = load_day(day, chunk); !loaded) return Failure(loaded.error());
  return chunk;
}

Result<std::vector<Interval>> SeriesReader::window(std::span<const std::int64_t> exchange_times_ms,
                                                   const FoldOptions& options, std::int64_t from_ms,
                                                   std::int64_t to_ms) {
  const std::int32_t series_first = day_of(series_.first_ms);
  const std::int32_t series_last = day_of(series_.last_ms);
  std::int32_t first = std::clamp(day_of(from_ms - look_back_ms(options)), series_first, series_last);
  std::int32_t last = std::clamp(day_of(to_ms - 1), series_first, series_last);
  auto chunk = load_days(first, last);
  if (!chunk) return Failure(chunk.error());
  // A day without facts changes no answer, so that a gap of years is crossed without asking at each day.
  std::size_t asked = chunk->winners.size();
  bool enough = reaches_back(chunk->winners, options, from_ms);
  while (first > series_first && !enough) {
    if (auto loaded = load_day(--first, *chunk); !loaded) return Failure(loaded.error());
    if (asked != chunk->winners.size()) enough = reaches_back(chunk->winners, options, from_ms);
    asked = chunk->winners.size();
  }
  enough = reaches_ahead(chunk->winners, options, to_ms);
  while (last < series_last && !enough) {
    if (auto loaded = load_day(++last, *chunk); !loaded) return Failure(loaded.error());
    if (asked != chunk->winners.size()) enough = reaches_ahead(chunk->winners, options, to_ms);
    asked = chunk->winners.size();
  }
  return derive_intervals(chunk->winners, exchange_times_ms, options, from_ms, to_ms,
                          conflicted_starts(chunk->winners, chunk->losers));
}

Result<void> SeriesReader::take_kept_days(std::vector<Interval>& intervals) {
  for (std::size_t at = 0; at < intervals.size();) {
    const std::int32_t day = day_of(intervals[at].start_ms);
    std::size_t end = at;
    while (end < intervals.size() && day_of(intervals[end].start_ms) == day) ++end;
    const std::string key = persistence::interval_key({series_.shard, day, series_.meter, series_.reg});
    const auto stored = disk_.get(Table::interval, key);
    if (!stored && stored.error().code != ErrorCode::not_found) return Failure(stored.error());
    if (stored) {
      const auto payload = persistence::open_value(*stored, persistence::position_of(key));
      const auto kept =
          payload ? decode_interval_day(*payload, day) : Result<std::vector<Interval>>(Failure(payload.error()));
      if (!kept) damaged_ = true;
      if (kept)
        for (const Interval& interval : *kept)
          for (std::size_t i = at; i < end; ++i)
            if (intervals[i].start_ms == interval.start_ms && interval.start_ms >= series_.from_ms)
              intervals[i] = interval;
    }
    at = end;
  }
  return {};
}

Result<std::vector<Interval>> SeriesReader::intervals(std::span<const std::int64_t> exchange_times_ms,
                                                      const FoldOptions& options, std::int64_t from_ms,
                                                      std::int64_t to_ms) {
  std::vector<Interval> all;
  for (std::int64_t begin = from_ms; begin < to_ms;) {
    const std::int64_t end = std::min(to_ms, floor_to(begin, kMsPerDay) + kWindowMs);
    auto part = window(exchange_times_ms, options, begin, end);
    if (!part) return part;
    if (auto replaced = take_kept_days(*part); !replaced) return Failure(replaced.error());
    all.insert(all.end(), part->begin(), part->end());
    begin = end;
  }
  return all;
}

Result<std::vector<std::int64_t>> exchange_times(SeriesReader& equipment) {
  const auto all = equipment.load_days(day_of(equipment.series().first_ms), day_of(equipment.series().last_ms));
  if (!all) return Failure(all.error());
  std::vector<std::int64_t> times;
  for (std::size_t i = 1; i < all->winners.size(); ++i)
    if (all->winners[i].value != all->winners[i - 1].value) times.push_back(all->winners[i].start_ms);
  return times;
}

}  // namespace wattring::meter
