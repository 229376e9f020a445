// SPDX-License-Identifier: Apache-2.0
#include "node/sim/load_client.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "node/sim/ledger_index.hpp"

namespace wattring::sim {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kNow = 1'750'000'000'000;

class FakeClock final : public Clock {
 public:
  std::int64_t ns = 1;
  std::int64_t wall_ms() const override { return kNow + ns / kMs; }
  std::int64_t monotonic_ns() const override { return ns; }
};

// A node whose behaviour the tests choose for each sending; it answers after 1 ms.
struct FakeNode {
  enum class Act { store, busy, silent, refuse_send, half_unknown, refuse_first };
  std::function<Act(std::uint64_t sending)> act = [](std::uint64_t) { return Act::store; };
  std::uint32_t credit = 4;
  bool reachable = true;
  std::uint64_t sendings = 0;
  std::uint64_t connections = 0;
  std::uint64_t stored = 0;
  std::map<std::uint64_t, std::vector<Reading>> seen;  ///< by ticket
};

class FakeSender final : public Sender {
 public:
  FakeSender(FakeNode& node, FakeClock& clock) : node_(node), clock_(clock) {}
  std::uint32_t credit() const override { return node_.credit - static_cast<std::uint32_t>(open_.size()); }
  Result<void> send(std::uint64_t ticket, std::span<const Reading> readings) override {
    const FakeNode::Act act = node_.act(node_.sendings++);
    if (act == FakeNode::Act::refuse_send) return fail(ErrorCode::io, "broken pipe");
    node_.seen[ticket].assign(readings.begin(), readings.end());
    open_.push_back({ticket, readings.size(), act});
    return {};
  }
  std::vector<SendReply> receive(std::int64_t timeout_ms) override {
    clock_.ns += open_.empty() ? std::max<std::int64_t>(timeout_ms, 1) * kMs : kMs;
    std::vector<SendReply> replies;
    std::vector<Open> still;
    for (const Open& open : open_) {
      if (open.act == FakeNode::Act::silent) {
        still.push_back(open);
      } else {
        replies.push_back(answer(open));
      }
    }
    if (replies.empty()) clock_.ns += timeout_ms * kMs;
    open_ = still;
    return replies;
  }

 private:
  struct Open {
    std::uint64_t ticket;
    std::size_t readings;
    FakeNode::Act act;
  };
  SendReply answer(const Open& open) {
    SendReply reply;
    reply.ticket = open.ticket;
    if (open.act == FakeNode::Act::busy) {
      reply.kind = SendReply::Kind::busy;
      reply.retry_after_ms = 50;
      return reply;
    }
    if (open.act == FakeNode::Act::half_unknown) reply.unknown = open.readings / 2;
    if (open.act == FakeNode::Act::refuse_first) {
      reply.refused = 1;
      reply.listed = {{0, 1, "OUT_OF_RANGE"}};
    }
    node_.stored += open.readings - reply.unknown - reply.refused;
    return reply;
  }
  FakeNode& node_;
  FakeClock& clock_;
  std::vector<Open> open_;
};

class LoadClientTest : public ::testing::Test {
 protected:
  LoadClientTest() {
    fleet.meters = 10;
    fleet.start_ms = kNow - 365 * kMsPerDay;
    plan.batch = 100;
    plan.readings_max = 2000;
    plan.reply_timeout_ms = 1000;
    plan.patience_ms = 5000;
  }
  LoadResult run(LedgerWriter* ledger = nullptr) {
    const Connect connect = [this]() -> Result<std::unique_ptr<Sender>> {
      if (!node.reachable) {
        clock.ns += kMs;
        return fail(ErrorCode::io, "connection refused");
      }
      ++node.connections;
      return std::make_unique<FakeSender>(node, clock);
    };
    LoadClient client(
        plan, Fleet(fleet, 0, fleet.meters), connect, clock, [this](std::int64_t ns) { clock.ns += ns; }, ledger,
        shared);
    auto result = client.run();
    EXPECT_TRUE(result) << result.error().text();
    return std::move(*result);
  }
  std::uint64_t sum() const { return shared.acked + shared.refused + shared.unknown; }

