// SPDX-License-Identifier: Apache-2.0
#include "cluster/membership_turns.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/cluster/membership_fakes.hpp"

namespace wattring::cluster {
namespace {

using test::from;
using test::id_of;
using test::record_of;

RecordPtr shared(Record record) {
  return std::make_shared<const Record>(std::move(record));
}

class Turns : public testing::Test {
 protected:
  void begin(std::vector<std::string> seeds = {}) {
    MembershipListener listener;
    listener.on_view = [this](std::shared_ptr<const View> view) { views_.push_back(std::move(view)); };
    listener.on_event = [this](const MemberEvent& event) { events_.push_back(event.kind); };
    listener.on_stop = [this](RejectReason reason, const std::string&) { stopped_for_ = reason; };
    listener.on_left = [this] { left_ = true; };
    listener.on_peers = [this](std::vector<std::string> peers) { peers_.push_back(std::move(peers)); };
    turns_.emplace(MembershipTurns::Doors{transport_, store_, clock_, counters_, *log_}, swim_, std::move(listener));
    turns_->start(std::move(seeds));
  }
  void turns_for(std::int64_t duration_ns) {
    for (const std::int64_t until = clock_.now_ns + duration_ns; clock_.now_ns < until;) turns_->turn();
  }
  void arrive(Input input) { transport_.arriving.push_back({std::move(input)}); }
  void meet(std::uint8_t number) { arrive(from(record_of(number), Gossip{{News{shared(record_of(number)), {}, 0}}})); }
  /// Answers the pings of the last turns.
  void answer() {
    for (; answered_ < transport_.sent.size(); ++answered_) {
      const auto& [to, message] = transport_.sent[answered_];
      const auto* ping = std::get_if<Ping>(&message.body);
      if (ping != nullptr && to == Route::to(record_of(2).endpoints.membership))
        arrive(from(record_of(2), Ack{ping->sequence, {}}));
    }
  }
  void join(std::uint8_t number) { arrive(from(record_of(number), JoinReq{shared(record_of(number)), false})); }
  [[nodiscard]] std::optional<std::uint32_t> last_ping() const {
    for (auto at = transport_.sent.rbegin(); at != transport_.sent.rend(); ++at)
      if (const auto* ping = std::get_if<Ping>(&at->second.body)) return ping->sequence;
    return std::nullopt;
  }
  [[nodiscard]] std::size_t position(const std::string& deed) const {
    return static_cast<std::size_t>(std::ranges::find(deeds_, deed) - deeds_.begin());
  }

  test::ManualClock clock_;
  test::Deeds deeds_;
  test::ScriptedTransport transport_{clock_, deeds_};
  test::ScriptedStore store_{deeds_};
  Metrics metrics_;
  MembershipCounters counters_{metrics_};
  std::shared_ptr<Log> log_ = Log::silent();
  Swim swim_{Settings{}, Swim::Self{test::plant(), record_of(1), "{}"}, Catalog{}, Prng(1)};
  std::optional<MembershipTurns> turns_;
  std::size_t answered_ = 0;

