// SPDX-License-Identifier: Apache-2.0
#include "cluster/event_log.hpp"

#include <gtest/gtest.h>

namespace wattring::cluster {
namespace {

MemberEvent event(std::int64_t at_ns) {
  MemberEvent event;
  event.at_ns = at_ns;
  return event;
}

std::vector<std::uint64_t> numbers(const std::vector<LoggedEvent>& events) {
  std::vector<std::uint64_t> out;
  for (const LoggedEvent& one : events) out.push_back(one.sequence);
  return out;
}

TEST(EventLog, NumbersFromOneWithoutGaps) {
  EventLog log;
  EXPECT_TRUE(log.after(0, 10).empty());
  for (int i = 1; i <= 3; ++i) log.add(1000 + i, event(i));
  EXPECT_EQ(numbers(log.after(0, 10)), (std::vector<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(log.after(2, 10).front().wall_ms, 1003);
  EXPECT_EQ(log.after(2, 10).front().event.at_ns, 3);
}

TEST(EventLog, GivesTheOldestFirstAndNoMoreThanAsked) {
  EventLog log;
  for (int i = 1; i <= 5; ++i) log.add(0, event(i));
  EXPECT_EQ(numbers(log.after(1, 2)), (std::vector<std::uint64_t>{2, 3}));
  EXPECT_TRUE(log.after(1, 0).empty());
}

TEST(EventLog, WhatIsNotThereYetIsNoError) {
  EventLog log;
  log.add(0, event(1));
  EXPECT_TRUE(log.after(1, 10).empty());
  EXPECT_TRUE(log.after(~std::uint64_t{0}, 10).empty());
}

TEST(EventLog, KeepsTheLastOnesAndShowsTheGap) {
  EventLog log(3);
  for (int i = 1; i <= 5; ++i) log.add(0, event(i));
  EXPECT_EQ(numbers(log.after(0, 10)), (std::vector<std::uint64_t>{3, 4, 5}));
  EXPECT_EQ(numbers(log.after(1, 1)), (std::vector<std::uint64_t>{3}));
  EXPECT_EQ(numbers(log.after(4, 10)), (std::vector<std::uint64_t>{5}));
}

}  // namespace
}  // namespace wattring::cluster
