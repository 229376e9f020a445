// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "tests/node/fake_cluster.hpp"
#include "tests/node/http_fakes.hpp"

namespace wattring::http {
namespace {

using cluster::EventKind;
using cluster::Evidence;
using cluster::MemberState;

class ClusterOverHttp : public ::testing::Test {
 protected:
  ClusterOverHttp() {
    NodeStatus& status = fixture.query.node_status;
    status.node = "n1";
    status.cluster = "plant-north";
    status.version = "0.1.0";
    status.now_ms = kTestNowMs;
    status.started_ms = kTestNowMs - 90'000;
    status.ready = true;
    status.shards = 1024;
  }
  nlohmann::json json(std::string_view target) { return parse(fixture.get(target)); }
  /// The codes of problems in a document.
  static std::vector<std::string> codes(const nlohmann::json& document) {
    std::vector<std::string> out;
    for (const auto& problem : document["problems"]) out.push_back(problem["code"]);
    return out;
  }

  FakeCluster cluster;
  ApiFixture fixture{{}, true, &cluster};
};

TEST_F(ClusterOverHttp, AMemberRowSaysWhatThisNodeHoldsOfItAndWhy) {
  cluster.add("n2", MemberState::alive).round_trip_ns = 400'000;
  auto& down = cluster.add("n3", MemberState::dead);
  down.accusations = {{FakeCluster::id_of("n2"), Evidence::refused}};
  down.flapping = true;
  const auto document = json("/api/v1/members");
  EXPECT_EQ(document["schema"], "wattring.members/1");
  EXPECT_EQ(document["views"]["hash"], "00c0ffee12345678");
  EXPECT_EQ(document["views"]["version"], 7);
  EXPECT_EQ(document["views"]["joined"], true);
  EXPECT_EQ(document["local_health"], 0);
  EXPECT_EQ(document["keys"], false);
  cluster.keys = true;
  EXPECT_EQ(json("/api/v1/members")["keys"], true);
  ASSERT_EQ(document["members"].size(), 3U);
  const auto& self = document["members"][0];
  EXPECT_EQ(self["self"], true);
  EXPECT_EQ(self["version"], "0.1.0");
  EXPECT_EQ(self["shards"], 1024);
  const auto& row = document["members"][2];
  EXPECT_EQ(row["node"], "n3");
  EXPECT_EQ(row["id"], "6e330000000000000000000000000000");
  EXPECT_EQ(row["address"], "10.0.0.1:7411");
  EXPECT_EQ(row["endpoints"]["http"], "10.0.0.1:7414");
  EXPECT_EQ(row["state"], "down");
  EXPECT_EQ(row["seen_up_by"], 0);
  EXPECT_EQ(row["flapping"], true);
  EXPECT_EQ(row["for_s"], 60);
  EXPECT_EQ(row["epoch"], 5);
  EXPECT_EQ(row["incarnation"], 2);
  EXPECT_EQ(row["why"], "held dead; connection refused to n2");
  EXPECT_EQ(row["accusers"], nlohmann::json::parse(R"([{"node":"n2","evidence":"refused"}])"));
  EXPECT_EQ(row["zone"], "north");
  EXPECT_EQ(row["weight"], 100);
  EXPECT_TRUE(row["round_trip_s"].is_null());
  EXPECT_FALSE(row.contains("version")) << "only a node itself knows its version";
  EXPECT_NEAR(document["members"][1]["round_trip_s"].get<double>(), 0.0004, 1e-9);
}

TEST_F(ClusterOverHttp, OnlyTheNodeItselfIsJoiningOrDraining) {
  cluster.view_.joined = false;
  EXPECT_EQ(json("/api/v1/members")["members"][0]["state"], "joining");
  cluster.view_.joined = true;
  cluster.view_.members[0].record = FakeCluster::record("n1", MemberState::left);
  cluster.add("n2", MemberState::left);
  const auto members = json("/api/v1/members")["members"];
  EXPECT_EQ(members[0]["state"], "draining");
  EXPECT_EQ(members[1]["state"], "left");
}

TEST_F(ClusterOverHttp, StatusCountsMembersAndTellsWhoIsGone) {
  cluster.add("n2", MemberState::suspect);
  cluster.add("n3", MemberState::dead);
  cluster.add("n4", MemberState::left);
  const auto document = json("/api/v1/status");
  EXPECT_EQ(document["nodes"],
            nlohmann::json::parse(R"({"up":1,"suspect":1,"down":1,"draining":0,"joining":0,"left":1})"));
  EXPECT_EQ(codes(document), (std::vector<std::string>{"NODE_SUSPECT", "NODE_DOWN"}));
  EXPECT_EQ(document["problems"][1]["subject"], "n3");
  EXPECT_EQ(document["problems"][1]["since"], "2026-02-11T13:01:11Z") << "60 s before now";
  EXPECT_EQ(document["verdict"], "degraded");
  EXPECT_EQ(codes(json("/api/v1/problems")), codes(document));
}

TEST_F(ClusterOverHttp, MoreDownThanLiveIsCritical) {
  cluster.add("n2", MemberState::dead);
  EXPECT_EQ(json("/api/v1/status")["verdict"], "degraded");
  cluster.add("n3", MemberState::dead);
  EXPECT_EQ(json("/api/v1/status")["verdict"], "critical");
}

TEST_F(ClusterOverHttp, WhoHasLeftOrIsSteadilyUpIsNoProblem) {
  cluster.add("n2", MemberState::alive);
  cluster.add("n3", MemberState::left);
  EXPECT_EQ(json("/api/v1/status")["verdict"], "healthy");
  cluster.view_.members[1].flapping = true;
  EXPECT_EQ(codes(json("/api/v1/status")), std::vector<std::string>{"NODE_FLAPPING"});
}

TEST_F(ClusterOverHttp, ReadinessIsOfThisNodeAloneAndNeedsItToHaveJoined) {
  cluster.add("n2", MemberState::dead);
  cluster.add("n3", MemberState::dead);
  EXPECT_EQ(fixture.get("/readyz").status, 200) << "others' trouble takes no node out";
  cluster.view_.joined = false;
  EXPECT_EQ(fixture.get("/readyz").status, 503);
  EXPECT_EQ(json("/readyz")["reason"], "not joined: has met no other node yet");
  EXPECT_EQ(fixture.get("/livez").status, 200);
  EXPECT_EQ(codes(json("/api/v1/status")).back(), "NOT_JOINED");
}

TEST_F(ClusterOverHttp, ClusterzIsTheVerdictOnAllAndNeverAStatusForAProbe) {
  cluster.add("n2", MemberState::dead);
  cluster.add("n3", MemberState::dead);
  const Response response = fixture.get("/clusterz");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(parse(response)["verdict"], "critical");
  EXPECT_EQ(parse(response)["seen_by"], "n1");
  EXPECT_FALSE(parse(response).contains("checks"));
  const auto checks = json("/clusterz?verbose")["checks"];
  ASSERT_EQ(checks.size(), 4U);
  EXPECT_EQ(checks[1], nlohmann::json::parse(R"({"check":"joined","ok":true,"reason":""})"));
  EXPECT_EQ(checks[2]["check"], "NODE_DOWN n2");
  EXPECT_EQ(checks[2]["ok"], false);
  EXPECT_EQ(fixture.get("/clusterz?x=1").status, 400);
}

TEST_F(ClusterOverHttp, EventsComeAfterASequenceAndAGapIsCounted) {
  for (std::uint64_t sequence = 3; sequence < 8; ++sequence) cluster.say(sequence, EventKind::joined, "n2", "hello");
  auto document = json("/api/v1/events?limit=2");
  EXPECT_EQ(document["schema"], "wattring.events/1");
  EXPECT_EQ(document["lost"], 2);
  EXPECT_EQ(document["next"], 4);
  EXPECT_EQ(document["started"], "2026-02-11T13:00:41Z");
  ASSERT_EQ(document["events"].size(), 2U);
  EXPECT_EQ(document["events"][0]["event"], "joined");
  EXPECT_EQ(document["events"][0]["node"], "n2");
  EXPECT_EQ(document["events"][0]["detail"], "hello");
  EXPECT_EQ(document["events"][0]["time"], "2026-02-11T13:02:11.003Z");
  document = json("/api/v1/events?after=7");
  EXPECT_EQ(document["next"], 7);
  EXPECT_EQ(document["lost"], 0);
}

TEST_F(ClusterOverHttp, EventsRefuseWhatMakesNoSense) {
  for (const char* query : {"after=-1", "after=x", "limit=0", "limit=10001", "wait=26s", "wait=5", "since=1h"})
    EXPECT_EQ(fixture.get(std::string("/api/v1/events?") + query).status, 400) << query;
}

TEST_F(ClusterOverHttp, AWaitForEventsEndsWithTheFirstOne) {
  std::jthread other([this] {
    while (cluster.asked_for_events < 2) std::this_thread::yield();
    cluster.say(1, EventKind::failed, "n2");
  });
  EXPECT_EQ(json("/api/v1/events?wait=25s")["next"], 1);
}

TEST_F(ClusterOverHttp, AStopEndsWaitsForEvents) {
  std::jthread other([this] {
    while (cluster.asked_for_events < 2) std::this_thread::yield();
    fixture.api.stop_waiting();
  });
  EXPECT_EQ(json("/api/v1/events?wait=25s")["events"].size(), 0U);
  EXPECT_EQ(json("/api/v1/events?wait=25s")["events"].size(), 0U) << "nor does a new one wait";
}

TEST_F(ClusterOverHttp, MetricsShowEveryStateOfEveryMember) {
  cluster.add("n2", MemberState::dead);
  cluster.add("with \"quotes\"", MemberState::alive);
  cluster.view_.local_health = 3;
  const std::string text = fixture.get("/metrics").body;
  for (const char* line :
       {"wattring_member_state{peer=\"n2\",state=\"down\"} 1\n", "wattring_member_state{peer=\"n2\",state=\"up\"} 0\n",
        "wattring_member_state{peer=\"with \\\"quotes\\\"\",state=\"up\"} 1\n", "# TYPE wattring_member_state gauge\n",
        "wattring_local_health 3\n", "wattring_joined 1\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line;
}

TEST_F(ClusterOverHttp, LeaveIsPassedOn) {
  const Response response = fixture.post("/api/v1/leave", "");
  EXPECT_EQ(response.status, 202);
  EXPECT_TRUE(cluster.left);
}

TEST(ClusterOfOne, HasNoEventsAndNothingToLeave) {
  ApiFixture fixture;
  EXPECT_EQ(parse(fixture.get("/api/v1/events?wait=25s"))["events"].size(), 0U);
  EXPECT_EQ(fixture.post("/api/v1/leave", "").status, 503);
  EXPECT_EQ(parse(fixture.get("/clusterz"))["nodes"]["up"], 1);
  EXPECT_EQ(fixture.get("/metrics").body.find("wattring_member_state"), std::string::npos);
}

}  // namespace
}  // namespace wattring::http
