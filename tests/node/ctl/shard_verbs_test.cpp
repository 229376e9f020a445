// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/node/ctl/fake_nodes.hpp"
#include "tests/node/ctl/replies.hpp"
#include "tests/node/ctl/shard_replies.hpp"

/// `shards`, `ring`, `node`, `status --promises` and `wait shards-settled`.

namespace wattring::ctl {
namespace {

using replies::ShardsReply;

struct Three : Ctl {
  Three() {
    environment["WATTRING_NODES"] = "n1:1";
    for (const char* node : {"n1", "n2", "n3"})
      nodes.answer(std::string(node) + ":1 /api/v1/members", 200, replies::view(node, "n1=up n2=up n3=up"));
  }
  void say(ShardsReply reply) { nodes.answer(reply.node + ":1 /api/v1/shards", 200, replies::shards(reply)); }
  void all_well() {
    for (const char* node : {"n1", "n2", "n3"}) say({node});
  }
  /// n2 fills shard 1, n1 holds shard 3 for others.
  void moving() {
    say({.node = "n1", .role_of_3 = "holder"});
    say({.node = "n2",
         .role_of_1 = "filling",
         .missing = 2,
         .arriving_of_1 = R"({"from":"n3","bytes":12582912,"for_s":40})",
         .filled_in_s = "730"});
    say({"n3"});
  }
};

TEST(Shards, TheMapHasACharacterForEachHome) {
  Three ctl;
  ctl.all_well();
  const Ran ran = ctl.run({"shards"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(matches_golden("shards_map.txt", ran.out));
  EXPECT_EQ(ctl.run({"shards", "map"}).out, ran.out);
  EXPECT_TRUE(matches_golden("shards.schema", shape_of(ctl.run({"shards", "-o", "json"}).out)));
}

TEST(Shards, WhatFillsAndWhatIsHeldEachNodeSaysOfItself) {
  Three ctl;
  ctl.moving();
  EXPECT_TRUE(matches_golden("shards_moving.txt", ctl.run({"shards", "moving"}).out));
  const auto document = parse_json(ctl.run({"shards", "moving", "-o", "json"}).out);
  ASSERT_EQ((*document)["shards"].items().size(), 2U);
  EXPECT_EQ((*document)["shards"].items()[0]["filling"].compact(), R"(["n2"])");
  EXPECT_EQ((*document)["shards"].items()[0]["state"].string(), "filling");
  EXPECT_EQ((*document)["shards"].items()[1]["held"].compact(), R"(["n1"])");
  EXPECT_NE(ctl.run({"shards"}).out.find("1*31"), std::string::npos) << ctl.run({"shards"}).out;
  Three calm;
  calm.all_well();
  EXPECT_NE(calm.run({"shards", "moving"}).out.find("Nothing is on its way.\n"), std::string::npos);
}

TEST(Shards, WhatCameOfAShardIsToldWithAnEstimateOfTheRest) {
  Three ctl;
  ctl.moving();
  const auto document = parse_json(ctl.run({"shards", "moving", "-o", "json"}).out);
  EXPECT_TRUE(matches_golden("shards_moving.schema", shape_of(document->compact())));
  EXPECT_EQ((*document)["shards"].items()[0]["arriving"].compact(),
            R"([{"node":"n2","from":"n3","bytes":12582912,"for_s":40}])");
  EXPECT_EQ(ctl.run({"shards", "moving", "-o", "csv"}).out,
            "shard,home,owners,reachable,state,ack,filling,held,to,from,came_bytes,came_s\n"
            "1,n2,n2 n3 n1,3,filling,durable,n2,,n2,n3,12582912,40\n"
            "3,n1,n1 n2 n3,3,ok,durable,,n1,,,,\n");
  Three young;
  young.say({"n1"});
  young.say({.node = "n2", .role_of_1 = "filling"});
  young.say({"n3"});
  EXPECT_NE(young.run({"shards", "moving"}).out.find("n2 fills 1 shard: no estimate yet of when it is done"),
            std::string::npos);
}

TEST(Shards, TheListCanBeNarrowed) {
  Three ctl;
  for (const char* node : {"n1", "n2"}) ctl.say({.node = node, .n3_away = true});
  ctl.nodes.silence("n3:1 /api/v1/shards", "connection refused (host is up, nothing listens)");
  EXPECT_TRUE(matches_golden("shards_list.txt", ctl.run({"shards", "list"}).out));
  const Ran nobody = ctl.run({"shards", "list", "--state", "nobody", "-o", "csv"});
  EXPECT_EQ(nobody.out, "shard,home,owners,reachable,state,ack,filling,held\n2,,n3 n1 n2,0,nobody,held,,\n");
  EXPECT_EQ(ctl.run({"shards", "list", "--state", "lost"}).code, 2);
  EXPECT_NE(ctl.run({"shards"}).out.find("n3 at n3:1 did not answer"), std::string::npos);
}

TEST(Shards, OneIsShownByNumberOrByAMeterOfIt) {
  Three ctl;
  ctl.moving();
  EXPECT_TRUE(matches_golden("shards_show.txt", ctl.run({"shards", "show", "1"}).out));
  ctl.nodes.answer("/api/v1/shards?meter=M%2F1", 200, R"({"schema":"wattring.shard/1","shard":3})");
  const Ran where = ctl.run({"shards", "where", "M/1"});
  EXPECT_EQ(where.out.substr(0, where.out.find('\n')), "M/1 -> shard 3 -> n1 (ring 4)");
  const auto document = parse_json(ctl.run({"shards", "where", "M/1", "-o", "json"}).out);
  EXPECT_EQ((*document)["meter"].string(), "M/1");
  const Ran none = ctl.run({"shards", "show", "4"});
  EXPECT_EQ(none.code, 4);
  EXPECT_EQ(none.err, "There is no shard 4: they are numbered 0 to 3.\n");
}

TEST(Shards, RingsThatDifferAreSaid) {
  Three ctl;
  ctl.say({"n1"});
  ctl.say({"n2"});
  std::string newer = replies::shards({.node = "n3", .version = 5});
  newer.replace(newer.find("00c0ffee"), 8, "deadbeef");
  ctl.nodes.answer("n3:1 /api/v1/shards", 200, newer);
  const Ran ran = ctl.run({"shards"});
  EXPECT_NE(ran.out.find("ring 5 (deadbeef)"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("their rings DIFFER"), std::string::npos);
}

TEST(Shards, WithoutARingItIsSaidThatThereIsNone) {
  Three ctl;
  for (const char* node : {"n1", "n2", "n3"}) ctl.say({.node = node, .version = 0});
  const Ran ran = ctl.run({"shards"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_NE(ran.err.find("know of no ring yet"), std::string::npos);
}

TEST(WaitShardsSettled, NamesWhatIsMissing) {
  const auto missing = [](Three& ctl) { return ctl.run({"wait", "shards-settled", "--timeout", "1s"}); };
  Three calm;
  calm.all_well();
  EXPECT_EQ(missing(calm).code, 0);
  EXPECT_EQ(calm.run({"wait", "shards-settled"}).out, "settled after 0.0 s\n");
  Three busy;
  busy.moving();
  const Ran held = missing(busy);
  EXPECT_EQ(held.code, 6);
  EXPECT_EQ(held.err, "Not settled after 1s: n1 still holds for others 1 shard\n");
  Three filling;
  filling.say({"n1"});
  filling.say({.node = "n2", .role_of_1 = "filling"});
  filling.say({"n3"});
  EXPECT_EQ(missing(filling).err, "Not settled after 1s: n2 still fills 1 shard\n");
  Three lacking;
  lacking.say({"n1"});
  lacking.say({.node = "n2", .missing = 7});
  lacking.say({"n3"});
  EXPECT_EQ(missing(lacking).err, "Not settled after 1s: n2 misses something of 7 shards\n");
  Three away;
  for (const char* node : {"n1", "n2"}) away.say({.node = node, .n3_away = true});
  away.nodes.silence("n3:1 /api/v1/shards", "connection refused");
  EXPECT_EQ(missing(away).err, "Not settled after 1s: n3 does not answer: connection refused\n");
}

TEST(WaitShardsSettled, DoesNotAskTheDeadThatWereRemoved) {
  Ctl ctl;
  ctl.environment["WATTRING_NODES"] = "n1:1,n2:1,n3:1,n9:1";
  for (const char* node : {"n1", "n2", "n3"}) {
    ctl.nodes.answer(std::string(node) + ":1 /api/v1/members", 200, replies::view(node, "n1=up n2=up n3=up n9=down"));
    ctl.nodes.answer(std::string(node) + ":1 /api/v1/shards", 200, replies::shards({node}));
  }
  ctl.nodes.silence("n9:1 /api/v1/members", "connection refused");
  ctl.nodes.silence("n9:1 /api/v1/shards", "connection refused");
  EXPECT_EQ(ctl.run({"wait", "shards-settled", "--timeout", "1s"}).err, "");
}

TEST(WaitShardsSettled, WaitsForLiveNodesThatAreNotInTheRing) {
  Ctl ctl;
  ctl.environment["WATTRING_NODES"] = "n1:1";
  for (const char* node : {"n1", "n2", "n3", "n4"}) {
    ctl.nodes.answer(std::string(node) + ":1 /api/v1/members", 200, replies::view(node, "n1=up n2=up n3=up n4=up"));
    ctl.nodes.answer(std::string(node) + ":1 /api/v1/shards", 200, replies::shards({node}));
  }
  EXPECT_EQ(ctl.run({"wait", "shards-settled", "--timeout", "1s"}).err,
            "Not settled after 1s: n4 is not in the ring yet\n");
}

const std::string kWaiting = R"("waiting":[{"node":"n4","id":"id-n4","weight":100,"zone":"east","seen_s":7}]})";

std::string ring_reply(const std::string& waiting) {
  return R"({"schema":"wattring.ring/1","at":"2026-02-11T13:07:30Z",)" + replies::ring() +
         R"(,"majority":2,"automatic":true,"proposing":false,"proposes_in_s":3,"unreachable":["n3"],"nodes":[)"
         R"({"node":"n1","id":"id-n1","weight":100,"zone":"","reachable":true,"draining":false,"homes":512,"copies":1024},)"
         R"({"node":"n2","id":"id-n2","weight":50,"zone":"b","reachable":true,"draining":true,"homes":512,"copies":1024},)"
         R"({"node":"n3","id":"id-n3","weight":100,"zone":"","reachable":false,"draining":false,"homes":0,"copies":1024}],)" +
         waiting;
}

TEST(Ring, ShowsMembersAndWhoWaits) {
  Ctl ctl;
  ctl.nodes.answer("/api/v1/ring", 200, ring_reply(kWaiting));
  EXPECT_TRUE(matches_golden("ring_show.txt", ctl.run({"ring"}).out));
  EXPECT_TRUE(matches_golden("ring_show.schema", shape_of(ctl.run({"ring", "show", "-o", "json"}).out)));
}

TEST(Ring, WithoutAChangeThePlanIsToTakeInWhoWaits) {
  Ctl ctl;
  ctl.nodes.answer("/api/v1/ring", 200, ring_reply(kWaiting));
  ctl.nodes.answer("POST /api/v1/ring/plan", 200,
                   R"({"schema":"wattring.ring-plan/1","at":"x","refused":false,)" + replies::plan() + "}");
  const Ran ran = ctl.run({"ring", "plan"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(matches_golden("ring_plan.txt", ran.out));
  EXPECT_EQ(ctl.nodes.seen.back().request.body, R"({"add":"n4"})");
  EXPECT_TRUE(matches_golden("ring_plan.schema", shape_of(ctl.run({"ring", "plan", "-o", "json"}).out)));
  Ctl nobody;
  nobody.nodes.answer("/api/v1/ring", 200, ring_reply(R"("waiting":[]})"));
  EXPECT_EQ(nobody.run({"ring", "plan"}).code, 2);
}

TEST(Ring, ACommitIsOfTheRingThatWasPlannedOn) {
  Ctl ctl;
  ctl.nodes.answer("POST /api/v1/ring/plan", 200,
                   R"({"schema":"wattring.ring-plan/1","at":"x","refused":false,)" + replies::plan() + "}");
  ctl.nodes.answer("POST /api/v1/ring/commit", 200,
                   R"({"schema":"wattring.ring-commit/1","outcome":"decided",)" + replies::plan() + "}");
  const Ran ran = ctl.run({"ring", "commit", "--weight", "n1=200", "--weight", "n2=50"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ctl.nodes.seen.back().request.body, R"({"weight":"n1=200,n2=50","ring":"00c0ffee12345678"})");
  EXPECT_GE(ctl.nodes.seen.back().request.timeout_ms, 15'000) << "a ballot takes its time";
  EXPECT_EQ(ran.out.substr(0, 17), "Decided: ring 5. ");
  EXPECT_TRUE(
      matches_golden("ring_commit.schema", shape_of(ctl.run({"ring", "commit", "--add", "n4", "-o", "json"}).out)));
  EXPECT_EQ(ctl.run({"ring", "commit", "--watch"}).code, 2);
}

struct Removal : Ctl {
  explicit Removal(const std::string& plan = replies::plan(), bool refused = false) {
    nodes.answer("POST /api/v1/ring/plan", 200,
                 R"({"schema":"wattring.ring-plan/1","at":"x","refused":)" + std::string(refused ? "true" : "false") +
                     "," + plan + "}");
    nodes.answer("POST /api/v1/ring/commit", 200,
                 R"({"schema":"wattring.ring-commit/1","outcome":"decided",)" + replies::plan() + "}");
  }
  [[nodiscard]] bool committed() const {
    return std::ranges::any_of(nodes.seen, [](const auto& one) { return one.request.target == "/api/v1/ring/commit"; });
  }
};

TEST(NodeRemove, AsksForTheNameOnATerminalAndForYesElsewhere) {
  Removal dry;
  const Ran plan = dry.run({"node", "remove", "n3", "--dry-run"});
  EXPECT_EQ(plan.code, 0);
  EXPECT_TRUE(matches_golden("node_remove_plan.txt", plan.out));
  EXPECT_FALSE(dry.committed());
  Removal script;
  const Ran refused = script.run({"node", "remove", "n3"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.err.find("--yes"), std::string::npos);
  EXPECT_FALSE(script.committed());
  Removal wrong;
  wrong.in_is_terminal = true;
  wrong.typed = "yes\n";
  EXPECT_EQ(wrong.run({"node", "remove", "n3"}).code, 2);
  EXPECT_FALSE(wrong.committed());
  Removal typed;
  typed.in_is_terminal = true;
  typed.typed = "n3\n";
  EXPECT_EQ(typed.run({"node", "remove", "n3"}).code, 0);
  EXPECT_TRUE(typed.committed());
  Removal meant;
  EXPECT_EQ(meant.run({"node", "remove", "n3", "--yes"}).code, 0);
  EXPECT_EQ(meant.nodes.seen.back().request.body, R"({"remove":"n3","ring":"00c0ffee12345678"})");
}

TEST(NodeRemove, WhatWouldLoseDataIsRefusedWithTheShards) {
  Removal ctl(replies::plan("12,40-43", 5), true);
  const Ran ran = ctl.run({"node", "remove", "n2", "--yes"});
  EXPECT_EQ(ran.code, 5);
  EXPECT_TRUE(matches_golden("node_remove_refused.txt", ran.err));
  EXPECT_FALSE(ctl.committed());
  EXPECT_EQ(ctl.run({"node", "remove", "n2", "--dry-run"}).code, 5);
  Removal last;
  EXPECT_EQ(last.run({"node", "remove", "n2", "--yes", "--lose-shards", "12,40-43"}).code, 0);
  EXPECT_EQ(last.nodes.seen.back().request.body,
            R"({"remove":"n2","lose_shards":"12,40-43","ring":"00c0ffee12345678"})");
}

TEST(NodeRemove, WhatIsHeldThereForOthersIsNamed) {
  Removal ctl(replies::plan("12,40-43", 5, "", "40-41"), true);
  const Ran ran = ctl.run({"node", "remove", "n2", "--yes"});
  EXPECT_EQ(ran.code, 5);
  EXPECT_NE(
      ran.err.find("\nOf shards 40-41 the removed node keeps readings for owners that could not take them yet.\n"),
      std::string::npos)
      << ran.err;
}

TEST(NodeRemove, OfTheOnlyNodeIsRefused) {
  Ctl ctl;
  ctl.nodes.answer(
      "POST /api/v1/ring/plan", 409,
      R"({"error":{"code":"NOBODY_STAYS","message":"n1 is the only node of the ring: nobody else has its data","hint":"take in another"}})");
  for (const char* how : {"--dry-run", "--yes"}) {
    const Ran ran = ctl.run({"node", "remove", "n1", how});
    EXPECT_EQ(ran.code, 5);
    EXPECT_NE(ran.err.find("n1 is the only node of the ring"), std::string::npos) << ran.err;
  }
}

TEST(NodeRemove, WithoutAMajorityItSaysWhoIsMissing) {
  Removal ctl(replies::plan("", 0, R"("n1","n2")"), true);
  const Ran ran = ctl.run({"node", "remove", "n2", "--yes"});
  EXPECT_EQ(ran.code, 5);
  EXPECT_NE(ran.err.find("n1, n2 cannot be reached"), std::string::npos) << ran.err;
}

TEST(NodeRemove, ARefusalOfTheNodeIsExitFive) {
  Removal ctl;
  ctl.nodes.forget("POST /api/v1/ring/commit");
  ctl.nodes.answer(
      "POST /api/v1/ring/commit", 409,
      R"({"error":{"code":"RING_CHANGED","message":"another ring was decided meanwhile","hint":"plan again"}})");
  const Ran ran = ctl.run({"node", "remove", "n3", "--yes"});
  EXPECT_EQ(ran.code, 5);
  EXPECT_NE(ran.err.find("another ring was decided"), std::string::npos);
}

TEST(NodeDrain, GoesToThatNodeAndSaysWhatItMoves) {
  Three ctl;
  ctl.all_well();
  ctl.nodes.answer("n2:1 /api/v1/node/drain", 200, R"({"schema":"wattring.node-drain/1","node":"n2","draining":true})");
  EXPECT_TRUE(matches_golden("node_drain_plan.txt", ctl.run({"node", "drain", "n2", "--dry-run"}).out));
  EXPECT_EQ(ctl.run({"node", "drain", "n2"}).code, 2);
  const Ran ran = ctl.run({"node", "drain", "n2", "--yes"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ctl.nodes.seen.back().address, "n2:1");
  EXPECT_EQ(ctl.nodes.seen.back().request.method, "POST");
  EXPECT_NE(ran.out.find("node resume n2"), std::string::npos);
  EXPECT_TRUE(
      matches_golden("node_drain.schema", shape_of(ctl.run({"node", "drain", "n2", "--yes", "-o", "json"}).out)));
  ctl.nodes.answer("n2:1 /api/v1/node/resume", 200,
                   R"({"schema":"wattring.node-drain/1","node":"n2","draining":false})");
  EXPECT_EQ(ctl.run({"node", "resume", "n2"}).code, 0);
  const Ran none = ctl.run({"node", "drain", "n9", "--yes"});
  EXPECT_EQ(none.code, 4);
  EXPECT_EQ(none.err, "No node n9 is up. Known: n1, n2, n3\n");
}

TEST(NodeDrain, TheTokenGoesNowhereThatTheUserDidNotName) {
  Three ctl;
  ctl.all_well();
  ctl.nodes.answer("n2:1 /api/v1/node/drain", 401, R"({"error":{"code":"UNAUTHORISED","message":"no token"}})");
  (void)ctl.run({"node", "drain", "n2", "--yes"});
  EXPECT_FALSE(ctl.nodes.seen.back().request.with_token);
  (void)ctl.run({"node", "drain", "n2", "--yes", "--node", "n1:1", "--node", "n2:1"});
  EXPECT_TRUE(ctl.nodes.seen.back().request.with_token);
}

TEST(Promises, AreATableOfSharesAndTheirWorst) {
  Ctl ctl;
  const auto row = [](int failed, const std::string& zone, bool acked, double held, double worst, bool exact) {
    return fmt::format(
        R"({{"failed":{},"zone":{},"acked":{},"held":{},"held_worst":{},"incomplete":{},"incomplete_worst":{},)"
        R"("nobody":0,"nobody_worst":0,"at_risk":{},"at_risk_worst":{},"sets":10,"exact":{}}})",
        failed, zone, acked, held, worst, held, worst, held, worst, exact);
  };
  ctl.nodes.answer("/api/v1/promises", 200,
                   R"({"schema":"wattring.promises/1","at":"x",)" + replies::ring() + R"(,"promises":[)" +
                       row(0, "null", true, 0, 0, true) + "," + row(2, "null", true, 0.3, 0.343, true) + "," +
                       row(4, "null", false, 1, 1, false) + "," + row(2, "\"east\"", true, 0.02, 0.02, true) + "]}");
  EXPECT_TRUE(matches_golden("promises.txt", ctl.run({"status", "--promises"}).out));
  EXPECT_TRUE(matches_golden("promises.schema", shape_of(ctl.run({"status", "--promises", "-o", "json"}).out)));
}

TEST(ClusterStatusOfARing, HasItsShardsAndWhatAnAckIsWorth) {
  Ctl ctl;
  std::string status = replies::status("healthy", "");
  const std::string old = R"("shards":{"owned":1012,"recovering":12,"moving":0,"nobody":0})";
  status.replace(status.find(old), old.size(),
                 R"("shards":{"owned":1024,"recovering":0,"moving":3,"nobody":1,"total":1024,"homes":341,)"
                 R"("degraded":12,"missing":2,"held":0},)" +
                     replies::ring());
  ctl.nodes.answer("/api/v1/status", 200, status);
  const Ran ran = ctl.run({"status"});
  EXPECT_NE(
      ran.out.find("\nShards    1,024   12 degraded   1 with nobody   1,024 copies   3 filling   2 catching up\n"),
      std::string::npos)
      << ran.out;
  EXPECT_NE(ran.out.find("\nAck       2 of 3 copies, fsynced   DURABLE on every shard   ring 4\n"), std::string::npos)
      << ran.out;
  EXPECT_NE(ran.out.find("\nMeters    120,000 known\n"), std::string::npos) << ran.out;
  (void)ctl.run({"status", "-o", "json"});
}

}  // namespace
}  // namespace wattring::ctl
