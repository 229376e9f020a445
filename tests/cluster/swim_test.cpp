// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "cluster/suspicion.hpp"
#include "cluster/swim.hpp"
#include "tests/cluster/sample_members.hpp"

/// One node, seen from outside: what it answers to single messages. Whole clusters are in tests/simulation.

namespace wattring::cluster {
namespace {

using test::id_of;
using test::record_of;
using test::shared;

class OneNode : public testing::Test {
 protected:
  OneNode() {
    object_.name = "plant";
    swim_.emplace(Settings{}, Swim::Self{object_, record_of(1), {}}, Catalog{}, Prng(1));
    swim_->start(now_, {}, effects_);
  }

  /// From a member, or from whoever else; the effects of the turn.
  Effects& hear(const Record& from, Body body, std::uint64_t destination_nonce = 0) {
    effects_.clear();
    Message message;
    message.header.cluster = cluster_hash(object_.id, object_.name);
    message.header.source = from.id;
    message.header.source_nonce = from.life.nonce;
    message.header.destination_nonce = destination_nonce;
    message.header.view_hash = swim_->view_hash();
    message.body = std::move(body);
    swim_->handle(now_, Route::back(from.id.bytes[0]), message, effects_);
    return effects_;
  }

  void meet(const Record& record) { hear(record, Gossip{{News{shared(record), {}, 0}}}); }

  void pass(std::int64_t duration_ns) {
    effects_.clear();
    for (const std::int64_t until = now_ + duration_ns; now_ < until;) {
      now_ = std::min(until, swim_->next_deadline_ns());
      swim_->tick(now_, effects_);
    }
  }

  template <class T>
  std::vector<T> sent() const {
    std::vector<T> found;
    for (const Effect& effect : effects_)
      if (const auto* send = std::get_if<effect::Send>(&effect))
        if (const auto* body = std::get_if<T>(&send->message.body)) found.push_back(*body);
    return found;
  }

  std::vector<EventKind> events() const {
    std::vector<EventKind> kinds;
    for (const Effect& effect : effects_)
      if (const auto* event = std::get_if<MemberEvent>(&effect)) kinds.push_back(event->kind);
    return kinds;
  }

  /// So that refusals may be answers.
  void ask_a_seed() { swim_->add_seeds(now_, {"10.0.0.9:7411"}, effects_); }
  const effect::Stop* stop() const {
    for (const Effect& effect : effects_)
      if (const auto* found = std::get_if<effect::Stop>(&effect)) return found;
    return nullptr;
  }

  bool happened(EventKind kind) const { return std::ranges::count(events(), kind) != 0; }

