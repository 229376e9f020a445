// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "node/http/shard_api.hpp"
#include "tests/node/fake_shards.hpp"
#include "tests/node/http_fakes.hpp"

namespace wattring::http {
namespace {

using cluster::MemberState;

class ShardsOverHttp : public ::testing::Test {
 protected:
  ShardsOverHttp() {
    NodeStatus& status = query.node_status;
    status.node = "n1";
    status.cluster = "plant-north";
    status.now_ms = kTestNowMs;
    status.started_ms = kTestNowMs - 90'000;
    status.ready = true;
    status.shards = 8;
    for (const char* name : {"n2", "n3"}) cluster.add(name, MemberState::alive);
  }
  Response send(std::string_view method, std::string_view target, std::string body = {}) {
    Request request;
    request.method = method;
    const std::size_t mark = target.find('?');
    request.path = target.substr(0, mark);
    if (mark != target.npos) request.query = target.substr(mark + 1);
    request.body = std::move(body);
    return api.handle(request);
  }
  nlohmann::json json(std::string_view target) { return parse(send("GET", target)); }
  std::vector<std::string> codes() {
    std::vector<std::string> out;
    const auto document = json("/api/v1/problems");
    for (const auto& problem : document["problems"]) out.push_back(problem["code"]);
    return out;
  }
  /// n3 is away: shards 0, 1 and 2 of each three have it as their third, second and first owner.
  void lose_n3() {
    shards.board_.members[2].reachable = false;
    for (ShardRow& row : shards.board_.shards) {
      row.reachable = 2;
      row.state = ShardState::degraded;
    }
  }

