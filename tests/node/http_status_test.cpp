// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "tests/node/http_fakes.hpp"

namespace wattring::http {
namespace {

class StatusApi : public ::testing::Test {
 protected:
  StatusApi() {
    NodeStatus& status = fixture.query.node_status;
    status.cluster = "plant \"north\"";
    status.node = "n1";
    status.node_id = "00ff";
    status.version = "0.1.0";
    status.now_ms = kTestNowMs;
    status.started_ms = kTestNowMs - 12'500;
    status.ready = true;
    status.shards = 1024;
    status.meters = 120'000;
    status.stored_per_s = 8000.5;
    status.stored_total = 77;
    status.refused_total = 4;
    status.ack_p99_s = 0.0064;
    status.used_bytes = 1;
    status.map_bytes = 16;
  }
  ApiFixture fixture;
};

TEST_F(StatusApi, IsHealthyWithoutProblemsAndHasTheStableFields) {
  const auto json = parse(fixture.get("/api/v1/status"));
  EXPECT_EQ(json["schema"], "wattring.status/1");
  EXPECT_EQ(json["cluster"], "plant \"north\"");
  EXPECT_EQ(json["at"], "2026-02-11T13:02:11Z");
  EXPECT_EQ(json["verdict"], "healthy");
  EXPECT_EQ(json["views"], nlohmann::json::parse(R"({"asked":1,"answered":1,"agree":true})"));
  EXPECT_EQ(json["nodes"], nlohmann::json::parse(R"({"up":1,"suspect":0,"down":0,"draining":0,"joining":0,"left":0})"));
  EXPECT_EQ(json["shards"], nlohmann::json::parse(R"({"owned":1024,"recovering":0,"moving":0,"nobody":0})"));
  EXPECT_EQ(json["ingest"]["acked_per_s"], 8000.5);
  EXPECT_EQ(json["ingest"]["p99_s"], 0.0064);
  EXPECT_EQ(json["journal"]["used_bytes"], 1);
  EXPECT_EQ(json["journal"]["map_bytes"], 16);
  EXPECT_EQ(json["meters"]["known"], 120'000);
  EXPECT_EQ(json["endpoints"]["ingest"], "127.0.0.1:7413");
  EXPECT_EQ(json["problems"], nlohmann::json::array());
}

TEST_F(StatusApi, TakesItsVerdictFromTheWorstProblem) {
  fixture.query.node_status.problems = {{"SHARDS_RECOVERING", "warn", "n1", "text", "wait", kTestNowMs}};
  fixture.query.node_status.shards_recovering = 12;
  auto json = parse(fixture.get("/api/v1/status"));
  EXPECT_EQ(json["verdict"], "degraded");
  EXPECT_EQ(json["shards"]["owned"], 1012);
  EXPECT_EQ(json["problems"][0], nlohmann::json::parse(R"({"code":"SHARDS_RECOVERING","severity":"warn","subject":"n1",
    "text":"text","do":"wait","since":"2026-02-11T13:02:11Z"})"));
  fixture.query.node_status.problems.push_back({"DISK_RESERVE", "critical", "n1", "t", "d", kTestNowMs});
  json = parse(fixture.get("/api/v1/status"));
  EXPECT_EQ(json["verdict"], "critical");
  EXPECT_EQ(parse(fixture.get("/api/v1/problems"))["problems"].size(), 2U);
  EXPECT_EQ(parse(fixture.get("/api/v1/problems"))["schema"], "wattring.problems/1");
}

TEST_F(StatusApi, ANodeThatIsNotReadyIsNotHealthy) {
  fixture.query.node_status.ready = false;
  EXPECT_EQ(parse(fixture.get("/api/v1/status"))["verdict"], "degraded");
}

TEST_F(StatusApi, MembersOfOneNodeAreItself) {
  const auto json = parse(fixture.get("/api/v1/members"));
  EXPECT_EQ(json["schema"], "wattring.members/1");
  EXPECT_EQ(json["views"], nlohmann::json::parse(R"({"asked":1,"answered":1,"agree":true})"));
  ASSERT_EQ(json["members"].size(), 1U);
  const auto& member = json["members"][0];
  EXPECT_EQ(member["node"], "n1");
  EXPECT_EQ(member["id"], "00ff");
  EXPECT_EQ(member["address"], "127.0.0.1:7411");
  EXPECT_EQ(member["state"], "up");
  EXPECT_EQ(member["for_s"], 12);
  EXPECT_EQ(member["seen_up_by"], 1);
}

TEST_F(StatusApi, ProbesTellAliveFromReady) {
  EXPECT_EQ(fixture.get("/livez").status, 200);
  EXPECT_EQ(fixture.get("/healthz").status, 200);
  EXPECT_EQ(fixture.get("/readyz").status, 200);
  fixture.query.node_status.ready = false;
  fixture.query.node_status.shards_recovering = 3;
  EXPECT_EQ(fixture.get("/livez").status, 200) << "a node that recovers must not be killed for it";
  const Response response = fixture.get("/readyz");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(parse(response)["reason"], "3 of 1024 shards are recovering");
  fixture.query.node_status.shards_recovering = 0;
  EXPECT_EQ(parse(fixture.get("/readyz"))["reason"], "starting or draining");
}

TEST_F(StatusApi, SpeaksWhatInfluxClientsAskFirst) {
  const Response ping = fixture.get("/ping");
  EXPECT_EQ(ping.status, 204);
  EXPECT_TRUE(ping.body.empty());
  EXPECT_EQ(header(ping, "X-Influxdb-Version"), "1.8-wattring-0.1.0");
  EXPECT_EQ(parse(fixture.get("/ping?verbose=true"))["version"], "0.1.0");
  EXPECT_EQ(parse(fixture.get("/health"))["status"], "pass");
  fixture.query.node_status.ready = false;
  EXPECT_EQ(fixture.get("/health").status, 503);
  EXPECT_EQ(parse(fixture.get("/health"))["status"], "fail");
  EXPECT_EQ(parse(fixture.post("/query?q=CREATE+DATABASE+%22telegraf%22", ""))["results"][0]["statement_id"], 0);
  EXPECT_EQ(parse(fixture.post("/query", "q=CREATE+DATABASE+x"))["results"][0]["statement_id"], 0);
  EXPECT_EQ(fixture.get("/query?q=SELECT+1").status, 400);
}

TEST_F(StatusApi, TheRootSaysWhereToGo) {
  const Response response = fixture.get("/");
  EXPECT_EQ(response.status, 200);
  const auto json = parse(response);
  EXPECT_EQ(json["name"], "wattring");
  for (const auto& [what, path] : json["see"].items())
    EXPECT_EQ(fixture.get(path.get<std::string>()).status, 200) << what;
}

TEST_F(StatusApi, SaysItsVersion) {
  EXPECT_EQ(parse(fixture.get("/version")), nlohmann::json::parse(R"({"name":"wattring","version":"0.1.0"})"));
}

TEST_F(StatusApi, CountsRequestsByTemplateAndClassWithoutIds) {
  fixture.get("/api/v1/meters/M-1");
  fixture.get("/api/v1/meters/M-2");
  fixture.get("/api/v1/meters/M-2?x=1");
  fixture.get("/nowhere/M-2");
  const Response response = fixture.get("/metrics");
  EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
  const auto has = [&](std::string_view line) { return response.body.find(line) != std::string::npos; };
  EXPECT_TRUE(has("wattring_http_requests_total{path=\"/api/v1/meters/{id}\",code=\"2xx\"} 2\n")) << response.body;
  EXPECT_TRUE(has("wattring_http_requests_total{path=\"/api/v1/meters/{id}\",code=\"4xx\"} 1\n"));
  EXPECT_TRUE(has("wattring_http_requests_total{path=\"other\",code=\"4xx\"} 1\n"));
  EXPECT_TRUE(has("wattring_http_request_seconds_count{path=\"/api/v1/meters/{id}\"} 3\n"));
  EXPECT_FALSE(has("M-2"));
}

class ThrowingQuery final : public QueryDoor {
 public:
  Result<MeterPage> meters(std::string_view, std::string_view, std::size_t) override { throw std::runtime_error("x"); }
  Result<MeterSummary> meter(std::string_view) override { throw std::bad_alloc(); }
  Result<ReadingsAnswer> readings(const ReadingsQuery&) override { return fail(ErrorCode::io, ""); }
  Result<IntervalsAnswer> intervals(const IntervalsQuery&) override { return fail(ErrorCode::io, ""); }
  NodeStatus status() override { return {}; }
};

TEST(Api, AnExceptionInAHandlerIsA500AndNotTheEnd) {
  ApiFixture fixture;
  ThrowingQuery query;
  Api api({{}, "n1", "0"}, fixture.ingest, query, {}, fixture.clock, fixture.budget, fixture.metrics, Log::silent());
  for (const char* path : {"/api/v1/meters", "/api/v1/meters/x"}) {
    Request request;
    request.method = "GET";
    request.path = path;
    const Response response = api.handle(request);
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(parse(response)["error"]["code"], "INTERNAL");
  }
}

}  // namespace
}  // namespace wattring::http
