// SPDX-License-Identifier: Apache-2.0
#include "node/app/peer_calls.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace wattring::app {
namespace {

constexpr std::int64_t kLongNs = 20'000'000'000;

NodeId node(std::uint8_t number) {
  NodeId id;
  id.bytes[0] = number;
  return id;
}

/// Two nodes; what one sends the other receives at once, unless the way is cut.
class PeerCallsTest : public testing::Test {
 protected:
  void TearDown() override {
    one_.stop();
    two_.stop();
  }

  std::atomic<bool> cut_{false};
  std::atomic<bool> swallow_{false};
  PeerCalls one_{{}, [this](const NodeId&, std::string query) { return pass(two_, node(1), std::move(query)); }};
  PeerCalls two_{{1, 1, 4}, [this](const NodeId&, std::string query) { return pass(one_, node(2), std::move(query)); }};

 private:
  bool pass(PeerCalls& to, const NodeId& from, std::string query) {
    if (cut_) return false;
    if (!swallow_) to.receive(from, std::move(query));
    return true;
  }
};

TEST_F(PeerCallsTest, BringBackTheAnswerOfTheNodeThatWasAsked) {
  two_.start([](const NodeId& from, std::string_view question) {
    return std::to_string(from.bytes[0]) + " asks " + std::string(question);
  });
  const auto answer = one_.call(node(2), "the time", kLongNs);
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(*answer, "1 asks the time");
}

TEST_F(PeerCallsTest, AreBusyWhenThereIsNoWayToTheNode) {
  cut_ = true;
  const auto answer = one_.call(node(2), "anybody", kLongNs);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::busy);
}

TEST_F(PeerCallsTest, AreBusyWhenNothingComesBackInTime) {
  swallow_ = true;
  const auto answer = one_.call(node(2), "anybody", 1'000'000);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::busy);
}

TEST_F(PeerCallsTest, TakeNoAnswerFromAnybodyElse) {
  const std::string forged = std::string("\x02\0\0\0\0\0\0\0\x01", 9) + "forged";
  two_.start([&](const NodeId&, std::string_view) {
    one_.receive(node(3), std::string(forged));
    return std::string("true");
  });
  const auto answer = one_.call(node(2), "which", kLongNs);
  ASSERT_TRUE(answer);
  EXPECT_EQ(*answer, "true");
}

TEST_F(PeerCallsTest, AreToldThatANodeHasNoTimeForMore) {
  // Nobody answers at the other node yet, and one question waits there already.
  two_.receive(node(1), std::string("\x01\0\0\0\0\0\0\0\x63", 9));
  const auto answer = one_.call(node(2), "one more", kLongNs);
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().message.find("no time"), std::string::npos);
}

TEST_F(PeerCallsTest, EndWhenTheNodeTurnsOutToBeGone) {
  swallow_ = true;
  std::thread caller([&] {
    const auto answer = one_.call(node(2), "anybody", kLongNs);
    EXPECT_FALSE(answer);
  });
  std::atomic<bool> ended{false};
  std::thread herald([&] {
    while (!ended) one_.unreachable(node(2));
  });
  caller.join();
  ended = true;
  herald.join();
}

}  // namespace
}  // namespace wattring::app
