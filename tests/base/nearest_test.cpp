// SPDX-License-Identifier: Apache-2.0
#include "base/nearest.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace wattring {
namespace {

constexpr std::array<std::string_view, 5> kWords{"journal.sync", "listen.http", "listen.peers", "from", "register"};

TEST(Nearest, FindsWhatWasMeant) {
  EXPECT_EQ(nearest("jounal.sync", kWords), "journal.sync");
  EXPECT_EQ(nearest("listen.htp", kWords), "listen.http");
  EXPECT_EQ(nearest("registre", kWords), "register");
  EXPECT_EQ(nearest("form", kWords), "from");
}

TEST(Nearest, SaysNothingWhenNoWordIsNear) {
  EXPECT_EQ(nearest("aggregation", kWords), std::nullopt);
  EXPECT_EQ(nearest("something", kWords), std::nullopt);
  EXPECT_EQ(nearest(std::string(1U << 20U, 'a'), kWords), std::nullopt);
  EXPECT_EQ(nearest("form", {}), std::nullopt);
}

TEST(Nearest, OfEquallyNearWordsTheFirstIsTaken) {
  constexpr std::array<std::string_view, 2> kTwins{"abcx", "abcy"};
  EXPECT_EQ(nearest("abcz", kTwins), "abcx");
}

TEST(EditDistance, CountsChangesInTheFirst128Bytes) {
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance(std::string(1000, 'a'), std::string(1000, 'a')), 0U);
  EXPECT_EQ(edit_distance(std::string(128, 'a') + "b", std::string(128, 'a')), 0U);
}

}  // namespace
}  // namespace wattring
