// SPDX-License-Identifier: Apache-2.0
#include "cluster/cluster_inquiry.hpp"

#include <gtest/gtest.h>

#include "tests/cluster/membership_fakes.hpp"

namespace wattring::cluster {
namespace {

class Inquiry : public testing::Test {
 protected:
  [[nodiscard]] Result<ClusterObject> ask(bool keys = false) {
    ClusterInquiry inquiry{"seed:7411", {"10.0.0.9:7411"}, test::record_of(4), 3'000'000'000, keys};
    return ask_for_cluster(transport_, clock_, inquiry);
  }
  void arrive(Input input) { transport_.arriving.push_back({std::move(input)}); }
  [[nodiscard]] std::string refusal(bool keys = false) {
    const auto answer = ask(keys);
    return answer ? "an answer" : answer.error().message;
  }

  test::ManualClock clock_;
  test::Deeds deeds_;
  test::ScriptedTransport transport_{clock_, deeds_};
};

TEST_F(Inquiry, TheClusterIsWhatTheAskedNodeSays) {
  const auto self = std::make_shared<const Record>(test::record_of(9));
  arrive(test::from(*self, JoinAck{test::plant(), self, 0, {}}));
  EXPECT_EQ(ask().value(), test::plant());
  ASSERT_EQ(transport_.sent.size(), 1U);
  const Message& question = transport_.sent.front().second;
  EXPECT_EQ(question.header.cluster, 0U);
  EXPECT_TRUE(std::get<JoinReq>(question.body).describe);
}

TEST_F(Inquiry, ItAsksAgainUntilTheTimeIsUp) {
  EXPECT_EQ(refusal(), "seed:7411 cannot be reached within 3s");
  EXPECT_EQ(transport_.sent.size(), 6U);
}

TEST_F(Inquiry, ARefusedConnectionMeansThatNothingListens) {
  arrive(input::ConnectChecked{"10.0.0.9:7411", ConnectOutcome::refused});
  const auto answer = ask();
  EXPECT_EQ(answer.error().code, ErrorCode::not_found);
  EXPECT_EQ(answer.error().message, "nothing listens at seed:7411 within 3s");
}

TEST_F(Inquiry, WhoeverAcceptsAndLetsNobodyInHasOtherKeys) {
  for (const bool keys : {false, true}) {
    arrive(input::ConnectChecked{"10.0.0.9:7411", ConnectOutcome::accepted});
    const auto answer = ask(keys);
    EXPECT_EQ(answer.error().message, "what listens at seed:7411 let nobody in within 3s");
    EXPECT_NE(answer.error().hint.find(keys ? "allow-list" : "set cluster.keys"), std::string::npos);
  }
}

TEST_F(Inquiry, ALinkWithoutAnAnswerIsAStoppedNode) {
  arrive(input::LinkChanged{"10.0.0.9:7411", LinkChange::up});
  EXPECT_EQ(refusal(), "the node at seed:7411 took the connection and did not answer within 3s");
}

TEST_F(Inquiry, ARefusalIsToldAsItCame) {
  arrive(test::from(test::record_of(9), Reject{RejectReason::unauthorised, "not today", {}}));
  EXPECT_EQ(refusal(), "the node at seed:7411 refuses: UNAUTHORISED: not today");
}

TEST_F(Inquiry, WhoIsBusyIsAskedAgain) {
  const auto self = std::make_shared<const Record>(test::record_of(9));
  arrive(test::from(*self, Reject{RejectReason::busy, "many joiners", {}}));
  arrive(test::from(*self, JoinAck{test::plant(), self, 0, {}}));
  EXPECT_EQ(ask().value(), test::plant());
}

TEST_F(Inquiry, AnotherMajorVersionIsNamed) {
  const auto self = std::make_shared<const Record>(test::record_of(9));
  auto received = std::get<input::Received>(test::from(*self, JoinAck{test::plant(), self, 0, {}}));
  received.bytes[2] = 2;
  arrive(std::move(received));
  EXPECT_EQ(ask().error().code, ErrorCode::newer_format);
}

TEST_F(Inquiry, GarbageIsNoAnswer) {
  arrive(input::Received{Route::back(1), "garbage"});
  EXPECT_EQ(refusal(), "seed:7411 cannot be reached within 3s");
}

}  // namespace
}  // namespace wattring::cluster
