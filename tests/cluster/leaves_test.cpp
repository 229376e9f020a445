// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "cluster/codec_size.hpp"
#include "cluster/dissemination.hpp"
#include "cluster/settings.hpp"
#include "cluster/suspicion.hpp"
#include "tests/cluster/any_message.hpp"

namespace wattring::cluster {
namespace {

News news_about(std::uint8_t who, std::uint32_t incarnation = 0) {
  Record record;
  record.id.bytes[0] = who;
  record.incarnation = incarnation;
  record.name = "n";
  return {std::make_shared<const Record>(std::move(record)), {}, 0};
}

TEST(Dissemination, HoldsOneSlotAMemberWithTheNewestInIt) {
  Dissemination queue;
  queue.put(news_about(1, 0));
  queue.put(news_about(1, 1));
  ASSERT_EQ(queue.size(), 1U);
  EXPECT_EQ(queue.take(10, 10'000, 4).at(0).record->incarnation, 1U);
}

TEST(Dissemination, TellsWhatWasToldLeastFirstAndForgetsAtTheLimit) {
  Dissemination queue;
  queue.put(news_about(1));
  queue.put(news_about(2));
  EXPECT_EQ(queue.take(1, 10'000, 2).at(0).record->id.bytes[0], 2);  // the latest among equals
  EXPECT_EQ(queue.take(1, 10'000, 2).at(0).record->id.bytes[0], 1);
  EXPECT_EQ(queue.take(2, 10'000, 2).size(), 2U);
  EXPECT_TRUE(queue.empty());
}

TEST(Dissemination, NeverFillsAMessageBeyondItsBytes) {
  Prng prng(3);
  Dissemination queue;
  for (int i = 0; i < 100; ++i) queue.put(any_news(prng));
  for (int i = 0; i < 50; ++i) {
    std::size_t bytes = 0;
    for (const News& news : queue.take(25, 1300, 9)) bytes += size_bound(news);
    EXPECT_LE(bytes, 1300U);
  }
}

TEST(Dissemination, StaysBoundedAndKeepsTheFreshNews) {
  Prng prng(5);
  Dissemination queue;
  for (std::size_t i = 0; i < 3 * kNewsQueueMax; ++i) queue.put(any_news(prng));
  EXPECT_EQ(queue.size(), kNewsQueueMax);
  const News fresh = any_news(prng);
  queue.put(fresh);
  EXPECT_TRUE(queue.contains(fresh.record->id));
}

TEST(Dissemination, BoundsTheEncodedSize) {
  Prng prng(11);
  for (int i = 0; i < 2000; ++i) {
    const News news = any_news(prng);
    ASSERT_GE(size_bound(news), encoded_size(news));
  }
}

TEST(Suspicion, LastsLongerWithoutConfirmationAndNeverLessThanAPauseOfThreeSeconds) {
  const Settings settings;
  EXPECT_EQ(suspicion_timeout_ns(settings, 5, 3), 3'500 * kNsPerMs);
  EXPECT_EQ(suspicion_timeout_ns(settings, 5, 0), 6 * 3'500 * kNsPerMs);
  EXPECT_EQ(suspicion_timeout_ns(settings, 2, 0), 3'500 * kNsPerMs);  // nobody else could confirm
  EXPECT_EQ(suspicion_min_ns(settings, 100), 8 * kNsPerSecond);
  std::int64_t before = suspicion_timeout_ns(settings, 100, 0);
  for (std::size_t c = 1; c <= 3; ++c) {
    EXPECT_LT(suspicion_timeout_ns(settings, 100, c), before);
    before = suspicion_timeout_ns(settings, 100, c);
  }
}

TEST(Suspicion, NewsAreToldLogarithmicallyOften) {
  const Settings settings;
  EXPECT_EQ(retransmit_limit(settings, 5), 4U);
  EXPECT_EQ(retransmit_limit(settings, 99), 8U);
  EXPECT_EQ(retransmit_limit(settings, 10'000), 20U);
}

TEST(LocalHealth, StretchesTimesAndStaysWithinItsRange) {
  LocalHealth health;
  EXPECT_EQ(health.stretch(10), 10);
  health.worsen(3);
  EXPECT_EQ(health.stretch(10), 40);
  health.worsen(100);
  EXPECT_EQ(health.value(), LocalHealth::kMax);
  for (int i = 0; i < 20; ++i) health.improve();
  EXPECT_EQ(health.value(), 0);
}

TEST(FlapScore, HalvesInAHalfLife) {
  FlapScore score;
  score.add(0, kNsPerSecond);
  score.add(0, kNsPerSecond);
  EXPECT_DOUBLE_EQ(score.at(kNsPerSecond, kNsPerSecond), 1.0);
  score.add(kNsPerSecond, kNsPerSecond);
  EXPECT_DOUBLE_EQ(score.at(kNsPerSecond, kNsPerSecond), 2.0);
}

}  // namespace
}  // namespace wattring::cluster
