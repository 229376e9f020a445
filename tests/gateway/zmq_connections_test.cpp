// SPDX-License-Identifier: Apache-2.0
#include "node/gateway/zmq_connections.hpp"

#include <gtest/gtest.h>

namespace wattring::gateway {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST(ZmqConnections, PingsAPeerThatWasSilentForTenSecondsAndThenLessAndLessOften) {
  ZmqConnections connections(4);
  connections.add("a", 0);
  EXPECT_TRUE(connections.take_due_pings(9 * kSecond, false).empty());
  EXPECT_EQ(connections.take_due_pings(10 * kSecond, false), std::vector<std::string>{"a"});
  EXPECT_TRUE(connections.take_due_pings(29 * kSecond, false).empty());
  EXPECT_EQ(connections.take_due_pings(30 * kSecond, false).size(), 1U);
  EXPECT_TRUE(connections.take_due_pings(69 * kSecond, false).empty());
  EXPECT_EQ(connections.take_due_pings(70 * kSecond, false).size(), 1U);
}

TEST(ZmqConnections, SendsFewPingsToAPeerThatAnswersNone) {
  ZmqConnections connections(4);
  connections.add("a", 0);
  std::size_t pings = 0;
  for (int i = 0; i < 100; ++i) pings += connections.take_due_pings(i * kSecond, true).size();
  EXPECT_EQ(pings, ZmqConnections::kUnansweredPingsMax);
  ZmqConnections::seen(*connections.find("a"), 100 * kSecond);
  EXPECT_EQ(connections.take_due_pings(101 * kSecond, true).size(), 1U);
}

TEST(ZmqConnections, AfterAFrameWasSeenTheSilenceBeginsAnew) {
  ZmqConnections connections(4);
  connections.add("a", 0);
  ZmqConnections::seen(*connections.find("a"), 8 * kSecond);
  EXPECT_TRUE(connections.take_due_pings(17 * kSecond, false).empty());
  EXPECT_FALSE(connections.take_due_pings(18 * kSecond, false).empty());
}

TEST(ZmqConnections, ForgetsTheLongestSilentPeerOnlyAfterTwoMinutesAndAPing) {
  ZmqConnections connections(2);
  connections.add("old", 0);
  connections.add("new", 100 * kSecond);
  EXPECT_TRUE(connections.full());
  EXPECT_FALSE(connections.forget_silent(150 * kSecond));
  (void)connections.take_due_pings(50 * kSecond, false);
  EXPECT_FALSE(connections.forget_silent(119 * kSecond));
  EXPECT_TRUE(connections.forget_silent(150 * kSecond));
  EXPECT_EQ(connections.find("old"), nullptr);
  EXPECT_NE(connections.find("new"), nullptr);
}

TEST(ZmqConnections, TellsTwoConnectionsOfOneIdentityApart) {
  ZmqConnections connections(2);
  const std::uint64_t first = connections.add("a", 0).serial;
  connections.remove("a");
  EXPECT_EQ(connections.find("a"), nullptr);
  EXPECT_NE(connections.add("a", 0).serial, first);
}

}  // namespace
}  // namespace wattring::gateway
