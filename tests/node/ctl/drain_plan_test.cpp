// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "node/ctl/drain_plan.hpp"

/// What `node drain` says that it will do.

namespace wattring::ctl {
namespace {

struct Seat {
  std::string name;
  bool reachable = true;
  bool draining = false;
};

/// Shard i has the owners i, i + 1, ... of the seats; the first of them that works is its home.
ShardLook look_of(const std::vector<Seat>& seats, std::size_t copies, int acks, std::size_t shards = 12) {
  ShardLook look;
  look.ring.set("copies", copies).set("acks", acks);
  for (const Seat& seat : seats) {
    Json row;
    row.set("node", seat.name).set("id", "id-" + seat.name);
    look.members.push(row.set("reachable", seat.reachable).set("draining", seat.draining));
  }
  for (std::size_t s = 0; s < shards; ++s) {
    Json owners = Json::Array{};
    Json home;
    for (std::size_t i = 0; i < copies; ++i) {
      const Seat& owner = seats[(s + i) % seats.size()];
      owners.push(Json(owner.name));
      if (home.is_null() && owner.reachable && !owner.draining) home = Json(owner.name);
    }
    Json row;
    row.set("shard", s).set("owners", std::move(owners)).set("home", std::move(home)).set("ack", "durable");
    look.shards.push(row.set("filling", Json::Array{}).set("held", Json::Array{}));
  }
  return look;
}

DrainPlan plan_for(const ShardLook& look, const std::string& name) {
  return drain_plan(look, NodeAddress{name + ":1", "", name, "id-" + name});
}

bool says(const DrainPlan& plan, const std::string& text) {
  return plan.text.find(text) != std::string::npos;
}

TEST(DrainPlan, OfThreeNodesLeavesTheNewReadingsToTheOtherTwo) {
  const DrainPlan plan = plan_for(look_of({{"n1"}, {"n2"}, {"n3"}}, 3, 2), "n2");
  EXPECT_TRUE(plan.gives_up);
  EXPECT_EQ(plan.text,
            "Plan: n2 gives up 4 homes: n3 4. Their owners serve from the copies that they have; none is made for it.\n"
            "New readings of its 12 shards go to the other owners alone; it fetches them when it works again.\n");
}

TEST(DrainPlan, OfFourNodesHasOthersKeepTheNewReadingsInItsPlace) {
  const DrainPlan plan = plan_for(look_of({{"n1"}, {"n2"}, {"n3"}, {"n4"}}, 3, 2), "n2");
  EXPECT_TRUE(says(plan, "gives up 3 homes: n3 3.")) << plan.text;
  EXPECT_TRUE(says(plan, "of its 9 shards go to the other owners, and to others that keep them in its place;"))
      << plan.text;
}

TEST(DrainPlan, OfTwoNodesMovesNothingAndSaysWhatAStopWouldDo) {
  const DrainPlan plan = plan_for(look_of({{"n1"}, {"n2"}}, 2, 2), "n2");
  EXPECT_FALSE(plan.gives_up);
  EXPECT_EQ(plan.text,
            "Plan: n2 keeps its 6 homes and takes readings as before: only 1 other node of the ring works, and an "
            "acknowledgement needs 2.\nWhen it is stopped, readings are not acknowledged until it is back.\n");
}

TEST(DrainPlan, OfTheOnlyNodeMovesNothing) {
  const DrainPlan plan = plan_for(look_of({{"n1"}}, 1, 1), "n1");
  EXPECT_FALSE(plan.gives_up);
  EXPECT_TRUE(says(plan, "keeps its 12 homes")) << plan.text;
  EXPECT_TRUE(says(plan, "readings are not acknowledged")) << plan.text;
}

TEST(DrainPlan, DoesNotSendHomesToNodesThatAreAwayOrDrain) {
  const DrainPlan away = plan_for(look_of({{"n1"}, {"n2"}, {"n3", false}, {"n4"}}, 3, 2), "n2");
  EXPECT_TRUE(says(away, "gives up 3 homes: n4 3.")) << away.text;
  EXPECT_TRUE(says(away, "writes to 6 shards are HELD instead of DURABLE")) << away.text;
  const DrainPlan drains = plan_for(look_of({{"n1"}, {"n2"}, {"n3", true, true}, {"n4"}}, 3, 2), "n2");
  EXPECT_TRUE(says(drains, "gives up 3 homes: n4 3.")) << drains.text;
}

TEST(DrainPlan, NamesShardsThatNobodyWouldServe) {
  const DrainPlan plan = plan_for(look_of({{"n1"}, {"n2"}, {"n3", false}, {"n4", false}, {"n5"}}, 3, 2, 10), "n2");
  EXPECT_TRUE(says(plan, "No other owner of 2 shards works: nobody serves them meanwhile.")) << plan.text;
}

TEST(DrainPlan, SaysWhereHomesGoThatAreNotYetFull) {
  ShardLook look = look_of({{"n1"}, {"n2"}, {"n3"}}, 3, 2);
  Json rows = Json::Array{};
  for (Json row : look.shards.items()) {
    if (row["home"].string() == "n2") row.set("filling", Json::Array{Json("n3")});
    rows.push(std::move(row));
  }
  look.shards = std::move(rows);
  EXPECT_TRUE(says(plan_for(look, "n2"), "4 of them are still being filled where they go"));
}

TEST(DrainPlan, OfANodeThatDrainsOrIsInNoRingSaysSo) {
  const ShardLook look = look_of({{"n1"}, {"n2", true, true}, {"n3"}}, 3, 2);
  EXPECT_EQ(plan_for(look, "n2").text, "Plan: n2 drains already.\n");
  EXPECT_TRUE(plan_for(look, "n2").drains);
  EXPECT_TRUE(says(plan_for(look, "n9"), "n9 is not in the ring"));
}

TEST(DrainPlan, CountsNothingWhenANameStandsForTwo) {
  ShardLook look = look_of({{"n1"}, {"n2"}, {"n2"}}, 3, 2);
  const DrainPlan plan = plan_for(look, "n2");
  EXPECT_TRUE(says(plan, "id-n2 gives up its homes. How many is not counted")) << plan.text;
}

}  // namespace
}  // namespace wattring::ctl
