// SPDX-License-Identifier: Apache-2.0
#include "persistence/series_chunk.hpp"

#include <gtest/gtest.h>

#include "tests/meter/facts.hpp"

namespace wattring::persistence {
namespace {

using test::amount;
using test::kDay0;
using test::reading;

TEST(SeriesChunk, AppendsReadingsThatComeInOrder) {
  SeriesChunk chunk;
  const std::vector<Fact> first{reading(kDay0, 1), reading(kDay0 + 1, 2)};
  const std::vector<Fact> second{reading(kDay0 + 2, 3)};
  EXPECT_EQ(merge(chunk, first), (MergeStats{2, 0, 0, true}));
  EXPECT_EQ(merge(chunk, second), (MergeStats{1, 0, 0, true}));
  ASSERT_EQ(chunk.winners.size(), 3U);
  EXPECT_EQ(chunk.winners[2].value, 3);
}

TEST(SeriesChunk, PutsALateReadingInItsPlace) {
  SeriesChunk chunk;
  merge(chunk, std::vector<Fact>{reading(kDay0, 1), reading(kDay0 + 2, 3)});
  EXPECT_EQ(merge(chunk, std::vector<Fact>{reading(kDay0 + 1, 2)}), (MergeStats{1, 0, 0, true}));
  EXPECT_EQ(chunk.winners[1].value, 2);
}

TEST(SeriesChunk, TakesARepeatForTheSameFact) {
  SeriesChunk chunk;
  merge(chunk, std::vector<Fact>{reading(kDay0, 1)});
  const SeriesChunk before = chunk;
  EXPECT_EQ(merge(chunk, std::vector<Fact>{reading(kDay0, 1), reading(kDay0, 1)}), (MergeStats{0, 2, 0, false}));
  EXPECT_EQ(chunk, before);
}

TEST(SeriesChunk, JoinsTheFlagsOfARepeat) {
  SeriesChunk chunk;
  Fact rounded = reading(kDay0, 1);
  rounded.flags = kFlagRounded;
  Fact received = reading(kDay0, 1);
  received.flags = kFlagReceiveTime;
  merge(chunk, std::vector<Fact>{rounded});
  EXPECT_EQ(merge(chunk, std::vector<Fact>{received}), (MergeStats{0, 1, 0, true}));
  EXPECT_EQ(chunk.winners[0].flags, kFlagRounded | kFlagReceiveTime);
}

TEST(SeriesChunk, ABetterQualityWinsAndTheOtherValueIsKept) {
  SeriesChunk chunk;
  merge(chunk, std::vector<Fact>{reading(kDay0, 5, Quality::estimated)});
  EXPECT_EQ(merge(chunk, std::vector<Fact>{reading(kDay0, 7, Quality::actual)}), (MergeStats{0, 0, 1, true}));
  ASSERT_EQ(chunk.winners.size(), 1U);
  EXPECT_EQ(chunk.winners[0].value, 7);
  ASSERT_EQ(chunk.losers.size(), 1U);
  EXPECT_EQ(chunk.losers[0].value, 5);
}

TEST(SeriesChunk, KeepsTheBestThreeOfTheOtherValues) {
  SeriesChunk chunk;
  for (std::uint64_t revision = 1; revision <= 6; ++revision) {
    Fact fact = reading(kDay0, static_cast<std::int64_t>(revision) * 10);
    fact.revision = revision;
    merge(chunk, std::vector<Fact>{fact});
  }
  EXPECT_EQ(chunk.winners[0].revision, 6U);
  ASSERT_EQ(chunk.losers.size(), 3U);
  EXPECT_EQ(chunk.losers[0].revision, 5U);
  EXPECT_EQ(chunk.losers[2].revision, 3U);
  Fact lowest = reading(kDay0, 1);
  EXPECT_EQ(merge(chunk, std::vector<Fact>{lowest}), (MergeStats{0, 0, 1, false}));
}

TEST(SeriesChunk, PeriodsOfOneStartAreDifferentKeys) {
  SeriesChunk chunk;
  EXPECT_EQ(merge(chunk, std::vector<Fact>{amount(kDay0, kDay0 + 10, 1), amount(kDay0, kDay0 + 5, 2)}).added, 2U);
  EXPECT_EQ(chunk.winners[0].value, 2);
  EXPECT_TRUE(chunk.losers.empty());
}

TEST(SeriesChunk, AnEmptyMergeChangesNothing) {
  SeriesChunk chunk;
  EXPECT_EQ(merge(chunk, std::vector<Fact>{}), MergeStats{});
  EXPECT_TRUE(chunk.empty());
}

TEST(SeriesChunk, IsNotWellFormedWithALoserThatHasNoWinner) {
  SeriesChunk chunk;
  merge(chunk, std::vector<Fact>{reading(kDay0, 5), reading(kDay0, 7)});
  EXPECT_TRUE(well_formed(chunk));
  std::swap(chunk.winners[0], chunk.losers[0]);
  EXPECT_FALSE(well_formed(chunk)) << "the winner must be the better one";
  std::swap(chunk.winners[0], chunk.losers[0]);
  chunk.losers[0].start_ms += 1;
  EXPECT_FALSE(well_formed(chunk));
}

std::vector<Fact> every_second(std::size_t count) {
  std::vector<Fact> facts;
  for (std::size_t i = 0; i < count; ++i)
    facts.push_back(reading(kDay0 + static_cast<std::int64_t>(i) * 1000, static_cast<std::int64_t>(i)));
  return facts;
}

TEST(SeriesPartition, LeavesAnOrdinaryDayWhole) {
  SeriesChunk day;
  merge(day, every_second(1024));
  const auto parts = partition(std::move(day));
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_EQ(parts[0].first, 0U);
  EXPECT_EQ(parts[0].second.winners.size(), 1024U);
}

TEST(SeriesPartition, CutsADayOfSecondsWithTheLosersOnTheRightSide) {
  SeriesChunk day;
  merge(day, every_second(2500));
  merge(day, std::vector<Fact>{reading(kDay0 + 1024 * 1000, 77), reading(kDay0 + 1023 * 1000, 78)});
  const auto parts = partition(std::move(day));
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ(parts[1].first, 1024U * 1000U);
  EXPECT_EQ(parts[2].first, 2048U * 1000U);
  EXPECT_EQ(parts[0].second.losers.size(), 1U);
  EXPECT_EQ(parts[1].second.losers.size(), 1U);
  for (const auto& [part, chunk] : parts) EXPECT_TRUE(well_formed(chunk));
}

TEST(SeriesPartition, NeverPartsFactsOfOneStart) {
  SeriesChunk day;
  std::vector<Fact> facts{amount(kDay0, kDay0 + 1, 0)};
  for (std::int64_t i = 1; i <= 5; ++i) facts.push_back(amount(kDay0 + 10, kDay0 + 10 + i, i));
  facts.push_back(amount(kDay0 + 20, kDay0 + 21, 6));
  merge(day, facts);
  const auto parts = partition(std::move(day), 3);
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ(parts[0].second.winners.size(), 1U);
  EXPECT_EQ(parts[1].first, 10U);
  EXPECT_EQ(parts[1].second.winners.size(), 5U);
  EXPECT_EQ(parts[2].first, 20U);
}

TEST(SeriesPartition, CountsTheMillisecondOfTheDayBefore1970Too) {
  SeriesChunk day;
  merge(day, std::vector<Fact>{reading(-kMsPerDay + 5, 1), reading(-kMsPerDay + 9, 2)});
  const auto parts = partition(std::move(day), 1);
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[1].first, 9U);
}

}  // namespace
}  // namespace wattring::persistence
