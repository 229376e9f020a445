// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "base/prng.hpp"
#include "node/meter/intervals.hpp"
#include "persistence/chunk_codec.hpp"
#include "tests/meter/facts.hpp"

// Defects of an earlier program for the same purpose, each as the behaviour that must not come back. Those that need
// storage, the network or actors are tested there.

namespace wattring::meter {
namespace {

using persistence::SeriesChunk;
using test::kDay0;
using test::reading;
using test::readings;

std::vector<std::int64_t> values(const std::vector<Interval>& intervals) {
  std::vector<std::int64_t> out;
  for (const Interval& interval : intervals) out.push_back(interval.value.value_or(-1));
  return out;
}

FoldOptions five_minutes() {
  FoldOptions options;
  options.interval_ms = 5 * kMsPerMinute;
  return options;
}

TEST(WorkshopDefects, AGapOverSeveralIntervalsIsSpreadAndNotCountedTwice) {
  const auto facts = readings({{0, 100}, {17, 134}});
  const auto intervals = derive_intervals(facts, {}, five_minutes(), kDay0, kDay0 + 20 * kMsPerMinute);
  EXPECT_EQ(values(intervals), (std::vector<std::int64_t>{10, 10, 10, 4}));
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(intervals[i].flags & (kIntervalPending | kIntervalPartial), 0U);
  EXPECT_EQ(intervals[3].flags & (kIntervalPending | kIntervalPartial), kIntervalPending | kIntervalPartial)
      << "the fourth is still open";
}

TEST(WorkshopDefects, ARegisterOfExactlyZeroIsAReferenceLikeAnyOther) {
  const auto facts = readings({{0, 0}, {5, 10}, {10, 10}, {15, 30}});
  const auto intervals = derive_intervals(facts, {}, five_minutes(), kDay0, kDay0 + 15 * kMsPerMinute);
  EXPECT_EQ(values(intervals), (std::vector<std::int64_t>{10, 0, 20}));
  for (const Interval& interval : intervals) {
    EXPECT_EQ(interval.quality, IntervalQuality::actual);
    EXPECT_EQ(interval.flags, 0U);
  }
}

TEST(WorkshopDefects, AReadingOutOfOrderNeverBecomesTheBaseOfTheNextInterpolation) {
  SeriesChunk chunk;
  merge(chunk, readings({{0, 100}, {10, 120}}));
  merge(chunk, readings({{5, 105}}));  // late
  merge(chunk, readings({{15, 140}}));
  const auto intervals = derive_intervals(chunk.winners, {}, five_minutes(), kDay0, kDay0 + 15 * kMsPerMinute);
  EXPECT_EQ(values(intervals), (std::vector<std::int64_t>{5, 15, 20}));
}

TEST(WorkshopDefects, ADuplicateChangesNothing) {
  SeriesChunk chunk;
  merge(chunk, readings({{0, 100}, {5, 110}}));
  const std::string before = encode_chunk(chunk);
  EXPECT_EQ(merge(chunk, readings({{5, 110}, {0, 100}, {5, 110}})).duplicates, 3U);
  EXPECT_EQ(encode_chunk(chunk), before);
}

TEST(WorkshopDefects, AFallingReadingIsNeverNegativeConsumption) {
  const auto facts = readings({{0, 100'000},
                               {5, 100'010},
                               {10, 40'000},
                               {15, 40'020},
                               {20, 40'030},
                               {25, 40'040},
                               {30, 40'050},
                               {35, 40'060},
                               {40, 40'070},
                               {45, 40'080}});
  const auto intervals = derive_intervals(facts, {}, five_minutes(), kDay0, kDay0 + 20 * kMsPerMinute);
  EXPECT_EQ(values(intervals), (std::vector<std::int64_t>{10, -1, 20, 10})) << "-1 stands for no value";
  EXPECT_EQ(intervals[1].quality, IntervalQuality::missing);
  EXPECT_EQ(intervals[1].flags, kIntervalSuspect);
}

TEST(WorkshopDefects, AReplayInAnyOrderAndAnyPortionsGivesTheSame) {
  std::vector<Fact> facts;
  Prng prng(1);
  std::int64_t value = 0;
  for (std::int64_t minute = 0; minute < 600; minute += 1 + static_cast<std::int64_t>(prng.below(9)))
    facts.push_back(reading(kDay0 + minute * kMsPerMinute, value += static_cast<std::int64_t>(prng.below(50))));
  SeriesChunk straight;
  merge(straight, facts);
  const auto expected = derive_intervals(straight.winners, {}, five_minutes(), kDay0, kDay0 + 10 * kMsPerHour);
  for (int round = 0; round < 20; ++round) {
    std::shuffle(facts.begin(), facts.end(), prng);
    SeriesChunk restarted;
    for (std::size_t i = 0; i < facts.size();) {
      const std::size_t portion = std::min<std::size_t>(1 + prng.below(40), facts.size() - i);
      merge(restarted, std::span<const Fact>(facts).subspan(i, portion));
      // A restart: all that is left is what was written.
      restarted = persistence::decode_chunk(encode_chunk(restarted), 10'000).value();
      i += portion;
    }
    ASSERT_EQ(restarted, straight);
    ASSERT_EQ(derive_intervals(restarted.winners, {}, five_minutes(), kDay0, kDay0 + 10 * kMsPerHour), expected);
  }
}

}  // namespace
}  // namespace wattring::meter
