// SPDX-License-Identifier: Apache-2.0
// A node that asks for no tokens, and who may ask it all the same.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/node/fake_cluster.hpp"
#include "tests/node/http_fakes.hpp"

namespace wattring::http {
namespace {

class CountingAudit final : public AuditDoor {
 public:
  Result<void> record(const AuditRecord& /*record*/) override {
    ++records;
    return {};
  }
  int records = 0;
};

class ForeignPages : public ::testing::Test {
 protected:
  Response ask(const std::string& host, const std::string& origin, const std::string& method = "POST",
               const std::string& path = "/api/v1/leave") {
    Request request;
    request.method = method;
    request.path = path;
    request.host = host;
    request.origin = origin;
    return api.handle(request);
  }
  static std::string code(const Response& response) {
    const auto body = nlohmann::json::parse(response.body, nullptr, false);
    return response.status == 403 ? body["error"]["code"].get<std::string>() : "let in";
  }

  FakeClock clock;
  FakeIngest ingest;
  FakeQuery query;
  FakeCluster cluster;
  CountingAudit audit;
  BodyBudget budget{512U << 20U};
  Metrics metrics;
  Counter& refused = metrics.counter("wattring_http_refused_total", "", R"(reason="foreign")");
  Api api{{{}, "n1", "0.1.0", {false, {"n1.lan.Example", "0.0.0.0", ""}}},
          ingest,
          query,
          {nullptr, &cluster, &audit},
          clock,
          budget,
          metrics,
          Log::silent()};
};

TEST_F(ForeignPages, ARequestIsLetInByTheNameItUsesAndThePageItComesFrom) {
  struct Row {
    const char* host;
    const char* origin;
    const char* outcome;
  };
  constexpr Row kRows[] = {
      // Command lines, Prometheus, HTTP/1.0.
      {"127.0.0.1:7414", "", "let in"},
      {"", "", "let in"},
      {"10.1.2.3", "", "let in"},
      {"[::1]:7414", "", "let in"},
      {"[fe80::1]", "", "let in"},
      {"localhost:7414", "", "let in"},
      {"LocalHost.", "", "let in"},
      {"n1.lan.example:7414", "", "let in"},
      {"N1.LAN.EXAMPLE.:80", "", "let in"},
      // Names that were made to point here.
      {"evil.example", "", "FOREIGN_HOST"},
      {"evil.example:7414", "http://evil.example:7414", "FOREIGN_HOST"},
      {"localhost.evil.example", "", "FOREIGN_HOST"},
      {"127.0.0.1.evil.example:7414", "", "FOREIGN_HOST"},
      {"n1.lan.example.evil:7414", "", "FOREIGN_HOST"},
      {"[evil.example]:7414", "", "FOREIGN_HOST"},
      {":7414", "", "FOREIGN_HOST"},
      {"127.0.0.1@evil.example", "", "FOREIGN_HOST"},
      // Pages.
      {"127.0.0.1:7414", "http://127.0.0.1:7414", "let in"},
      {"n1.lan.example", "https://N1.lan.example", "let in"},
      {"127.0.0.1:7414", "http://evil.example", "FOREIGN_ORIGIN"},
      {"127.0.0.1:7414", "http://127.0.0.1:8080", "FOREIGN_ORIGIN"},
      {"127.0.0.1:7414", "http://localhost:7414", "FOREIGN_ORIGIN"},
      {"127.0.0.1:7414", "http://127.0.0.1:74140", "FOREIGN_ORIGIN"},
      {"127.0.0.1:7414", "null", "FOREIGN_ORIGIN"},
      {"", "http://", "FOREIGN_ORIGIN"},
      {"", "http://evil.example", "FOREIGN_ORIGIN"},
  };
  std::uint64_t turned_away = 0;
  for (const Row& row : kRows) {
    EXPECT_EQ(code(ask(row.host, row.origin)), row.outcome) << "Host: " << row.host << ", Origin: " << row.origin;
    if (row.outcome != std::string("let in")) ++turned_away;
  }
  EXPECT_EQ(refused.value(), turned_away);
}

TEST_F(ForeignPages, TheRefusalSaysWhatToDo) {
  const std::string of_host = ask("evil.example", "").body;
  EXPECT_NE(of_host.find("evil.example"), std::string::npos);
  for (const char* word : {"numeric address", "advertise.http", "http.tokens"})
    EXPECT_NE(of_host.find(word), std::string::npos) << word << " in " << of_host;
  const std::string of_origin = ask("127.0.0.1:7414", "http://evil.example").body;
  for (const char* word : {"http://evil.example", "Origin", "http.tokens"})
    EXPECT_NE(of_origin.find(word), std::string::npos) << word << " in " << of_origin;
}

TEST_F(ForeignPages, NothingIsReadThroughANameThatPointsHereEither) {
  for (const Route& route : routes()) {
    const Response answer = ask("evil.example", "", std::string(route.method), std::string(route.path));
    EXPECT_EQ(code(answer) == "FOREIGN_HOST", route.role != Role::none) << route.method << " " << route.path;
  }
}

TEST_F(ForeignPages, WhatIsRefusedWritesNothingDown) {
  EXPECT_EQ(ask("evil.example", "").status, 403);
  EXPECT_EQ(ask("127.0.0.1", "http://evil.example").status, 403);
  EXPECT_EQ(audit.records, 0);
  EXPECT_LT(ask("127.0.0.1", "").status, 300);
  EXPECT_EQ(audit.records, 1);
}

}  // namespace
}  // namespace wattring::http
