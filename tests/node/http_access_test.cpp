// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/node/fake_cluster.hpp"
#include "tests/node/http_fakes.hpp"
#include "tests/support/temp_directory.hpp"

namespace wattring::http {
namespace {

class SteppedClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t wall_ms() const override { return kTestNowMs; }
  [[nodiscard]] std::int64_t monotonic_ns() const override { return now_ns; }
  std::int64_t now_ns = 0;
};

class FakeAudit final : public AuditDoor {
 public:
  Result<void> record(const AuditRecord& record) override {
    records.push_back(record);
    if (broken) return fail(ErrorCode::io, "disk");
    return {};
  }
  std::vector<AuditRecord> records;
  bool broken = false;
};

/// A node that asks for tokens: "reader", "writer", "both" and "boss".
class AccessTest : public ::testing::Test {
 protected:
  AccessTest() {
    write_file({{"reader", "read"}, {"writer", "write"}, {"both", "read,write"}, {"boss", "admin"}});
    auto opened = TokenStore::open(file(), clock, Log::silent());
    EXPECT_TRUE(opened) << opened.error().text();
    store = std::move(*opened);
    api.set_tokens(*store);
    query.node_status.ready = true;
  }
  [[nodiscard]] std::string file() const { return (folder.path() / "http.tokens").string(); }
  void write_text(const std::string& text) const {
    std::ofstream(file(), std::ios::binary) << text;
    ASSERT_EQ(::chmod(file().c_str(), 0600), 0);
  }
  void write_file(const std::vector<std::pair<std::string, std::string>>& tokens) {
    std::string text = "# name roles hash\n\n";
    for (const auto& [name, roles] : tokens) {
      if (!secrets.contains(name)) secrets[name] = make_token();
      text += token_line({name, parse_roles(roles).value(), hash_token(secrets[name])}) + "\n";
    }
    write_text(text);
  }
  Response ask(const std::string& method, const std::string& path, const std::string& authorization,
               const std::string& peer = "10.0.0.9") {
    Request request;
    request.method = method;
    request.path = path;
    request.authorization = authorization;
    request.peer = peer;
    return api.handle(request);
  }
  Response as(const std::string& name, const std::string& method, const std::string& path) {
    return ask(method, path, "Bearer " + secrets[name]);
  }

