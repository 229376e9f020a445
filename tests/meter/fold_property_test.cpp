// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "node/meter/intervals.hpp"
#include "node/meter/register_falls.hpp"
#include "node/meter/rollup.hpp"
#include "persistence/chunk_codec.hpp"
#include "tests/meter/facts.hpp"
#include "tests/meter/generated_series.hpp"

namespace wattring::meter {
namespace {

using persistence::SeriesChunk;
using test::GeneratedSeries;

std::vector<Interval> derive(const GeneratedSeries& series, const SeriesChunk& chunk, std::int64_t from_ms,
                             std::int64_t to_ms) {
  return derive_intervals(chunk.winners, series.exchange_times_ms, series.options, from_ms, to_ms,
                          conflicted_starts(chunk.winners, chunk.losers));
}
std::vector<Interval> derive(const GeneratedSeries& series, const SeriesChunk& chunk) {
  return derive(series, chunk, series.from_ms, series.to_ms);
}
std::int64_t time_in(Prng& prng, const GeneratedSeries& series) {
  return series.from_ms +
         static_cast<std::int64_t>(prng.below(static_cast<std::uint64_t>(series.to_ms - series.from_ms)));
}

TEST(FoldProperty, AnyOrderRepeatsAndPortionsGiveTheSameBytesAndIntervals) {
  EXPECT_TRUE(test::holds_for_seeds([](Prng& prng) {
    const GeneratedSeries series = test::any_series(prng);
    const SeriesChunk expected = test::chunk_of(series.facts);
    const std::vector<Fact> facts = test::shuffled(series.facts, prng);
    SeriesChunk chunk;
    for (std::size_t i = 0; i < facts.size();) {
      const std::size_t portion = std::min<std::size_t>(1 + prng.below(50), facts.size() - i);
      merge(chunk, std::span<const Fact>(facts).subspan(i, portion));
      i += portion;
    }
    RC_ASSERT(encode_chunk(chunk) == encode_chunk(expected));
    test::assert_same(derive(series, expected), derive(series, chunk));
  }));
}

TEST(FoldProperty, CuttingARangeChangesNothing) {
  EXPECT_TRUE(test::holds_for_seeds([](Prng& prng) {
    const GeneratedSeries series = test::any_series(prng);
    const SeriesChunk chunk = test::chunk_of(series.facts);
    std::vector<std::int64_t> cuts{series.from_ms, series.to_ms};
    for (std::uint64_t i = prng.below(5); i > 0; --i) cuts.push_back(time_in(prng, series));
    std::sort(cuts.begin(), cuts.end());
    std::vector<Interval> joined;
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i)
      for (const Interval& each : derive(series, chunk, cuts[i], cuts[i + 1])) joined.push_back(each);
    test::assert_same(derive(series, chunk), joined);
  }));
}

/// How a caller loads: the whole UTC days of the range, then days outwards until it is enough or there are no more.
SeriesChunk days_around(const SeriesChunk& whole, const FoldOptions& options, std::int64_t from_ms,
                        std::int64_t to_ms) {
  std::int64_t begin_ms = floor_to(from_ms - look_back_ms(options), kMsPerDay);
  std::int64_t end_ms = ceil_to(to_ms, kMsPerDay);
  const std::int64_t first_ms = whole.empty() ? 0 : whole.winners.front().start_ms;
  const std::int64_t last_ms = whole.empty() ? 0 : whole.winners.back().start_ms;
  for (;;) {
    SeriesChunk loaded;
    for (const Fact& fact : whole.winners)
      if (fact.start_ms >= begin_ms && fact.start_ms < end_ms) loaded.winners.push_back(fact);
    for (const Fact& fact : whole.losers)
      if (fact.start_ms >= begin_ms && fact.start_ms < end_ms) loaded.losers.push_back(fact);
    const bool back = begin_ms <= first_ms || reaches_back(loaded.winners, options, from_ms);
    const bool ahead = end_ms > last_ms || reaches_ahead(loaded.winners, options, to_ms);
    if (back && ahead) return loaded;
    if (!back) begin_ms -= kMsPerDay;
    if (!ahead) end_ms += kMsPerDay;
  }
}

TEST(FoldProperty, AWindowOfDaysWithItsMarginsIsAsGoodAsTheWholeSeries) {
  std::size_t smaller = 0;
  EXPECT_TRUE(test::holds_for_seeds([&](Prng& prng) {
    const GeneratedSeries series = test::any_series(prng);
    const SeriesChunk whole = test::chunk_of(series.facts);
    const std::int64_t from_ms = time_in(prng, series);
    const std::int64_t to_ms = std::min(from_ms + static_cast<std::int64_t>(prng.below(5 * kMsPerHour)), series.to_ms);
    const SeriesChunk window = days_around(whole, series.options, from_ms, to_ms);
    smaller += window.size() < whole.size() ? 1U : 0U;
    test::assert_same(derive(series, whole, from_ms, to_ms), derive(series, window, from_ms, to_ms));
  }));
  EXPECT_GT(smaller, 300U) << "the test must meet windows that leave something out";
}

/// Takes facts away at both ends as long as the rest still says that it reaches far enough.
std::span<const Fact> tightest(std::span<const Fact> winners, const FoldOptions& options, std::int64_t from_ms,
                               std::int64_t to_ms) {
  const std::int64_t begin_ms = from_ms - look_back_ms(options);
  while (winners.size() > 1 && winners.front().start_ms < begin_ms &&
         reaches_back(winners.subspan(1), options, from_ms))
    winners = winners.subspan(1);
  const std::int64_t end_ms = ceil_to(to_ms, options.interval_ms);
  while (winners.size() > 1 && winners.back().start_ms >= end_ms &&
         reaches_ahead(winners.first(winners.size() - 1), options, to_ms))
    winners = winners.first(winners.size() - 1);
  return winners;
}

TEST(FoldProperty, TheTightestWindowThatReachesFarEnoughIsEnough) {
  std::size_t smaller = 0;
  EXPECT_TRUE(test::holds_for_seeds([&](Prng& prng) {
    GeneratedSeries series = prng.chance(0.7) ? test::spiky_register(prng) : test::any_series(prng);
    series.options.nominal_period_ms = 15 * kMsPerMinute;  // the day's own needs the whole day
    const SeriesChunk whole = test::chunk_of(series.facts);
    const auto all = derive(series, whole);
    for (int i = 0; i < 40; ++i) {
      const Interval& wanted = all[prng.below(all.size())];
      const auto window = tightest(whole.winners, series.options, wanted.start_ms, wanted.end_ms);
      smaller += window.size() < whole.winners.size() ? 1U : 0U;
      test::assert_same({wanted}, derive_intervals(window, series.exchange_times_ms, series.options, wanted.start_ms,
                                                   wanted.end_ms, conflicted_starts(whole.winners, whole.losers)));
    }
  }));
  EXPECT_GT(smaller, 10'000U);
}

std::int64_t sum_of(const std::vector<Interval>& intervals) {
  std::int64_t sum = 0;
  for (const Interval& each : intervals) sum += each.value.value_or(0);
  return sum;
}

/// Only series whose range was not shortened have all their energy in it.
bool has_whole_range(const GeneratedSeries& series, const SeriesChunk& chunk) {
  return chunk.empty() || chunk.winners.back().start_ms < series.to_ms;
}

TEST(FoldProperty, AnHonestRegistersIntervalsAddUpToItsDifference) {
  EXPECT_TRUE(test::holds_for_seeds([](Prng& prng) {
    GeneratedSeries series = test::honest_register(prng);
    series.options.power_max_w = 0;
    const SeriesChunk chunk = test::chunk_of(series.facts);
    if (chunk.empty() || !has_whole_range(series, chunk)) return;
    RC_ASSERT(sum_of(derive(series, chunk)) == series.facts.back().value - series.facts.front().value);
  }));
}

TEST(FoldProperty, WithinEachEpochEnergyIsConservedWhateverHappened) {
  std::size_t parted = 0;
  EXPECT_TRUE(test::holds_for_seeds([&](Prng& prng) {
    const GeneratedSeries series = prng.chance(0.5) ? test::troubled_register(prng) : test::wild_register(prng);
    const SeriesChunk chunk = test::chunk_of(series.facts);
    if (!has_whole_range(series, chunk)) return;
    std::vector<std::int64_t> exchanges = series.exchange_times_ms;
    std::sort(exchanges.begin(), exchanges.end());
    const RegisterTrace trace = trace_register(chunk.winners, exchanges, series.options);
    std::int64_t known = 0;
    std::size_t point = 0;
    std::int64_t before = 0;
    const auto parts = epochs(trace);
    for (const Epoch& epoch : parts) {
      while (trace.points[point].index != epoch.first_index) ++point;
      const std::int64_t first = trace.points[point].value;
      while (trace.points[point].index != epoch.last_index) ++point;
      const std::int64_t last = trace.points[point].value;
      RC_ASSERT(last >= first);
      known += last - first;
      // A joined epoch goes on counting where the one before stopped, plus the energy of the break.
      if (epoch.joined) {
        RC_ASSERT(first + epoch.offset >= before);
        known += first + epoch.offset - before;
      }
      before = last + epoch.offset;
    }
    parted += parts.size() > 1 ? 1U : 0U;
    const auto intervals = derive(series, chunk);
    RC_ASSERT(sum_of(intervals) == known);
    for (const Interval& each : intervals) RC_ASSERT(each.value.value_or(0) >= 0);
  }));
  EXPECT_GT(parted, 1000U);
}

TEST(FoldProperty, WhatIsNotPendingNeverChangesByReadingsToCome) {
  EXPECT_TRUE(test::holds_for_seeds([](Prng& prng) {
    GeneratedSeries series = prng.chance(0.5) ? test::troubled_register(prng) : test::wild_register(prng);
    series.options.nominal_period_ms = 15 * kMsPerMinute;
    const SeriesChunk whole = test::chunk_of(series.facts);
    SeriesChunk so_far = whole;
    so_far.winners.resize(prng.below(whole.winners.size() + 1));
    if (so_far.empty()) return;
    const auto early = derive(series, so_far);
    const auto late = derive(series, whole);
    for (std::size_t i = 0; i < early.size(); ++i)
      if ((early[i].flags & kIntervalPending) == 0) test::assert_same({late[i]}, {early[i]});
  }));
}

TEST(FoldProperty, HoursAndDaysAddUpToTheirQuarters) {
  const Zone zone = Zone::find("Europe/Brussels").value();
  EXPECT_TRUE(test::holds_for_seeds([&](Prng& prng) {
    const GeneratedSeries series = test::troubled_register(prng);
    if (series.options.interval_ms >= kMsPerHour) return;
    const auto quarters = derive(series, test::chunk_of(series.facts));
    const std::int64_t from_ms = span_of(Every::day, zone, series.from_ms).begin_ms;
    const auto hours = roll_up(quarters, Every::hour, zone, from_ms, series.to_ms);
    const auto days = roll_up(quarters, Every::day, zone, from_ms, series.to_ms);
    RC_ASSERT(sum_of(hours) == sum_of(quarters));
    RC_ASSERT(sum_of(days) == sum_of(quarters));
    for (std::size_t i = 1; i < days.size(); ++i) RC_ASSERT(days[i].start_ms == days[i - 1].end_ms);
  }));
}

}  // namespace
}  // namespace wattring::meter
