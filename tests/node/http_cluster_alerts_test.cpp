// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "node/http/peers_door.hpp"
#include "node/http/relay.hpp"
#include "tests/node/fake_alerts.hpp"
#include "tests/node/http_fakes.hpp"

/// Alerts of several nodes as one answer.

namespace wattring::http {
namespace {

NodeId id(std::uint8_t number) {
  NodeId node;
  node.bytes[0] = number;
  return node;
}
PeersDoor::Peer peer(std::uint8_t number, bool self = false) {
  return {id(number), "n" + std::to_string(number), self};
}

class OtherNodes final : public PeersDoor {
 public:
  std::vector<Peer> owners_of(std::string_view) override { return owners; }
  Members members() override { return {everybody, everybody.size() + silent, 3}; }
  bool is_whole() override { return true; }
  Result<std::string> call(const NodeId& to, std::string question, std::int64_t) override {
    const std::lock_guard lock(mutex);
    const auto request = decode_request(question);
    if (request && request->method == "POST") posted.push_back({to, *request});
    const auto found = answers.find(to);
    if (found == answers.end()) return fail(ErrorCode::busy, "not reachable");
    return encode_response(found->second);
  }
  Result<Standing> stand(std::string_view, Level, std::string_view) override { return Standing{}; }

  std::vector<Peer> owners{peer(2), peer(1, true)};
  std::vector<Peer> everybody{peer(1, true), peer(2), peer(3)};
  std::size_t silent = 0;
  std::map<NodeId, Response> answers;
  std::mutex mutex;
  std::vector<std::pair<NodeId, Request>> posted;
};

nlohmann::json row(const std::string& alert, const std::string& revision, const char* user = nullptr) {
  nlohmann::json made{{"id", alert},
                      {"meter", "M-1"},
                      {"revision", revision},
                      {"severity", "warn"},
                      {"since", "2026-01-12T17:30:05Z"},
                      {"acked_by", nullptr}};
  if (user != nullptr) made["acked_by"] = user;
  return made;
}
Response page(const std::vector<nlohmann::json>& rows) {
  Response response;
  response.body = nlohmann::json{{"schema", "wattring.alerts/1"}, {"alerts", rows}, {"total", rows.size()}}.dump();
  return response;
}

struct ClusterAlertsTest : testing::Test {
  nlohmann::json alerts(bool relayed = false) {
    Request request;
    request.method = "GET";
    request.path = "/api/v1/alerts";
    request.relayed = relayed;
    return nlohmann::json::parse((relayed ? api.handle_relayed(request) : api.handle(request)).body);
  }
  Response ack(const std::string& alert, bool relayed = false) {
    Request request;
    request.method = "POST";
    request.path = "/api/v1/alerts/" + alert + "/ack";
    request.body = R"({"user":"ann"})";
    request.caller = "office";
    return relayed ? api.handle_relayed(request) : api.handle(request);
  }
  OtherNodes peers;
  FakeAlerts door;
  FakeIngest ingest;
  FakeQuery query;
  FakeClock clock;
  BodyBudget budget{1U << 20U};
  Metrics metrics;
  Api api{{{}, "n1", "0"}, ingest, query,   Doors{&door, nullptr, nullptr, &peers},
          clock,           budget, metrics, Log::silent()};
  const std::string first = "00000000000000aa";
  const std::string second = "00000000000000bb";
};

TEST_F(ClusterAlertsTest, TheHomeKnowsBestAndWithoutItWhoHasSeenMost) {
  peers.answers[id(2)] = page({row(first, "3.00000001", "bob")});
  peers.answers[id(3)] = page({row(first, "9.00000002"), row(second, "2.00000003")});
  auto page_of_all = alerts();
  std::map<std::string, nlohmann::json> by_id;
  for (const auto& alert : page_of_all["alerts"]) by_id[alert["id"].get<std::string>()] = alert;
  EXPECT_EQ(by_id[first]["revision"], "3.00000001");
  EXPECT_TRUE(by_id.contains(second));
  EXPECT_EQ(page_of_all["complete"], true);

  peers.owners = {peer(4)};
  by_id.clear();
  page_of_all = alerts();
  for (const auto& alert : page_of_all["alerts"]) by_id[alert["id"].get<std::string>()] = alert;
  EXPECT_EQ(by_id[first]["revision"], "9.00000002");
}

TEST_F(ClusterAlertsTest, AnAnswerThatLacksAllOwnersOfAShardSaysSo) {
  peers.answers[id(2)] = page({});
  peers.answers[id(3)] = page({});
  peers.silent = 2;
  EXPECT_EQ(alerts()["complete"], true);
  peers.silent = 3;
  EXPECT_EQ(alerts()["complete"], false);
  peers.silent = 0;
  peers.answers[id(3)] = page({nlohmann::json{{"id", 7}}});
  EXPECT_EQ(alerts()["complete"], true) << "two of three owners answered in order";
}

TEST_F(ClusterAlertsTest, ARelayedQuestionIsAnsweredFromHereAlone) {
  EXPECT_FALSE(alerts(true).contains("complete"));
}

TEST_F(ClusterAlertsTest, AnAcknowledgementGoesToTheHomeWithTheNameOfItsCaller) {
  peers.answers[id(2)] = page({row(first, "3.00000001")});
  const Response response = ack("00000000000000A");
  ASSERT_EQ(peers.posted.size(), 1U);
  EXPECT_EQ(peers.posted.front().first, id(2));
  EXPECT_EQ(peers.posted.front().second.path, "/api/v1/alerts/" + first + "/ack");
  EXPECT_EQ(peers.posted.front().second.caller, "office");
  EXPECT_EQ(peers.posted.front().second.body, R"({"user":"ann"})");
  EXPECT_EQ(response.status, 200);
}

TEST_F(ClusterAlertsTest, ARelayedAcknowledgementIsTakenAndOtherChangesAreNot) {
  EXPECT_NE(ack(first, true).status, 403);
  EXPECT_TRUE(peers.posted.empty());
  Request request;
  request.method = "PUT";
  request.path = "/api/v1/rules";
  EXPECT_EQ(api.handle_relayed(request).status, 403);
}

}  // namespace
}  // namespace wattring::http