  FakeIngest ingest;
  FakeQuery query;
  FakeCluster cluster;
  FakeShards shards{{"n1", "n2", "n3"}};
  FakeClock clock;
  BodyBudget budget{512U << 20U};
  Metrics metrics;
  Api api{{IngestApi::Options{}, "n1", "0.1.0"},
          ingest,
          query,
          Doors{nullptr, &cluster, nullptr, nullptr, &shards},
          clock,
          budget,
          metrics,
          Log::silent()};
};

TEST_F(ShardsOverHttp, AShardSaysWhoOwnsItWhoServesItAndWhatAnAckWouldBe) {
  shards.board_.shards[5].home = ShardRow::kNobody;
  shards.board_.shards[5].reachable = 0;
  shards.board_.shards[5].state = ShardState::nobody;
  shards.board_.shards[5].ack = WriteClass::held;
  shards.board_.shards[5].role = ShardRole::holder;
  const auto document = json("/api/v1/shards");
  EXPECT_EQ(document["schema"], "wattring.shards/1");
  EXPECT_EQ(document["node"], "n1");
  EXPECT_EQ(document["ring"]["version"], 3);
  EXPECT_EQ(document["ring"]["id"], "0000000000c0ffee");
  EXPECT_EQ(document["ring"]["copies"], 3);
  EXPECT_EQ(document["ring"]["acks"], 2);
  EXPECT_EQ(document["ring"]["worst_ack"], "held");
  ASSERT_EQ(document["members"].size(), 3U);
  EXPECT_EQ(document["members"][1]["node"], "n2");
  ASSERT_EQ(document["shards"].size(), 8U);
  EXPECT_EQ(document["shards"][1], nlohmann::json::parse(R"({"shard":1,"home":"n2","owners":["n2","n3","n1"],
      "reachable":3,"state":"ok","ack":"durable","here":"owner"})"));
  EXPECT_TRUE(document["shards"][5]["home"].is_null());
  EXPECT_EQ(document["counts"]["nobody"], 1);
  EXPECT_EQ(document["counts"]["ok"], 7);

  const auto one = json("/api/v1/shards/5");
  EXPECT_EQ(one["schema"], "wattring.shard/1");
  EXPECT_EQ(one["here"], "holder");
  EXPECT_EQ(json("/api/v1/shards?meter=M-001")["shard"], 5) << "the shard of a meter that nobody has heard of";
}

TEST_F(ShardsOverHttp, AShardThatComesAsAWholeSaysHowMuchCameAndFromWhom) {
  EXPECT_TRUE(json("/api/v1/shards")["counts"]["filled_in_s"].is_null());
  shards.board_.shards[1].arriving = ShardArriving{"n2", 4096, 7};
  shards.board_.filled_in_s = 90;
  const auto document = json("/api/v1/shards");
  EXPECT_EQ(document["counts"]["filled_in_s"], 90);
  EXPECT_EQ(document["shards"][1]["arriving"], nlohmann::json::parse(R"({"from":"n2","bytes":4096,"for_s":7})"));
  EXPECT_FALSE(document["shards"][0].contains("arriving"));
}

TEST_F(ShardsOverHttp, AShardThatIsNoneIsNotFound) {
  for (const char* id : {"8", "x", "-1", "99999"}) {
    const Response response = send("GET", "/api/v1/shards/" + std::string(id));
    EXPECT_EQ(response.status, 404) << id;
    EXPECT_EQ(parse(response)["error"]["hint"], "shards are numbered 0 to 7");
  }
  EXPECT_EQ(send("GET", "/api/v1/shards?form=x").status, 400);
}

TEST_F(ShardsOverHttp, OtherNodesReadTheRolesALetterEach) {
  shards.board_.shards[1].role = ShardRole::filling;
  shards.board_.shards[2].role = ShardRole::holder;
  shards.board_.shards[3].role = ShardRole::none;
  EXPECT_EQ(send("GET", "/api/v1/shards?form=roles").body, "0000000000c0ffee ofhnoooo");
}

TEST_F(ShardsOverHttp, WithoutARingTheyAreNotThereYet) {
  ApiFixture alone;
  EXPECT_EQ(alone.get("/api/v1/shards").status, 503);
  EXPECT_EQ(alone.post("/api/v1/node/drain", "").status, 503);
  shards.board_ = {};
  EXPECT_EQ(json("/api/v1/shards")["shards"].size(), 0U);
  EXPECT_EQ(send("GET", "/api/v1/shards/0").status, 404);
}

TEST_F(ShardsOverHttp, TheStatusHasTheRingAndTheCounts) {
  lose_n3();
  shards.board_.filling = 2;
  shards.board_.missing = 1;
  shards.board_.held = 3;
  const auto document = json("/api/v1/status");
  EXPECT_EQ(document["ring"]["copies_wanted"], 3);
  EXPECT_EQ(document["shards"]["total"], 8);
  EXPECT_EQ(document["shards"]["degraded"], 8);
  EXPECT_EQ(document["shards"]["moving"], 2);
  EXPECT_EQ(document["shards"]["missing"], 1);
  EXPECT_EQ(document["shards"]["held"], 3);
  EXPECT_EQ(document["shards"]["owned"], 8);
}

TEST_F(ShardsOverHttp, ThePlanNamesNodesByNameOrIdAndShardsByRanges) {
  const Response response =
      send("POST", "/api/v1/ring/plan",
           R"({"remove":"n3","weight":"n1=200,6e320000000000000000000000000000=50","lose_shards":"7,2-4","add":null})");
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(shards.asked.remove, std::vector<NodeId>{FakeCluster::id_of("n3")});
  ASSERT_EQ(shards.asked.weights.size(), 2U);
  EXPECT_EQ(shards.asked.weights[0].weight, 200);
  EXPECT_EQ(shards.asked.weights[1].id, FakeCluster::id_of("n2"));
  EXPECT_EQ(shards.asked.lose_shards, (std::vector<std::uint16_t>{2, 3, 4, 7}));
  EXPECT_EQ(send("POST", "/api/v1/ring/plan", R"({"remove":"n9"})").status, 404);
  EXPECT_EQ(parse(send("POST", "/api/v1/ring/plan", R"({"remove":"n9"})"))["error"]["hint"], "known: n1, n2, n3");
  for (const char* body : {R"({"weight":"n1"})", R"({"weight":"n1=x"})", R"({"lose_shards":"5-2"})",
                           R"({"lose_shards":"0-65535"})", R"({"take":"n1"})", "[]"})
    EXPECT_EQ(send("POST", "/api/v1/ring/plan", body).status, 400) << body;
}

TEST_F(ShardsOverHttp, ACommitThatWouldLoseDataIsRefusedWithTheShards) {
  shards.planned.lost = {1, 2, 3, 6};
  const Response refused = send("POST", "/api/v1/ring/commit", R"({"remove":"n3"})");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(parse(refused)["error"]["code"], "WOULD_LOSE_DATA");
  EXPECT_NE(parse(refused)["error"]["message"].get<std::string>().find("1-3,6"), std::string::npos) << refused.body;
  EXPECT_EQ(send("POST", "/api/v1/ring/commit", R"({"remove":"n3","lose_shards":"1-3"})").status, 409)
      << "every one must be named";
  EXPECT_TRUE(shards.committed.empty());
  EXPECT_TRUE(parse(send("POST", "/api/v1/ring/plan", R"({"remove":"n3"})"))["refused"].get<bool>());
  const Response done = send("POST", "/api/v1/ring/commit", R"({"remove":"n3","lose_shards":"1-3,6"})");
  EXPECT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(parse(done)["outcome"], "decided");
  EXPECT_EQ(shards.committed.size(), 1U);
}

TEST_F(ShardsOverHttp, TheRefusalNamesShardsWhoseReadingsWaitAtTheRemovedNode) {
  shards.planned.lost = {1, 2, 3, 6};
  shards.planned.held = {2, 3};
  const auto error = parse(send("POST", "/api/v1/ring/commit", R"({"remove":"n3"})"))["error"];
  EXPECT_NE(error["message"].get<std::string>().find("; of these 2-3, readings wait at the removed node"),
            std::string::npos)
      << error;
  EXPECT_EQ(parse(send("POST", "/api/v1/ring/plan", R"({"remove":"n3"})"))["plan"]["held_by_removed"], "2-3");
}

TEST_F(ShardsOverHttp, TheLastNodesOfARingAreNotRemoved) {
  for (const char* verb : {"plan", "commit"}) {
    const Response all = send("POST", "/api/v1/ring/" + std::string(verb), R"({"remove":"n1,n2,n3"})");
    EXPECT_EQ(all.status, 409);
    EXPECT_EQ(parse(all)["error"]["code"], "NOBODY_STAYS");
  }
  shards.board_.members.resize(1);
  const auto error = parse(send("POST", "/api/v1/ring/plan", R"({"remove":"n1"})"))["error"];
  EXPECT_EQ(error["message"], "n1 is the only node of the ring: nobody else has its data");
  EXPECT_TRUE(shards.committed.empty());
}

TEST_F(ShardsOverHttp, ANameThatTwoBearIsRefusedWithBothIds) {
  auto twin = std::make_shared<cluster::Record>(*cluster.view_.members[2].record);
  twin->name = "n2";
  twin->endpoints.http = "10.0.0.9:7414";
  cluster.view_.members[2].record = twin;
  const Response refused = send("POST", "/api/v1/ring/plan", R"({"remove":"n2"})");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(parse(refused)["error"]["hint"],
            "give the id of the one that is meant: 6e320000000000000000000000000000 at 10.0.0.1:7414, "
            "6e330000000000000000000000000000 at 10.0.0.9:7414");
  EXPECT_EQ(send("POST", "/api/v1/ring/plan", R"({"remove":"6e330000000000000000000000000000"})").status, 200);
}

TEST_F(ShardsOverHttp, AMemberThatWasNotMetIsCalledByItsIdAndThatIsSaid) {
  lose_n3();
  shards.board_.members[2].name = "6e330000";
  EXPECT_NE(json("/api/v1/problems").dump().find("(6e330000 (of its id; its name is not known here) away)"),
            std::string::npos)
      << json("/api/v1/problems");
}

TEST_F(ShardsOverHttp, WithoutAMajorityACommitSaysWhoIsMissing) {
  shards.planned.missing = {"n2", "n3"};
  const Response refused = send("POST", "/api/v1/ring/commit", R"({"remove":"n3"})");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(parse(refused)["error"]["code"], "NO_MAJORITY");
  EXPECT_NE(refused.body.find("n2, n3"), std::string::npos);
  shards.planned.missing.clear();
  shards.outcome = RingOutcome::no_majority;
  EXPECT_EQ(parse(send("POST", "/api/v1/ring/commit", R"({"remove":"n3"})"))["error"]["code"], "NO_MAJORITY");
}

TEST_F(ShardsOverHttp, APlanOfAnotherRingIsNotCommitted) {
  shards.planned.made_from = 0xabc;
  EXPECT_EQ(parse(send("POST", "/api/v1/ring/commit", R"({"remove":"n3","ring":"0000000000000abd"})"))["error"]["code"],
            "RING_CHANGED");
  EXPECT_TRUE(shards.committed.empty());
  EXPECT_EQ(send("POST", "/api/v1/ring/commit", R"({"remove":"n3","ring":"0000000000000abc"})").status, 200);
  EXPECT_EQ(shards.committed_from, 0xabcU) << "what is decided follows the ring that was looked at";
  shards.outcome = RingOutcome::other_decided;
  EXPECT_EQ(send("POST", "/api/v1/ring/commit", R"({"remove":"n3"})").status, 409);
}

TEST_F(ShardsOverHttp, TheRingShowsWhoWaitsToGetIn) {
  shards.look.waiting = {{FakeCluster::id_of("n4"), "n4", 100, "east", 7}};
  shards.look.in_s = 3;
  shards.look.majority = 2;
  const auto document = json("/api/v1/ring");
  EXPECT_EQ(document["schema"], "wattring.ring/1");
  EXPECT_EQ(document["waiting"][0]["node"], "n4");
  EXPECT_EQ(document["waiting"][0]["seen_s"], 7);
  EXPECT_EQ(document["proposes_in_s"], 3);
  EXPECT_EQ(document["majority"], 2);
}

TEST_F(ShardsOverHttp, DrainingIsSaidToTheDoorAndSeenInTheView) {
  EXPECT_EQ(send("GET", "/readyz").status, 200);
  EXPECT_EQ(send("POST", "/api/v1/node/drain").status, 200);
  EXPECT_TRUE(shards.draining);
  auto record = std::make_shared<cluster::Record>(*cluster.view_.members[0].record);
  record->features |= cluster::kDrainingFeature;
  cluster.view_.members[0].record = record;
  shards.board_.members[0].draining = true;
  EXPECT_EQ(send("GET", "/readyz").status, 503);
  EXPECT_EQ(json("/readyz")["reason"].get<std::string>().substr(0, 9), "draining:");
  EXPECT_EQ(json("/api/v1/members")["members"][0]["state"], "draining");
  EXPECT_EQ(json("/api/v1/status")["nodes"]["draining"], 1);
  EXPECT_EQ(codes(), std::vector<std::string>{"NODE_DRAINING"});
  EXPECT_EQ(send("POST", "/api/v1/node/resume").status, 200);
  EXPECT_FALSE(shards.draining);
}

TEST_F(ShardsOverHttp, PromisesAreSharesOfShards) {
  PromiseRow row;
  row.failed = 2;
  row.acked = true;
  row.held = 0.3;
  row.held_worst = 0.34;
  shards.rows = {row};
  const auto document = json("/api/v1/promises");
  EXPECT_EQ(document["promises"][0]["failed"], 2);
  EXPECT_TRUE(document["promises"][0]["zone"].is_null());
  EXPECT_NEAR(document["promises"][0]["held"].get<double>(), 0.3, 1e-9);
}

TEST_F(ShardsOverHttp, AllWellIsNoProblem) {
  EXPECT_TRUE(codes().empty());
  EXPECT_EQ(json("/api/v1/status")["verdict"], "healthy");
}

TEST_F(ShardsOverHttp, ShardsWithOwnersAwayAreDegradedAndWithNoneCritical) {
  cluster.view_.members[2].record = FakeCluster::record("n3", MemberState::dead);
  lose_n3();
  EXPECT_EQ(codes(), (std::vector<std::string>{"NODE_DOWN", "SHARD_DEGRADED"}));
  shards.board_.shards[4].reachable = 0;
  shards.board_.shards[4].state = ShardState::nobody;
  EXPECT_EQ(codes(), (std::vector<std::string>{"NODE_DOWN", "SHARD_NOBODY", "SHARD_DEGRADED"}));
  EXPECT_EQ(json("/api/v1/status")["verdict"], "critical");
}

TEST_F(ShardsOverHttp, WithTooFewNodesNothingIsAcknowledged) {
  lose_n3();
  shards.board_.members[1].reachable = false;
  const auto found = codes();
  EXPECT_EQ(found.back(), "TOO_FEW_COPIES");
  EXPECT_NE(send("GET", "/api/v1/problems").body.find("start n2 or n3 again"), std::string::npos);
}

TEST_F(ShardsOverHttp, WhoIsInNoRingForLongIsAProblemAndWhoWasRemovedAWorseOne) {
  cluster.add("n4", MemberState::alive).since_ns = -70'000'000'000;
  cluster.add("n5", MemberState::alive).since_ns = -1'000'000'000;
  cluster.add("n6", MemberState::left);
  EXPECT_EQ(codes(), std::vector<std::string>{"NODE_NOT_IN_RING"}) << "n4; n5 has just come, n6 is gone";
  shards.board_.in_ring = false;
  EXPECT_EQ(codes(), (std::vector<std::string>{"NODE_NOT_IN_RING", "NODE_NOT_IN_RING"}));
  query.node_status.started_ms = kTestNowMs - 30'000;
  EXPECT_EQ(codes().size(), 1U) << "it joins";
  shards.board_.removed = true;
  EXPECT_EQ(codes().front(), "REMOVED_NODE");
}

TEST_F(ShardsOverHttp, NodesThatFollowAnotherRingAreACriticalProblem) {
  shards.board_.forks = {{"n2", -3'000'000'000}, {"n3", -8'000'000'000}};
  const auto document = json("/api/v1/problems");
  ASSERT_EQ(document["problems"].size(), 1U);
  const auto& problem = document["problems"][0];
  EXPECT_EQ(problem["code"], "RING_FORK");
  EXPECT_EQ(problem["severity"], "critical");
  EXPECT_EQ(problem["subject"], "ring");
  EXPECT_NE(problem["text"].get<std::string>().find("n2, n3 and this node (ring 3, 0000000000c0ffee)"),
            std::string::npos)
      << problem;
  EXPECT_EQ(problem["since"], format_rfc3339(kTestNowMs - 8'000));
  EXPECT_EQ(json("/api/v1/status")["verdict"], "critical");
}

TEST_F(ShardsOverHttp, ALaggingMemberIsNamed) {
  shards.board_.members[1].lagging = true;
  const auto document = json("/api/v1/problems");
  const auto& problems = document["problems"];
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0]["code"], "NODE_LAGGING");
  EXPECT_EQ(problems[0]["subject"], "n2");
}

TEST(ShardRanges, AreReadAsTheyAreWritten) {
  EXPECT_EQ(shard_ranges({}), "");
  EXPECT_EQ(shard_ranges({3}), "3");
  EXPECT_EQ(shard_ranges({0, 1, 2, 5, 7, 8}), "0-2,5,7-8");
  const auto back = read_shard_ranges("7-8,0-2,5,1");
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, (std::vector<std::uint16_t>{0, 1, 2, 5, 7, 8}));
}

}  // namespace
}  // namespace wattring::http
