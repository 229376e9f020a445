// SPDX-License-Identifier: Apache-2.0
#include "cluster/connection_table.hpp"

#include <gtest/gtest.h>

#include <set>

namespace wattring::cluster {
namespace {

TEST(ConnectionTable, AConnectionKeepsItsNumber) {
  ConnectionTable table(10, 100);
  const std::uint64_t number = table.heard(7, 0);
  EXPECT_EQ(table.heard(7, 50), number);
  EXPECT_EQ(table.find(number), 7U);
}

TEST(ConnectionTable, NoNumberIsGivenTwice) {
  ConnectionTable table(4, 100);
  std::set<std::uint64_t> numbers;
  for (int round = 0; round < 50; ++round) {
    EXPECT_TRUE(numbers.insert(table.heard(7, round)).second);
    EXPECT_TRUE(numbers.insert(table.take_number()).second);
    table.erase(table.heard(7, round));
    EXPECT_EQ(table.size(), 0U);
  }
}

TEST(ConnectionTable, AnIdThatComesBackGetsAnotherNumber) {
  ConnectionTable table(10, 100);
  const std::uint64_t before = table.heard(7, 0);
  table.erase_idle(100);
  const std::uint64_t after = table.heard(7, 100);
  EXPECT_NE(after, before);
  EXPECT_FALSE(table.find(before));
  EXPECT_EQ(table.find(after), 7U);
}

TEST(ConnectionTable, ForgetsOnlyWhoWasSilentForLong) {
  ConnectionTable table(10, 100);
  const std::uint64_t first = table.heard(1, 0);
  const std::uint64_t second = table.heard(2, 10);
  table.heard(1, 90);
  table.erase_idle(109);
  EXPECT_TRUE(table.find(second));
  table.erase_idle(110);
  EXPECT_FALSE(table.find(second));
  EXPECT_TRUE(table.find(first));
}

TEST(ConnectionTable, WhenItIsFullWhoWasHeardLongestAgoGoes) {
  ConnectionTable table(2, 1'000);
  const std::uint64_t first = table.heard(1, 0);
  const std::uint64_t second = table.heard(2, 1);
  table.heard(1, 2);
  table.heard(3, 3);
  EXPECT_EQ(table.size(), 2U);
  EXPECT_TRUE(table.find(first));
  EXPECT_FALSE(table.find(second));
}

}  // namespace
}  // namespace wattring::cluster
