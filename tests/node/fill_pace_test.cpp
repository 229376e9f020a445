// SPDX-License-Identifier: Apache-2.0
#include "node/app/fill_pace.hpp"

#include <gtest/gtest.h>

#include "base/units.hpp"

namespace wattring::app {
namespace {

struct Paced {
  /// Once a second, so many seconds, from one number to another.
  void fill(std::int64_t seconds, std::uint64_t from, std::uint64_t to) {
    for (std::int64_t s = 1; s <= seconds; ++s) {
      const auto done = static_cast<double>(from - to) * static_cast<double>(s) / static_cast<double>(seconds);
      pace.note((now_s += 1) * kNsPerSecond, from - static_cast<std::uint64_t>(done));
    }
  }
  [[nodiscard]] std::int64_t left_s() const { return pace.left_ns().value_or(-kNsPerSecond) / kNsPerSecond; }

  FillPace pace;
  std::int64_t now_s = 1000;
};

TEST(FillPace, WhatIsLeftTakesAsLongAsAsManyDidBefore) {
  Paced node;
  node.pace.note(node.now_s * kNsPerSecond, 100);
  node.fill(60, 100, 80);
  EXPECT_EQ(node.left_s(), 240);
}

TEST(FillPace, IsNotGuessedTooEarlyNorWhenNothingIsFinished) {
  Paced node;
  EXPECT_FALSE(node.pace.left_ns());
  node.pace.note(node.now_s * kNsPerSecond, 100);
  node.fill(9, 100, 91);
  EXPECT_FALSE(node.pace.left_ns()) << "9 s";
  Paced stuck;
  stuck.fill(60, 100, 100);
  EXPECT_FALSE(stuck.pace.left_ns());
}

TEST(FillPace, OfLongAgoDoesNotCount) {
  Paced node;
  node.fill(60, 1000, 100);
  node.fill(400, 100, 60);
  EXPECT_NEAR(static_cast<double>(node.left_s()), 600, 30) << "a shard each 10 s";
  node.fill(400, 60, 60);
  EXPECT_FALSE(node.pace.left_ns()) << "it stands still";
}

TEST(FillPace, BeginsAnewWithMoreToFillAndEndsWithNothing) {
  Paced node;
  node.pace.note(node.now_s * kNsPerSecond, 100);
  node.fill(60, 100, 40);
  node.fill(1, 500, 500);
  EXPECT_FALSE(node.pace.left_ns());
  node.fill(20, 500, 480);
  EXPECT_NEAR(static_cast<double>(node.left_s()), 480, 30);
  node.fill(1, 0, 0);
  EXPECT_FALSE(node.pace.left_ns());
}

}  // namespace
}  // namespace wattring::app
