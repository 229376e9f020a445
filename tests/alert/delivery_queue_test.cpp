// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "node/alert/delivery.hpp"
#include "tests/alert/delivery_fakes.hpp"

namespace wattring::alert {
namespace {

const Answer kTaken{};
const Answer kNotReached{Answer::Kind::sink_failed, 0, "no connection"};
const Answer kError{Answer::Kind::row_failed, 0, "500"};
const Answer kRefused{Answer::Kind::refused, 0, "400"};

SinkQueue queue_of(SinkQueue::Options options = {}) {
  return {options, Prng(7)};
}

std::uint64_t tried(SinkQueue& queue, std::int64_t now_ms) {
  const OutboxRow* row = queue.next({now_ms, now_ms});
  return row == nullptr ? 0 : row->sequence;
}

void add(SinkQueue& queue, std::uint64_t sequence, const std::string& id, Event event = Event::firing) {
  ASSERT_TRUE(queue.add({sequence, notification(id, event)}));
}

TEST(SinkQueue, TriesInTheOrderOfTheOutbox) {
  SinkQueue queue = queue_of();
  add(queue, 1, "a");
  add(queue, 2, "b");
  EXPECT_EQ(tried(queue, 0), 1U);
  EXPECT_EQ(queue.settle(1, kTaken, {0, 0}), SinkQueue::Outcome::delivered);
  EXPECT_EQ(tried(queue, 0), 2U);
}

TEST(SinkQueue, ALaterTransitionWaitsUntilTheEarlierOneHasLeftTheOutbox) {
  SinkQueue queue = queue_of();
  add(queue, 1, "a");
  add(queue, 2, "a", Event::resolved);
  (void)queue.settle(1, kTaken, {0, 0});
  EXPECT_EQ(tried(queue, 0), 0U);
  EXPECT_EQ(queue.due_ms(), SinkQueue::kNever);
  queue.delivered_recorded();
  EXPECT_EQ(tried(queue, 0), 2U);
}

TEST(SinkQueue, OtherAlertsPassOneThatFails) {
  SinkQueue queue = queue_of();
  add(queue, 1, "a");
  add(queue, 2, "a", Event::resolved);
  add(queue, 3, "b");
  EXPECT_EQ(queue.settle(1, kError, {0, 0}), SinkQueue::Outcome::retried);
  const std::int64_t due = queue.due_ms();
  EXPECT_EQ(tried(queue, due - 1), 0U);
  EXPECT_EQ(tried(queue, due), 3U);
  (void)queue.settle(3, kTaken, {due, due});
  EXPECT_EQ(tried(queue, kMsPerHour), 1U);
}

TEST(SinkQueue, OneThatAlwaysFailsTakesItsTurnAndNoMore) {
  SinkQueue queue = queue_of();
  add(queue, 1, "poison");
  std::int64_t now = 0;
  for (std::uint64_t sequence = 2; sequence < 50; ++sequence) {
    add(queue, sequence, "good" + std::to_string(sequence));
    std::uint64_t at = 0;
    int others = 0;
    while ((at = tried(queue, now = std::max(now, queue.due_ms()))) != sequence) {
      ASSERT_EQ(at, 1U);
      (void)queue.settle(at, kNotReached, {now, now});
      ASSERT_LE(++others, 1);
    }
    (void)queue.settle(sequence, kTaken, {now, now});
    queue.delivered_recorded();
  }
}

TEST(SinkQueue, ASinkThatFailsIsAskedLessAndLessOften) {
  SinkQueue queue = queue_of({.give_up_after_ms = kMsPerDay});
  add(queue, 1, "a");
  std::int64_t now = 0;
  std::int64_t previous = 0;
  for (int i = 0; i < 20; ++i) {
    (void)queue.settle(1, kNotReached, {now, now});
    const std::int64_t wait = queue.due_ms() - now;
    EXPECT_GE(wait, kMsPerSecond);
    EXPECT_LE(wait, 5 * kMsPerMinute);
    EXPECT_GE(wait, previous * 2 / 3);
    previous = wait;
    now += wait;
  }
  EXPECT_GE(previous, 200 * kMsPerSecond);
}

TEST(SinkQueue, ASinkIsLeftAloneForAsLongAsItAsksUpToALimit) {
  SinkQueue queue = queue_of();
  add(queue, 1, "a");
  (void)queue.settle(1, {Answer::Kind::sink_failed, 90 * kMsPerSecond, "429"}, {0, 0});
  EXPECT_EQ(queue.due_ms(), 90 * kMsPerSecond);
  (void)queue.settle(1, {Answer::Kind::sink_failed, kMsPerDay, "429"}, {0, 100'000});
  EXPECT_EQ(queue.due_ms(), 100'000 + kMsPerHour);
}

TEST(SinkQueue, ARefusedNotificationIsDeadAtOnceAndTheNextOneGoes) {
  SinkQueue queue = queue_of();
  add(queue, 1, "a");
  add(queue, 2, "a", Event::resolved);
  EXPECT_EQ(queue.settle(1, kRefused, {0, 0}), SinkQueue::Outcome::dead);
  EXPECT_EQ(queue.dead(), std::vector<std::uint64_t>{1});
  queue.dead_recorded();
  EXPECT_EQ(tried(queue, 0), 2U);
}

TEST(SinkQueue, GivesUpWhatIsOldOnlyWhileTheSinkFails) {
  SinkQueue queue = queue_of({.give_up_after_ms = kMsPerHour});
  add(queue, 1, "a");
  add(queue, 2, "b");
  const Now late{2 * kMsPerHour, 0};
  EXPECT_EQ(queue.expire(late), 0U);
  EXPECT_EQ(queue.settle(1, kNotReached, late), SinkQueue::Outcome::dead);
  EXPECT_EQ(queue.expire(late), 1U);
  EXPECT_EQ(queue.dead(), (std::vector<std::uint64_t>{1, 2}));
  queue.dead_recorded();
  EXPECT_EQ(queue.size(), 0U);
}

TEST(SinkQueue, KeepsToItsRate) {
  SinkQueue queue = queue_of({.per_second = 10, .burst = 5});
  for (std::uint64_t i = 1; i <= 30; ++i) add(queue, i, std::to_string(i));
  std::int64_t now = 1000;
  int at_once = 0;
  for (int i = 0; i < 25; ++i) {
    const std::int64_t due = std::max(now, queue.due_ms());
    if (due == now && i < 10) ++at_once;
    now = due;
    const std::uint64_t sequence = tried(queue, now);
    ASSERT_NE(sequence, 0U);
    (void)queue.settle(sequence, kTaken, {now, now});
    queue.delivered_recorded();
  }
  EXPECT_EQ(at_once, 5);
  EXPECT_EQ(now - 1000, 2000);
}

TEST(SinkQueue, HoldsALimitedWindowAndKnowsWhatItHas) {
  SinkQueue queue = queue_of({.rows_max = 2});
  add(queue, 1, "a");
  add(queue, 2, "b");
  EXPECT_FALSE(queue.add({3, notification("c", Event::firing)}));
  EXPECT_TRUE(queue.add({2, notification("b", Event::firing)}));
  EXPECT_EQ(queue.size(), 2U);
}

}  // namespace
}  // namespace wattring::alert