  FakeClock clock;
  FakeNode node;
  FleetOptions fleet;
  LoadPlan plan;
  LoadShared shared;
};

TEST_F(LoadClientTest, SendsWhatWasAskedForAndBooksIt) {
  const LoadResult result = run();
  EXPECT_EQ(shared.sent, 2000U);
  EXPECT_EQ(shared.acked, 2000U);
  EXPECT_EQ(node.stored, 2000U);
  EXPECT_EQ(result.latency.count(), 20U);
  EXPECT_FALSE(result.gave_up);
}

TEST_F(LoadClientTest, WaitsAndSendsTheSameBatchAgainWhenItWasTurnedAway) {
  node.act = [](std::uint64_t sending) { return sending < 3 ? FakeNode::Act::busy : FakeNode::Act::store; };
  plan.in_flight = 1;
  run();
  EXPECT_EQ(shared.busy, 3U);
  EXPECT_EQ(shared.resent, 3U);
  EXPECT_EQ(shared.acked, 2000U);
  EXPECT_EQ(node.seen.size(), 20U);
  EXPECT_GE(clock.ns, 150 * kMs);
}

TEST_F(LoadClientTest, ReconnectsAndResendsWhatGotNoReply) {
  node.act = [](std::uint64_t sending) { return sending == 2 ? FakeNode::Act::silent : FakeNode::Act::store; };
  run();
  EXPECT_EQ(node.connections, 2U);
  EXPECT_EQ(shared.acked, 2000U);
  EXPECT_EQ(shared.unknown, 0U);
  EXPECT_GE(shared.resent, 1U);
}

TEST_F(LoadClientTest, LeavesUnknownWhatGotNoReplyWhenToldNotToResend) {
  node.act = [](std::uint64_t sending) { return sending == 2 ? FakeNode::Act::silent : FakeNode::Act::store; };
  plan.resend = false;
  plan.in_flight = 1;
  run();
  EXPECT_EQ(shared.unknown, 100U);
  EXPECT_EQ(sum(), 2000U);
}

TEST_F(LoadClientTest, ResendsABatchOfWhichPartIsUnknown) {
  node.act = [](std::uint64_t sending) { return sending == 0 ? FakeNode::Act::half_unknown : FakeNode::Act::store; };
  run();
  EXPECT_EQ(shared.acked, 2000U);
  EXPECT_EQ(shared.resent, 1U);
}

TEST_F(LoadClientTest, SendsABatchAgainThatCouldNotBeSent) {
  node.act = [](std::uint64_t sending) { return sending == 1 ? FakeNode::Act::refuse_send : FakeNode::Act::store; };
  run();
  EXPECT_EQ(shared.acked, 2000U);
  EXPECT_EQ(node.connections, 2U);
}

TEST_F(LoadClientTest, GivesUpWhenNoNodeAnswersForTheLengthOfItsPatience) {
  node.reachable = false;
  const LoadResult result = run();
  EXPECT_TRUE(result.gave_up);
  EXPECT_EQ(result.trouble, "connection refused");
  EXPECT_GE(clock.ns, plan.patience_ms * kMs);
  EXPECT_LT(clock.ns, 2 * plan.patience_ms * kMs);
}

TEST_F(LoadClientTest, ConnectionsWithoutRepliesDoNotRenewItsPatience) {
  node.act = [](std::uint64_t) { return FakeNode::Act::silent; };
  const LoadResult result = run();
  EXPECT_TRUE(result.gave_up);
  EXPECT_EQ(shared.acked, 0U);
  EXPECT_EQ(shared.unknown, shared.sent);
  EXPECT_LT(clock.ns, 3 * plan.patience_ms * kMs);
}

TEST_F(LoadClientTest, OpenLoopCountsLatencyFromTheDueTime) {
  // 100 readings due each 10 ms. The node stalls for 1 s once: the batches that were due then waited, and say so.
  plan.rate = 10'000;
  plan.readings_max = 20'000;
  plan.in_flight = 1;
  node.act = [this](std::uint64_t sending) {
    if (sending == 50) clock.ns += 1000 * kMs;
    return FakeNode::Act::store;
  };
  const LoadResult result = run();
  EXPECT_EQ(shared.acked, 20'000U);
  EXPECT_GT(result.latency.quantile_ns(0.7), 100 * kMs);
  EXPECT_LT(result.latency.quantile_ns(0.1), 5 * kMs);
  EXPECT_GE(clock.ns, 1990 * kMs);
}

TEST_F(LoadClientTest, EndsByItselfWhenEventTimeReachesThePresent) {
  fleet.start_ms = kNow - 10 * fleet.every_ms;
  plan.readings_max = 0;
  plan.duration_ns = 3'600'000 * kMs;
  const LoadResult result = run();
  EXPECT_TRUE(result.reached_horizon);
  EXPECT_EQ(shared.acked, 200U);
  for (const auto& [ticket, readings] : node.seen) {
    for (const Reading& reading : readings) EXPECT_LT(reading.time_ms, clock.wall_ms());
  }
}

TEST_F(LoadClientTest, StopsAtOnceWhenToldTo) {
  plan.readings_max = 0;
  plan.duration_ns = 3'600'000 * kMs;
  node.act = [this](std::uint64_t sending) {
    if (sending == 5) shared.stop = true;
    return FakeNode::Act::store;
  };
  run();
  EXPECT_EQ(sum(), shared.sent);
  EXPECT_LE(shared.sent, 1000U);
}

TEST_F(LoadClientTest, DeliversTheDelayedReadingsBeforeItEnds) {
  fleet.faults.late = 0.3;
  run();
  EXPECT_EQ(shared.acked, 2000U);
  EXPECT_EQ(sum(), shared.sent);
}

TEST_F(LoadClientTest, WritesALedgerThatSaysWhatBecameOfEachReading) {
  std::string directory = (std::filesystem::temp_directory_path() / "wattring-load-XXXXXX").string();
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  const std::string path = directory + "/ledger.bin";
  node.act = [](std::uint64_t sending) {
    if (sending == 1) return FakeNode::Act::refuse_first;
    return sending == 3 ? FakeNode::Act::silent : FakeNode::Act::store;
  };
  plan.resend = false;
  plan.in_flight = 1;
  {
    LedgerHeader header;
    header.meters = fleet.meters;
    header.prefix = "M-";
    auto ledger = LedgerWriter::create(path, header, kFleetRegisters);
    ASSERT_TRUE(ledger);
    run(ledger->get());
  }
  const auto index = LedgerIndex::load(path);
  ASSERT_TRUE(index) << index.error().text();
  EXPECT_EQ(index->readings(), 2000U);
  const auto readings = index->load_readings({0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  ASSERT_TRUE(readings);
  std::map<SentStatus, std::size_t> count;
  for (const auto& meter : *readings) {
    for (const SentReading& reading : meter) ++count[reading.status];
  }
  EXPECT_EQ(count[SentStatus::acked], 1899U);
  EXPECT_EQ(count[SentStatus::refused], 1U);
  EXPECT_EQ(count[SentStatus::unknown], 100U);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace wattring::sim
