// SPDX-License-Identifier: Apache-2.0
#include "node/sim/hedging_sender.hpp"

#include <gtest/gtest.h>

#include <map>
#include <mutex>

namespace wattring::sim {
namespace {

// A node whose behaviour the tests choose. Any thread.
struct FakeNode {
  enum class Act { store, busy, silent, unknown, lose };
  std::atomic<Act> act{Act::store};
  std::atomic<bool> reachable{true};
  std::mutex mutex;
  std::map<std::uint64_t, std::vector<Reading>> seen;  ///< guarded by mutex

  std::size_t sendings() {
    const std::lock_guard lock(mutex);
    return seen.size();
  }
};

class FakeSender final : public Sender {
 public:
  explicit FakeSender(FakeNode& node) : node_(node) {}
  std::uint32_t credit() const override { return 8; }
  Result<void> send(std::uint64_t ticket, std::span<const Reading> readings) override {
    {
      const std::lock_guard lock(node_.mutex);
      node_.seen[ticket] = {readings.begin(), readings.end()};
    }
    SendReply reply;
    reply.ticket = ticket;
    switch (node_.act.load()) {
      case FakeNode::Act::store:
        reply.promise.ack_class = "DURABLE";
        break;
      case FakeNode::Act::busy:
        reply.kind = SendReply::Kind::busy;
        break;
      case FakeNode::Act::unknown:
        reply.unknown = readings.size();
        break;
      case FakeNode::Act::lose:
        reply.kind = SendReply::Kind::lost;
        break;
      case FakeNode::Act::silent:
        return {};
    }
    replies_.push_back(std::move(reply));
    return {};
  }
  std::vector<SendReply> receive(std::int64_t) override { return std::exchange(replies_, {}); }

 private:
  FakeNode& node_;
  std::vector<SendReply> replies_;
};

class HedgingSenderTest : public testing::Test {
 protected:
  std::array<FakeNode, 3> nodes;
  std::atomic<std::uint64_t> hedged{0};
  SystemClock clock;
  std::unique_ptr<Sender> sender;
  const std::vector<Reading> readings = {{1000, 5, 1, kPower}, {2000, 6, 1, kPower}};

  /// A thread of a node that answers gets a processor sooner than after the time for a silent one.
  void make(HedgeOptions options = {.hedge_ms = 400, .reply_timeout_ms = 60'000}) {
    std::vector<HedgeLine> lines;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      FakeNode& node = nodes[i];
      lines.push_back({"n" + std::to_string(i + 1), [&node]() -> Result<std::unique_ptr<Sender>> {
                         if (!node.reachable) return fail(ErrorCode::io, "connection refused");
                         return std::make_unique<FakeSender>(node);
                       }});
    }
    sender = make_hedging_sender(options, std::move(lines), clock, hedged);
  }
  SendReply reply_to(std::uint64_t ticket) {
    EXPECT_TRUE(sender->send(ticket, readings));
    for (int i = 0; i < 5000; ++i) {
      for (SendReply& reply : sender->receive(10)) {
        if (reply.ticket == ticket) return std::move(reply);
      }
    }
    ADD_FAILURE() << "no reply";
    return {};
  }
};

TEST_F(HedgingSenderTest, ThePreferredNodeAloneIsAskedWhenItAnswers) {
  make({.first = 1, .hedge_ms = 60'000});
  const SendReply reply = reply_to(1);
  EXPECT_EQ(reply.kind, SendReply::Kind::answered);
  EXPECT_EQ(reply.promise.node, "n2");
  EXPECT_EQ(reply.promise.ack_class, "DURABLE");
  EXPECT_EQ(nodes[1].sendings(), 1U);
  EXPECT_EQ(nodes[0].sendings() + nodes[2].sendings(), 0U);
  EXPECT_EQ(hedged.load(), 0U);
}

TEST_F(HedgingSenderTest, ASilentNodeIsPassedOverWithTheSameReadings) {
  nodes[0].act = FakeNode::Act::silent;
  make();
  EXPECT_EQ(reply_to(1).promise.node, "n2");
  EXPECT_EQ(hedged.load(), 1U);
  const std::lock_guard lock(nodes[1].mutex);
  EXPECT_EQ(nodes[1].seen[1], readings);
}

TEST_F(HedgingSenderTest, ANodeThatWasSlowIsNotPreferredAtOnce) {
  nodes[0].act = FakeNode::Act::silent;
  make();
  EXPECT_EQ(reply_to(1).promise.node, "n2");
  EXPECT_EQ(reply_to(2).promise.node, "n2");
  EXPECT_EQ(nodes[0].sendings(), 1U);
}

TEST_F(HedgingSenderTest, ANodeThatIsGoneBusyOrInDoubtIsPassedOverAtOnce) {
  for (const auto act : {FakeNode::Act::busy, FakeNode::Act::unknown, FakeNode::Act::lose}) {
    nodes[0].act = act;
    nodes[1].reachable = false;
    make({.hedge_ms = 60'000});
    EXPECT_EQ(reply_to(1).promise.node, "n3");
    sender.reset();
  }
}

TEST_F(HedgingSenderTest, WhenAllTurnItAwayItIsBusy) {
  for (FakeNode& node : nodes) node.act = FakeNode::Act::busy;
  make();
  const SendReply reply = reply_to(1);
  EXPECT_EQ(reply.kind, SendReply::Kind::busy);
  EXPECT_GT(reply.retry_after_ms, 0);
}

TEST_F(HedgingSenderTest, WhenAllFailAndOneMayHaveStoredItItIsUnknown) {
  nodes[0].reachable = false;
  nodes[1].act = FakeNode::Act::unknown;
  nodes[2].act = FakeNode::Act::busy;
  make();
  const SendReply reply = reply_to(1);
  EXPECT_EQ(reply.kind, SendReply::Kind::answered);
  EXPECT_EQ(reply.unknown, readings.size());
}

TEST_F(HedgingSenderTest, WhenAllAreSilentItIsUnknownInTime) {
  for (FakeNode& node : nodes) node.act = FakeNode::Act::silent;
  make({.hedge_ms = 5, .reply_timeout_ms = 50});
  EXPECT_EQ(reply_to(1).unknown, readings.size());
}

TEST_F(HedgingSenderTest, WhereSomeSayNoTheSilentAreNotWaitedFor) {
  nodes[0].act = FakeNode::Act::silent;
  nodes[1].act = FakeNode::Act::busy;
  nodes[2].act = FakeNode::Act::busy;
  make({.hedge_ms = 5, .reply_timeout_ms = 600'000});
  EXPECT_EQ(reply_to(1).unknown, readings.size());
}

TEST_F(HedgingSenderTest, NoMoreThanTheWindowIsUnderWay) {
  for (FakeNode& node : nodes) node.act = FakeNode::Act::silent;
  make({.window = 2, .hedge_ms = 60'000, .reply_timeout_ms = 60'000});
  EXPECT_EQ(sender->credit(), 2U);
  EXPECT_TRUE(sender->send(1, readings));
  EXPECT_TRUE(sender->send(2, readings));
  EXPECT_EQ(sender->credit(), 0U);
}

}  // namespace
}  // namespace wattring::sim