  const test::TempDirectory folder;
  std::map<std::string, std::string> secrets;
  SteppedClock clock;
  FakeIngest ingest;
  FakeQuery query;
  FakeAlerts alerts;
  FakeCluster cluster;
  FakeAudit audit;
  BodyBudget budget{512U << 20U};
  Metrics metrics;
  std::unique_ptr<TokenStore> store;
  Api api{{{}, "n1", "0.1.0", {}}, ingest, query, {&alerts, &cluster, &audit}, clock, budget, metrics, Log::silent()};
};

TEST_F(AccessTest, ProbesAreForEverybodyAndNothingElseIs) {
  for (const Route& route : routes()) {
    const bool open = ask(std::string(route.method), std::string(route.path), "").status != 401;
    const bool probe = route.path == "/livez" || route.path == "/readyz" || route.path == "/healthz" ||
                       route.path == "/ping" || route.path == "/health";
    EXPECT_EQ(open, probe) << route.method << " " << route.path;
  }
}

TEST_F(AccessTest, EveryRouteAsksForItsRole) {
  for (const Route& route : routes()) {
    for (const auto& [name, roles] :
         {std::pair{"reader", Role::read}, std::pair{"writer", Role::write}, std::pair{"boss", Role::admin}}) {
      const bool may = route.role == Role::none || roles == Role::admin || route.role == roles;
      EXPECT_EQ(as(name, std::string(route.method), std::string(route.path)).status == 403, !may)
          << name << " " << route.method << " " << route.path;
    }
    const bool changes = route.method == "PUT" || route.method == "DELETE";
    EXPECT_TRUE(!changes || route.role == Role::admin) << route.path;
    const bool reads = route.role == Role::read || route.role == Role::none || route.path == "/query";
    EXPECT_TRUE(route.method != "GET" || reads || route.target == Target::backup_part) << route.path;
  }
}

TEST_F(AccessTest, ATokenMayHaveSeveralRoles) {
  EXPECT_EQ(as("both", "GET", "/api/v1/status").status, 200);
  EXPECT_NE(as("both", "POST", "/write").status, 403);
  EXPECT_EQ(as("both", "POST", "/api/v1/leave").status, 403);
}

TEST_F(AccessTest, ARefusalSaysWhatToDo) {
  const Response none = ask("GET", "/api/v1/status", "");
  EXPECT_EQ(none.status, 401);
  EXPECT_EQ(header(none, "WWW-Authenticate"), "Bearer realm=\"wattring\"");
  EXPECT_EQ(parse(none)["error"]["code"], "UNAUTHORISED");
  EXPECT_NE(parse(none)["error"]["hint"].get<std::string>().find("--role read"), std::string::npos);
  const Response role = as("reader", "POST", "/api/v1/leave");
  EXPECT_EQ(parse(role)["error"]["code"], "FORBIDDEN");
  EXPECT_EQ(parse(role)["error"]["message"], "the token \"reader\" has the role read; POST /api/v1/leave needs admin");
  EXPECT_FALSE(cluster.left);
}

TEST_F(AccessTest, TakesTheSchemesThatClientsUse) {
  const std::string& secret = secrets["reader"];
  for (const std::string& header : {"Bearer " + secret, "bearer   " + secret, "Token " + secret})
    EXPECT_EQ(ask("GET", "/api/v1/status", header).status, 200) << header;
  const std::vector<std::string> strange{secret,
                                         "Basic " + secret,
                                         "Bearer",
                                         "Bearer " + secret + "x",
                                         "Bearer x" + secret,
                                         "Bearer " + secret.substr(1),
                                         "Bearer " + secret + " "};
  for (const std::string& header : strange) EXPECT_EQ(ask("GET", "/api/v1/status", header).status, 401) << header;
}

TEST_F(AccessTest, ManyUnknownTokensFromOneAddressAreToldToWaitButGoodOnesPass) {
  for (std::size_t i = 0; i < Access::kFailuresMax; ++i)
    EXPECT_EQ(ask("GET", "/api/v1/status", "Bearer guess").status, 401);
  const Response response = ask("GET", "/api/v1/status", "Bearer guess");
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(header(response, "Retry-After"), "60");
  EXPECT_EQ(as("reader", "GET", "/api/v1/status").status, 200);
  EXPECT_EQ(ask("GET", "/api/v1/status", "Bearer guess", "10.0.0.10").status, 401);
  clock.now_ns += 60'000'000'000;
  EXPECT_EQ(ask("GET", "/api/v1/status", "Bearer guess").status, 401);
  EXPECT_NE(metrics.prometheus_text().find("wattring_http_refused_total{reason=\"limit\"} 1\n"), std::string::npos);
}

TEST_F(AccessTest, TheFileIsReadAgainWhenItChanges) {
  write_file({{"boss", "admin"}});
  EXPECT_EQ(as("reader", "GET", "/api/v1/status").status, 200) << "it is looked at once a second";
  clock.now_ns += 1'000'000'000;
  EXPECT_EQ(as("reader", "GET", "/api/v1/status").status, 401);
  EXPECT_EQ(as("boss", "GET", "/api/v1/status").status, 200);
}

TEST_F(AccessTest, AFileThatMakesNoSenseLeavesTheTokensFromBefore) {
  write_text("reader read 00ff\n");
  clock.now_ns += 1'000'000'000;
  EXPECT_EQ(as("reader", "GET", "/api/v1/status").status, 200);
  EXPECT_NE(store->trouble().find("line 1"), std::string::npos);
  ASSERT_EQ(::chmod(file().c_str(), 0644), 0);
  clock.now_ns += 1'000'000'000;
  EXPECT_EQ(as("reader", "GET", "/api/v1/status").status, 200);
  EXPECT_NE(store->trouble().find("mode 644"), std::string::npos);
  write_file({{"boss", "admin"}});
  clock.now_ns += 1'000'000'000;
  EXPECT_EQ(as("reader", "GET", "/api/v1/status").status, 401);
  EXPECT_EQ(store->trouble(), "");
}

TEST_F(AccessTest, ChangesAreWrittenDownWithTheNameOfTheToken) {
  EXPECT_EQ(as("boss", "POST", "/api/v1/leave").status, 202);
  EXPECT_EQ(as("reader", "POST", "/api/v1/leave").status, 403);
  EXPECT_EQ(ask("POST", "/api/v1/leave", "Bearer guess").status, 401);
  EXPECT_EQ(as("boss", "GET", "/api/v1/status").status, 200);
  alerts.error = Error{ErrorCode::not_found, "no such silence", ""};
  EXPECT_EQ(as("boss", "DELETE", "/api/v1/silences/1").status, 404);
  ASSERT_EQ(audit.records.size(), 3U);
  EXPECT_EQ(audit.records[0].token, "boss");
  EXPECT_EQ(audit.records[0].peer, "10.0.0.9");
  EXPECT_EQ(audit.records[0].verb, "POST");
  EXPECT_EQ(audit.records[0].target, "/api/v1/leave");
  EXPECT_EQ(audit.records[0].status, 202);
  EXPECT_EQ(audit.records[0].outcome, "done");
  EXPECT_EQ(audit.records[1].token, "reader");
  EXPECT_EQ(audit.records[1].outcome, "FORBIDDEN");
  EXPECT_EQ(audit.records[2].target, "/api/v1/silences/1");
  EXPECT_EQ(audit.records[2].outcome, "NOT_FOUND");
}

TEST_F(AccessTest, AnAuditThatCannotBeWrittenIsCountedAndDoesNotUndoTheChange) {
  audit.broken = true;
  EXPECT_EQ(as("boss", "POST", "/api/v1/leave").status, 202);
  EXPECT_NE(metrics.prometheus_text().find("wattring_audit_failed_total 1\n"), std::string::npos);
}

TEST_F(AccessTest, FactsTellHowManyTokensThereAreAndNoneOfThem) {
  const Response response = as("reader", "GET", "/api/v1/facts");
  EXPECT_EQ(parse(response)["tokens"].get<std::string>().substr(0, 10), "4 tokens, ");
  for (const auto& [name, secret] : secrets) EXPECT_EQ(response.body.find(secret), std::string::npos);
}

TEST(AccessOpen, MetricsMayBeOpenedForAScraper) {
  SteppedClock clock;
  Metrics metrics;
  const test::TempDirectory folder;
  const std::string file = folder.path() / "http.tokens";
  std::ofstream(file, std::ios::binary) << "";
  ASSERT_EQ(::chmod(file.c_str(), 0640), 0);
  const auto store = TokenStore::open(file, clock, Log::silent());
  ASSERT_TRUE(store) << store.error().text();
  for (const bool open : {false, true}) {
    Access access({open}, nullptr, clock, metrics, Log::silent());
    access.set_tokens(**store);
    Request request;
    EXPECT_EQ(access.admit(routes()[find_route("GET", "/metrics").route], request).has_value(), !open);
  }
}

TEST(AccessOpen, WithoutAFileEverybodyMayDoEverythingAndChangesAreWrittenDown) {
  ApiFixture fixture;
  EXPECT_EQ(fixture.get("/api/v1/status").status, 200);
  FakeAudit audit;
  Access access({}, &audit, fixture.clock, fixture.metrics, Log::silent());
  access.settle(routes()[find_route("PUT", "/api/v1/rules").route], Request{}, Response{});
  ASSERT_EQ(audit.records.size(), 1U);
  EXPECT_EQ(audit.records[0].token, "");
}

TEST(TokenFile, RefusesWhatOthersMayReadAndWhatIsNotThere) {
  const SystemClock clock;
  const test::TempDirectory folder;
  const std::string file = folder.path() / "http.tokens";
  EXPECT_EQ(TokenStore::open(file, clock, Log::silent()).error().code, ErrorCode::io);
  std::ofstream(file) << "";
  for (const mode_t mode : {0604U, 0620U, 0666U, 0602U}) {
    ASSERT_EQ(::chmod(file.c_str(), mode), 0);
    EXPECT_EQ(TokenStore::open(file, clock, Log::silent()).error().code, ErrorCode::invalid_argument) << mode;
  }
  ASSERT_EQ(::chmod(file.c_str(), 0640), 0);
  EXPECT_TRUE(TokenStore::open(file, clock, Log::silent()));
}

TEST(TokenText, IsRandomLongAndSafeInAHeader) {
  const std::string one = make_token();
  EXPECT_EQ(one.size(), 3U + 43U);
  EXPECT_EQ(one.substr(0, 3), "wr_");
  EXPECT_EQ(one.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"), one.npos);
  EXPECT_NE(one, make_token());
}

TEST(TokenText, AListSaysWhichLineMakesNoSense) {
  const std::string good = token_line({"a", 1, hash_token("x")});
  EXPECT_EQ(TokenList::parse("# c\n\n  " + good + "\r\n").value().tokens().size(), 1U);
  for (const std::string& bad :
       {std::string("a"), std::string("a read"), "a reed " + good.substr(7), good + " more", good + "\n" + good,
        good.substr(0, good.size() - 1), "a b " + good, good + "0", "a read,, " + good.substr(7)}) {
    const auto list = TokenList::parse(bad);
    ASSERT_FALSE(list) << bad;
    EXPECT_EQ(list.error().message.substr(0, 5), "line ") << bad;
  }
}

TEST(TokenText, RolesAreReadAndWrittenAlike) {
  for (const char* text : {"read", "write", "admin", "read,write", "read,write,admin"})
    EXPECT_EQ(to_string(parse_roles(text).value()), text);
  EXPECT_TRUE(allows(parse_roles("admin").value(), Role::write));
  EXPECT_FALSE(allows(parse_roles("write").value(), Role::read)) << "a gateway that only sends need not read";
}

}  // namespace
}  // namespace wattring::http
