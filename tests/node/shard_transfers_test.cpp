// SPDX-License-Identifier: Apache-2.0
#include "node/app/shard_transfers.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "node/app/transfer_message.hpp"

namespace wattring::app {
namespace {

constexpr ShardId kShard{5};
constexpr std::int64_t kPatienceNs = 30 * kNsPerSecond;

NodeId peer() {
  NodeId id;
  id.bytes.fill(7);
  return id;
}

class Transfers : public ::testing::Test {
 protected:
  ShardTransfers::Doors doors() {
    ShardTransfers::Doors doors;
    doors.send = [this](const NodeId&, const std::string& bytes) {
      sent.push_back(parse_transfer_message(bytes).value());
      sent.back().bytes = {};
      return true;
    };
    doors.open = [this](ShardId, ShardTransfers::Snapshot) {
      ++opened;
      return true;
    };
    doors.check = [this](ShardId, std::string part, ShardTransfers::Checked done) {
      answer = [part = std::move(part), done = std::move(done)](const Result<void>& sound) { done(part, sound); };
      return !stopping;
    };
    doors.keep = [this](const sharding::PackPtr&, const std::function<void(bool)>&) { ++kept; };
    doors.abandon = [](ShardId) {};
    doors.fetched = [this](ShardId, const std::optional<sharding::Coverage>&) { ++ended; };
    return doors;
  }
  void say(std::int64_t now_ns, TransferMessage::Kind kind) {
    transfers.receive(now_ns, peer(), encode(TransferMessage{kind, sent.front().number, kShard, 1}));
  }

  std::vector<TransferMessage> sent;
  std::function<void(const Result<void>&)> answer;
  bool stopping = false;
  int opened = 0;
  int kept = 0;
  int ended = 0;
  sharding::ShardKey key{{}, 64};
  Metrics metrics;
  ShardTransfers transfers{{}, key, doors(), metrics, Log::silent(), Prng(1)};
};

TEST_F(Transfers, AreGivenUpWhenTheOtherNodeSaysNothing) {
  transfers.fetch(0, kShard, peer());
  transfers.tick(kPatienceNs - 1);
  EXPECT_EQ(ended, 0);
  transfers.tick(kPatienceNs);
  EXPECT_EQ(ended, 1);
}

TEST_F(Transfers, AreNotGivenUpWhileTheOtherNodeMaySendNoFaster) {
  transfers.fetch(0, kShard, peer());
  say(kPatienceNs - 1, TransferMessage::Kind::wait);
  transfers.tick(2 * kPatienceNs - 2);
  EXPECT_EQ(ended, 0);
  transfers.tick(2 * kPatienceNs - 1);
  EXPECT_EQ(ended, 1);
}

TEST_F(Transfers, KeepAPartThatIsSound) {
  transfers.fetch(0, kShard, peer());
  say(0, TransferMessage::Kind::part);
  EXPECT_EQ(kept, 0);
  answer({});
  EXPECT_EQ(kept, 1);
  EXPECT_EQ(ended, 0);
}

TEST_F(Transfers, AreGivenUpForAPartThatIsNot) {
  transfers.fetch(0, kShard, peer());
  say(0, TransferMessage::Kind::part);
  answer(fail(ErrorCode::corrupt, "no part"));
  EXPECT_EQ(kept, 0);
  EXPECT_EQ(ended, 1);
  answer({});  // of one that is over
  EXPECT_EQ(kept, 0);
}

TEST_F(Transfers, AreGivenUpWhenNobodyLooksAtAPart) {
  stopping = true;
  transfers.fetch(0, kShard, peer());
  say(0, TransferMessage::Kind::part);
  EXPECT_EQ(ended, 1);
}

TEST_F(Transfers, SayWhatCameOfWhichShardAndFromWhom) {
  EXPECT_TRUE(transfers.arriving().empty());
  transfers.fetch(kNsPerSecond, kShard, peer());
  ASSERT_EQ(transfers.arriving().size(), 1U);
  EXPECT_EQ(transfers.arriving().front().bytes, 0U);
  meter::TransferPartWriter writer;
  writer.add({persistence::Table::alert, "a1", std::string(1000, 'x')});
  const std::string part = writer.finish();
  const auto bring = [&] {
    transfers.receive(2 * kNsPerSecond, peer(),
                      encode(TransferMessage{TransferMessage::Kind::part, sent.front().number, kShard, 1, part}));
  };
  bring();
  const auto arriving = transfers.arriving();
  ASSERT_EQ(arriving.size(), 1U);
  EXPECT_EQ(arriving.front().shard, kShard);
  EXPECT_EQ(arriving.front().from, peer());
  EXPECT_EQ(arriving.front().bytes, part.size());
  EXPECT_EQ(arriving.front().since_ns, kNsPerSecond);
  bring();
  EXPECT_EQ(transfers.arriving().front().bytes, part.size()) << "it came twice, and counts once";
  EXPECT_EQ(metrics.total("wattring_transfer_bytes_total", "in"), part.size());
}

TEST_F(Transfers, CountAPartOfFewBytesAsTheCommitThatItCosts) {
  constexpr std::uint64_t kRate = 64U << 10U;
  EXPECT_EQ(ShardTransfers::pause_ns(64U << 10U, kRate), kNsPerSecond);
  EXPECT_EQ(ShardTransfers::pause_ns(ShardTransfers::kCommitBytes, kRate), kNsPerSecond / 4);
  EXPECT_EQ(ShardTransfers::pause_ns(1, kRate), kNsPerSecond / 4);
}

TEST_F(Transfers, TellWhoAsksAgainThatThePartWillCome) {
  const std::string want = encode(TransferMessage{TransferMessage::Kind::want, 1, kShard, 1});
  transfers.receive(0, peer(), want);
  EXPECT_EQ(opened, 1);
  EXPECT_TRUE(sent.empty());
  transfers.receive(kNsPerSecond, peer(), want);
  EXPECT_EQ(opened, 1);
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent.front().kind, TransferMessage::Kind::wait);
  EXPECT_EQ(sent.front().part, 1U);
}

}  // namespace
}  // namespace wattring::app
