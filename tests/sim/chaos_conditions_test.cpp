// SPDX-License-Identifier: Apache-2.0
#include "node/sim/chaos_conditions.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace wattring::sim {
namespace {

std::vector<NodeLook> two_nodes() {
  std::vector<NodeLook> looks(2);
  for (NodeLook& look : looks) {
    look.status.emplace();
    look.status->shards_filling = 0;
    look.status->shards_missing = 0;
    look.status->shards_held = 0;
    look.members = {{"n1", "up"}, {"n2", "up"}};
  }
  return looks;
}

TEST(ChaosConditions, AQuietClusterShowsNothing) {
  for (const auto one :
       {Condition::suspect, Condition::filling, Condition::missing, Condition::held, Condition::dropping}) {
    EXPECT_EQ(shown_by(one, two_nodes(), two_nodes()), -1) << to_string(one);
  }
}

TEST(ChaosConditions, TheNodeThatShowsItIsFound) {
  auto looks = two_nodes();
  looks[1].status->shards_filling = 3;
  EXPECT_EQ(shown_by(Condition::filling, {}, looks), 1);
  EXPECT_EQ(shown_by(Condition::missing, {}, looks), -1);
  looks[0].status->shards_missing = 1;
  EXPECT_EQ(shown_by(Condition::missing, {}, looks), 0);
  looks[1].members["n1"] = "suspect";
  EXPECT_EQ(shown_by(Condition::suspect, {}, looks), 1);
}

TEST(ChaosConditions, ADropIsSeenByWhatIsHeldNoMore) {
  auto before = two_nodes();
  before[1].status->shards_held = 7;
  EXPECT_EQ(shown_by(Condition::held, {}, before), 1);
  EXPECT_EQ(shown_by(Condition::dropping, {}, before), -1);
  EXPECT_EQ(shown_by(Condition::dropping, before, before), -1);
  EXPECT_EQ(shown_by(Condition::dropping, before, two_nodes()), 1);
}

TEST(ChaosConditions, WhoDoesNotAnswerShowsNothing) {
  auto looks = two_nodes();
  looks[0].status.reset();
  looks[0].members["n2"] = "down";
  EXPECT_EQ(shown_by(Condition::suspect, {}, looks), -1);
}

}  // namespace
}  // namespace wattring::sim