  std::vector<std::shared_ptr<const View>> views_;
  std::vector<EventKind> events_;
  std::optional<RejectReason> stopped_for_;
  bool left_ = false;
  std::vector<std::vector<std::string>> peers_;
};

TEST_F(Turns, ASeedIsAskedAndAJoinerIsLetIn) {
  begin({"10.0.0.9:7411"});
  turns_for(3 * kNsPerSecond);
  EXPECT_NE(position("send join_req"), deeds_.size());
  join(2);
  turns_->turn();
  EXPECT_EQ(events_, std::vector<EventKind>{EventKind::joined});
  EXPECT_NE(position("send join_ack"), deeds_.size());
}

TEST_F(Turns, AnAnswerThatIsThereCountsBeforeAnyTimerFires) {
  begin();
  join(2);
  turns_->turn();
  while (!last_ping()) turns_->turn();
  const std::size_t failed_before = swim_.stats().probes_failed;
  // The process was away for longer than a probe may take; the answer is behind other messages.
  clock_.now_ns += 550 * kNsPerMs;
  for (std::uint8_t number = 10; number < 20; ++number) join(number);
  arrive(from(record_of(2), Ack{*last_ping(), {}}));
  turns_->turn();
  EXPECT_TRUE(transport_.arriving.empty());
  EXPECT_EQ(swim_.stats().probes_failed, failed_before);
}

TEST_F(Turns, AFloodDoesNotKeepTheClockFromTicking) {
  begin();
  for (int i = 0; i < 1000; ++i) join(2);
  clock_.now_ns += kNsPerSecond;
  turns_->turn();
  EXPECT_FALSE(transport_.arriving.empty());
}

TEST_F(Turns, AfterAPauseTheNetworkGetsAMomentToHandOverWhatCameMeanwhile) {
  begin();
  turns_->turn();
  transport_.waits_ns.clear();
  join(2);
  clock_.now_ns += 3 * kNsPerSecond;
  turns_->turn();
  EXPECT_NE(std::ranges::find(transport_.waits_ns, MembershipTurns::kSettleNs), transport_.waits_ns.end());
}

TEST_F(Turns, AnEpochIsKeptBeforeItIsSpokenOf) {
  begin({"10.0.0.2:7411"});
  turns_for(2 * kNsPerSecond);
  deeds_.clear();
  arrive(from(record_of(2), JoinAck{test::plant(), shared(record_of(2)), 700, {}}, swim_.self().life.nonce));
  turns_for(2 * kNsPerSecond);
  ASSERT_NE(position("send join_req"), deeds_.size());
  EXPECT_LT(position("epoch 701"), position("send join_req"));
}

TEST_F(Turns, WhoMustStopSaysNothingMore) {
  begin({"10.0.0.2:7411"});
  arrive(from(record_of(2), Reject{RejectReason::duplicate_id, "held by n7", {}}, swim_.self().life.nonce));
  turns_->turn();
  ASSERT_EQ(stopped_for_, RejectReason::duplicate_id);
  EXPECT_TRUE(turns_->stopped());
  deeds_.clear();
  join(3);
  turns_for(5 * kNsPerSecond);
  EXPECT_EQ(deeds_, test::Deeds{});
}

TEST_F(Turns, ViewsAreShownAtIntervalsAndTheLastOneIsNotForgotten) {
  begin();
  turns_for(kNsPerSecond);
  views_.clear();
  const std::int64_t began_ns = clock_.now_ns;
  for (std::uint8_t number = 2; number < 100; ++number) {
    meet(number);
    turns_->turn();
    clock_.now_ns += 2 * kNsPerMs;
  }
  turns_for(100 * kNsPerMs);
  const auto at_most = static_cast<std::size_t>((clock_.now_ns - began_ns) / MembershipTurns::kViewEveryNs + 1);
  EXPECT_LE(views_.size(), at_most);
  ASSERT_FALSE(views_.empty());
  EXPECT_EQ(views_.back()->members.size(), 99U);
}

TEST_F(Turns, GarbageBansItsConnectionAndNoOther) {
  begin();
  for (std::size_t i = 0; i < PeerGuard::kOffencesMax; ++i)
    arrive(input::Received{Route::back(2), std::string(60, '\x57')});
  turns_->turn();
  join(2);
  join(3);
  turns_->turn();
  EXPECT_EQ(swim_.record_of(id_of(2)), nullptr);
  EXPECT_NE(swim_.record_of(id_of(3)), nullptr);
  EXPECT_NE(metrics_.prometheus_text().find("wattring_membership_turned_away_total 1"), std::string::npos);
}

TEST_F(Turns, PeersAreKeptWhenTheyChangeAndNotTooOften) {
  begin();
  meet(2);
  const auto live_for = [&](std::int64_t duration_ns) {
    for (const std::int64_t until = clock_.now_ns + duration_ns; clock_.now_ns < until; answer()) turns_->turn();
  };
  live_for(2 * kNsPerSecond);  // a node that dies young remembers too
  ASSERT_EQ(peers_.size(), 1U);
  EXPECT_EQ(peers_[0], std::vector<std::string>{"10.0.0.2:7411"});
  live_for(30 * kNsPerSecond);
  EXPECT_EQ(peers_.size(), 1U);
  meet(3);
  live_for(5 * kNsPerSecond);
  meet(4);
  live_for(15 * kNsPerSecond);
  EXPECT_LE(peers_.size(), 3U);
  EXPECT_EQ(peers_.back().size(), 3U);
}

TEST_F(Turns, WhoLeavesAloneHasLeftAtOnce) {
  begin();
  turns_->command([](Swim& swim, std::int64_t now_ns, Effects& out) { swim.leave(now_ns, out); });
  turns_for(kNsPerSecond);
  EXPECT_TRUE(left_);
}

TEST_F(Turns, WhoLeavesWaitsForAnAnswerButNotForEver) {
  begin();
  join(2);
  turns_->turn();
  turns_->command([](Swim& swim, std::int64_t now_ns, Effects& out) { swim.leave(now_ns, out); });
  EXPECT_FALSE(left_);
  EXPECT_NE(position("send leave"), deeds_.size());
  arrive(from(record_of(2), LeaveAck{}));
  turns_->turn();
  turns_->turn();
  EXPECT_TRUE(left_);
}

}  // namespace
}  // namespace wattring::cluster