  ClusterObject object_;
  std::int64_t now_ = kNsPerSecond;
  Effects effects_;
  std::optional<Swim> swim_;
};

TEST_F(OneNode, AnswersAPingWhereItCameFrom) {
  hear(record_of(2), Ping{7, {}});
  ASSERT_EQ(sent<Ack>().size(), 1U);
  EXPECT_EQ(sent<Ack>()[0].sequence, 7U);
}

TEST_F(OneNode, IgnoresWhatIsMeantForAFormerHolderOfItsAddress) {
  hear(record_of(2), Ping{7, {}}, 4711);
  EXPECT_TRUE(sent<Ack>().empty());
  EXPECT_EQ(swim_->stats().ignored_other_life, 1U);
}

TEST_F(OneNode, LetsAJoinerInAndTellsItWhoIsThere) {
  meet(record_of(3));
  hear(record_of(2), JoinReq{shared(record_of(2)), false});
  ASSERT_EQ(sent<JoinAck>().size(), 1U);
  EXPECT_EQ(sent<JoinAck>()[0].object, object_);
  EXPECT_EQ(sent<JoinAck>()[0].members.size(), 2U);  // n1 and n3
  EXPECT_EQ(swim_->live_count(), 3U);
}

TEST_F(OneNode, KnowsSinceWhenAMemberDrains) {
  const auto since = [&](std::uint8_t number) { return swim_->view(now_)->find(id_of(number))->since_ns; };
  Record other = record_of(2);
  meet(other);
  EXPECT_EQ(since(2), now_);
  now_ += 1'000'000;
  const std::int64_t drained_ns = now_;
  other.features |= kDrainingFeature;
  ++other.incarnation;
  meet(other);
  swim_->set_draining(now_, true, effects_);
  now_ += 1'000'000;
  ++other.incarnation;
  meet(other);
  EXPECT_EQ(since(2), drained_ns) << "draining still";
  EXPECT_EQ(since(1), drained_ns);
  other.features = 0;
  ++other.incarnation;
  meet(other);
  EXPECT_EQ(since(2), now_) << "it has to be steady anew before homes go back to it";
}

TEST_F(OneNode, RefusesAnotherClusterByName) {
  effects_.clear();
  Message message;
  message.header.cluster = cluster_hash(object_.id, "other");
  message.header.source = id_of(2);
  message.body = JoinReq{shared(record_of(2)), false};
  swim_->handle(now_, Route::back(2), message, effects_);
  ASSERT_EQ(sent<Reject>().size(), 1U);
  EXPECT_EQ(sent<Reject>()[0].reason, RejectReason::cluster_mismatch);
  EXPECT_NE(sent<Reject>()[0].text.find("plant"), std::string::npos);
  EXPECT_EQ(swim_->live_count(), 1U);
}

TEST_F(OneNode, TellsOnceThatAnotherClusterDidNotLetItIn) {
  Message message;
  message.header.cluster = cluster_hash(object_.id, "other");
  message.header.source = id_of(2);
  message.body = Reject{RejectReason::cluster_mismatch, "this is cluster \"other\"", {}};
  effects_.clear();
  swim_->handle(now_, Route::back(2), message, effects_);
  EXPECT_FALSE(happened(EventKind::rejected)) << "not an answer to this node";
  message.header.destination_nonce = swim_->self().life.nonce;
  swim_->handle(now_, Route::back(2), message, effects_);
  EXPECT_FALSE(happened(EventKind::rejected)) << "nobody was asked";
  ask_a_seed();
  swim_->handle(now_, Route::back(2), message, effects_);
  EXPECT_TRUE(happened(EventKind::rejected));
  effects_.clear();
  swim_->handle(now_, Route::back(2), message, effects_);
  EXPECT_FALSE(happened(EventKind::rejected));
}

TEST_F(OneNode, AnotherClusterCannotStopIt) {
  Message message;
  message.header.cluster = cluster_hash(object_.id, "other");
  message.header.source = id_of(2);
  message.header.destination_nonce = swim_->self().life.nonce;
  message.body = Reject{RejectReason::duplicate_id, "held", {}};
  ask_a_seed();
  effects_.clear();
  swim_->handle(now_, Route::back(2), message, effects_);
  EXPECT_TRUE(effects_.empty());
}

TEST_F(OneNode, ARefusalStopsItOnlyAsAnAnswerToWhatItAsked) {
  const Reject held{RejectReason::duplicate_id, "held", {}};
  const std::uint64_t mine = swim_->self().life.nonce;
  hear(record_of(2), held, mine);
  EXPECT_FALSE(stop()) << "nobody was asked";
  ask_a_seed();
  hear(record_of(2), held);
  EXPECT_FALSE(stop()) << "not meant for this life";
  hear(record_of(2), held, mine);
  EXPECT_TRUE(stop());
}

TEST_F(OneNode, RemembersWhereThoseWereThatAreGone) {
  meet(record_of(2));
  pass(30 * kNsPerSecond);
  ASSERT_EQ(swim_->record_of(id_of(2))->state, MemberState::dead);
  meet(record_of(3));
  EXPECT_EQ(swim_->peer_cache(),
            (std::vector<std::string>{record_of(3).endpoints.membership, record_of(2).endpoints.membership}));
}

TEST_F(OneNode, RefutesASuspicionOfItself) {
  Record accused = swim_->self();
  accused.state = MemberState::suspect;
  hear(record_of(2), Gossip{{News{shared(accused), {}, 0}}});
  EXPECT_EQ(swim_->self().incarnation, 1U);
  EXPECT_EQ(swim_->self().state, MemberState::alive);
  EXPECT_TRUE(happened(EventKind::refuted));
}

TEST_F(OneNode, AsksTheHolderOfAnIdBeforeAnotherLifeGetsIt) {
  meet(record_of(2));
  Record copy = record_of(2, 9);
  copy.endpoints.membership = "10.0.0.99:7411";
  hear(copy, JoinReq{shared(copy), false});
  ASSERT_EQ(sent<Ping>().size(), 1U);
  EXPECT_TRUE(sent<JoinAck>().empty());
  hear(record_of(2), Ack{sent<Ping>()[0].sequence, {}});
  ASSERT_EQ(sent<Reject>().size(), 1U);
  EXPECT_EQ(sent<Reject>()[0].reason, RejectReason::duplicate_id);
  EXPECT_NE(sent<Reject>()[0].text.find("10.0.0.2:7411"), std::string::npos);
}

TEST_F(OneNode, LetsARestartedNodeInAtOnceWhenItHoldsTheSameAddress) {
  meet(record_of(2));
  hear(record_of(2, 2), JoinReq{shared(record_of(2, 2)), false});
  EXPECT_EQ(sent<JoinAck>().size(), 1U);
  EXPECT_TRUE(happened(EventKind::rejoined));
}

TEST_F(OneNode, SendsAnEarlierEpochBackToTakeAHigherOne) {
  meet(record_of(2, 50));
  hear(record_of(2, 3), JoinReq{shared(record_of(2, 3)), false});
  ASSERT_EQ(sent<JoinAck>().size(), 1U);
  EXPECT_EQ(sent<JoinAck>()[0].epoch_floor, 50U);
  EXPECT_EQ(swim_->record_of(id_of(2))->life.epoch, 50U);
}

TEST_F(OneNode, HoldsWhoIsRefusedByAllDeadAfterTheShortDoubt) {
  meet(record_of(2));
  swim_->handle_connect(now_, "10.0.0.2:7411", ConnectOutcome::refused, effects_);
  EXPECT_FALSE(happened(EventKind::suspected)) << "one refusal may be a restart";
  pass(100 * kNsPerMs);
  swim_->handle_connect(now_, "10.0.0.2:7411", ConnectOutcome::refused, effects_);
  EXPECT_TRUE(happened(EventKind::suspected));
  pass(500 * kNsPerMs);
  EXPECT_TRUE(happened(EventKind::failed));
}

TEST_F(OneNode, DoubtsASilentMemberForLongerThanAPauseOfThreeSeconds) {
  meet(record_of(2));
  pass(3'400 * kNsPerMs);
  EXPECT_TRUE(happened(EventKind::suspected));
  EXPECT_FALSE(happened(EventKind::failed));
  pass(2 * kNsPerSecond);
  EXPECT_TRUE(happened(EventKind::failed));
}

TEST_F(OneNode, DoubtsWordOfADeathThatNobodyDoubtedHere) {
  meet(record_of(2));
  Record dead = record_of(2);
  dead.state = MemberState::dead;
  hear(record_of(3), Gossip{{News{shared(dead), {{id_of(3), Evidence::silent}}, 0}}});
  EXPECT_EQ(swim_->record_of(id_of(2))->state, MemberState::suspect);
  Record refuted = record_of(2);
  refuted.incarnation = 1;
  hear(record_of(2), Gossip{{News{shared(refuted), {}, 0}}});
  EXPECT_EQ(swim_->record_of(id_of(2))->state, MemberState::alive);
}

TEST_F(OneNode, BlamesNobodyForItsOwnPause) {
  for (std::uint8_t i = 2; i < 7; ++i) meet(record_of(i));
  pass(50 * kNsPerMs);
  now_ += 10 * kNsPerSecond;
  effects_.clear();
  swim_->tick(now_, effects_);
  EXPECT_TRUE(happened(EventKind::own_pause));
  EXPECT_FALSE(happened(EventKind::suspected));
  EXPECT_FALSE(happened(EventKind::failed));
  EXPECT_EQ(swim_->view(now_)->local_health, 7);
}

TEST_F(OneNode, ItsOwnSlownessDoesNotLengthenTheLongestDoubt) {
  meet(record_of(2));
  meet(record_of(3));
  now_ += 10 * kNsPerSecond;
  swim_->tick(now_, effects_);
  ASSERT_EQ(swim_->view(now_)->local_health, 7);
  pass(suspicion_timeout_ns({}, 3, 0) + 20 * kNsPerSecond);
  EXPECT_EQ(swim_->live_count(), 1U);
}

TEST_F(OneNode, ARefutationLosesOnlyAgainstMonitorsThatNeverHearTheMember) {
  for (const Evidence evidence : {Evidence::silent, Evidence::unheard}) {
    for (std::uint8_t i = 2; i < 8; ++i) meet(record_of(i));
    effects_.clear();
    for (std::uint32_t incarnation = 0; incarnation < 6; ++incarnation) {
      Record accused = record_of(2);
      accused.incarnation = incarnation;
      meet(accused);
      EXPECT_FALSE(happened(EventKind::failed)) << to_string(evidence) << ' ' << incarnation;
      accused.state = MemberState::suspect;
      News news{shared(accused), {}, 0};
      const int accusers = incarnation == 5 ? 5 : 4;
      for (std::uint8_t i = 0; i < accusers; ++i) news.accusations.push_back({id_of(3 + i), evidence});
      hear(record_of(3), Gossip{{news}});
    }
    EXPECT_EQ(happened(EventKind::failed), evidence == Evidence::unheard);
  }
}

TEST_F(OneNode, TellsADeadMemberThatSpeaksSoThatItCanRefute) {
  meet(record_of(2));
  pass(30 * kNsPerSecond);
  ASSERT_EQ(swim_->record_of(id_of(2))->state, MemberState::dead);
  hear(record_of(2), Ping{1, {}});
  EXPECT_EQ(sent<YouAreDead>().size(), 1U);
  hear(record_of(2), Ping{2, {}});
  EXPECT_TRUE(sent<YouAreDead>().empty()) << "at most one in 5 s";
}

TEST_F(OneNode, StopsWhenAnOlderHolderOfItsIdSpeaksUp) {
  Record older = record_of(1);
  older.life = {0, 5};
  older.name = "first";
  hear(record_of(2), Conflict{shared(older)});
  EXPECT_FALSE(stop()) << "anybody can say so";
  ASSERT_EQ(sent<Ping>().size(), 1U);
  const std::uint32_t sequence = sent<Ping>()[0].sequence;
  hear(record_of(2), Ack{sequence, {}});
  EXPECT_FALSE(stop()) << "somebody else answered";
  hear(older, Conflict{shared(older)});
  ASSERT_EQ(sent<Ping>().size(), 1U);
  hear(older, Ack{sent<Ping>()[0].sequence, {}});
  ASSERT_TRUE(stop());
  EXPECT_NE(stop()->text.find("first"), std::string::npos);
}

TEST_F(OneNode, NoWordDrivesItsCountersToTheirEnd) {
  Record suspected = swim_->self();
  suspected.incarnation = kIncarnationMax;
  suspected.state = MemberState::suspect;
  hear(record_of(2), Gossip{{News{shared(suspected), {}, 0}}});
  EXPECT_TRUE(supersedes(swim_->self(), suspected)) << "it can still refute";
  EXPECT_LE(swim_->self().incarnation, kIncarnationMax);

  Record far = swim_->self();
  far.life = {kEpochMax, 7};
  const std::uint64_t epoch = swim_->self().life.epoch;
  hear(record_of(2), Gossip{{News{shared(far), {}, 0}}});
  EXPECT_EQ(swim_->self().life.epoch, epoch);
  Record other = record_of(2);
  meet(other);
  other.life.epoch = kEpochMax;
  meet(other);
  EXPECT_EQ(swim_->record_of(id_of(2))->life, record_of(2).life);
}

TEST_F(OneNode, AnEpochFloorCountsOnlyAsAnAnswer) {
  const JoinAck floor{object_, shared(record_of(2)), 700, {}};
  hear(record_of(2), floor, swim_->self().life.nonce);
  EXPECT_EQ(swim_->self().life.epoch, 1U);
  ask_a_seed();
  hear(record_of(2), floor);
  EXPECT_EQ(swim_->self().life.epoch, 1U);
  hear(record_of(2), floor, swim_->self().life.nonce);
  EXPECT_EQ(swim_->self().life.epoch, 701U);
}

TEST_F(OneNode, ADeadMemberWhoseAddressAnotherHasIsReplaced) {
  meet(record_of(2));
  pass(30 * kNsPerSecond);
  ASSERT_EQ(swim_->record_of(id_of(2))->state, MemberState::dead);
  EXPECT_NE(swim_->view(now_)->find(id_of(2)), nullptr);
  Record successor = record_of(3);
  successor.endpoints = record_of(2).endpoints;
  meet(successor);
  EXPECT_EQ(swim_->view(now_)->find(id_of(2)), nullptr);
  EXPECT_NE(swim_->view(now_)->find(id_of(3)), nullptr);
}

TEST_F(OneNode, SeedsWithoutAnAddressYetAreNotNoSeeds) {
  Effects out;
  Swim waits(Settings{}, Swim::Self{object_, record_of(1), {}, true}, Catalog{}, Prng(1));
  waits.start(now_, {}, out);
  EXPECT_FALSE(waits.view(now_)->joined);
  EXPECT_TRUE(swim_->view(now_)->joined);
}

TEST_F(OneNode, TakesAHigherEpochThanAnEarlierStartAtItsAddress) {
  Record earlier = swim_->self();
  earlier.life = {100, 5};
  hear(record_of(2), Gossip{{News{shared(earlier), {}, 0}}});
  EXPECT_EQ(swim_->self().life.epoch, 101U);
  const auto kept = std::ranges::find_if(
      effects_, [](const Effect& effect) { return std::holds_alternative<effect::KeepEpoch>(effect); });
  ASSERT_NE(kept, effects_.end());
}

TEST_F(OneNode, LeavesWhenEnoughHaveHeardIt) {
  meet(record_of(2));
  effects_.clear();
  swim_->leave(now_, effects_);
  ASSERT_FALSE(sent<Leave>().empty());
  EXPECT_EQ(sent<Leave>()[0].self->state, MemberState::left);
  hear(record_of(2), LeaveAck{});
  swim_->tick(now_, effects_);
  EXPECT_TRUE(std::holds_alternative<effect::LeaveDone>(effects_.back()));
}

TEST_F(OneNode, NeverTakesALeftMemberBackFromAnOldPacket) {
  meet(record_of(2));
  Record gone = record_of(2);
  gone.state = MemberState::left;
  hear(record_of(2), Leave{shared(gone)});
  EXPECT_TRUE(happened(EventKind::left));
  EXPECT_FALSE(happened(EventKind::failed));
  meet(record_of(2));
  EXPECT_EQ(swim_->record_of(id_of(2))->state, MemberState::left);
}

TEST_F(OneNode, SaysWhoAccusesAndOnWhatEvidence) {
  meet(record_of(2));
  meet(record_of(3));
  Record accused = record_of(2);
  accused.state = MemberState::suspect;
  hear(record_of(3), Gossip{{News{shared(accused), {{id_of(3), Evidence::refused}}, 0}}});
  EXPECT_EQ(swim_->view(now_)->why(id_of(2)), "suspected; connection refused to n3");
}

TEST_F(OneNode, RefusesMoreMembersThanItsTableHolds) {
  for (std::uint32_t i = 0; i < kMembersMax + 10; ++i) {
    Record record = record_of(2);
    std::memcpy(record.id.bytes.data(), &i, sizeof(i));
    meet(record);
  }
  EXPECT_EQ(swim_->view(now_)->members.size(), kMembersMax);
  EXPECT_GE(swim_->stats().ignored_limits, 10U);
}

}  // namespace
}  // namespace wattring::cluster
