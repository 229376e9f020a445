// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <deque>
#include <fstream>
#include <sstream>

#include "node/ctl/context.hpp"
#include "node/http/token.hpp"
#include "tests/node/fake_cluster.hpp"
#include "tests/node/http_server_fixture.hpp"
#include "tests/support/temp_directory.hpp"

/// wattringctl over its real client against the real HTTP server: what one side writes the other understands.

namespace wattring::http {
namespace {

class CtlAndNode : public HttpServerTest {
 protected:
  void SetUp() override { start(); }

  int run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--node", address});
    std::ostringstream out_stream;
    std::ostringstream err_stream;
    const auto client = ctl::make_http_client();
    const ctl::Context context{*client, clock, out_stream, err_stream,         {{"USER", "kim"}},
                               false,   false, "UTC",      [](std::int64_t) {}};
    const int code = ctl::run_command_line(arguments, context);
    out = out_stream.str();
    err = err_stream.str();
    return code;
  }
  [[nodiscard]] bool shows(std::string_view text) const { return out.find(text) != std::string::npos; }

  std::string out;
  std::string err;
};

alert::Alert firing() {
  alert::Alert alert;
  alert.id = "5f2a91c0d3e4b718";
  alert.rule = "over-power";
  alert.meter = "EM/3 \xc3\xa4";
  alert.severity = alert::Severity::critical;
  alert.onset_ms = kTestNowMs;
  alert.last_ms = kTestNowMs;
  alert.peak = 11'420;
  alert.count = 17;
  alert.revision = "17.8a1b2c3d";
  return alert;
}

TEST_F(CtlAndNode, AlertsAreListedAcknowledgedAndSilenced) {
  alerts.list = {{firing()}, 1};
  alerts.alert = firing();
  EXPECT_EQ(run({"alerts", "list", "--meter", "EM/*"}), 0) << err;
  EXPECT_EQ(alerts.alert_query.meter, "EM/*");
  EXPECT_TRUE(shows("EM/3 \xc3\xa4") && shows("5f2a91c0") && shows("1 firing.")) << out;
  EXPECT_EQ(run({"alerts", "history", "--from=-24h", "--state", "resolved"}), 0) << err;
  EXPECT_TRUE(alerts.alert_query.history);
  EXPECT_EQ(run({"alerts", "ack", "5f2a", "--note", "on its way \"now\""}), 0) << err;
  EXPECT_EQ(alerts.asked.back(), "acknowledge 5f2a kim on its way \"now\"");
  EXPECT_EQ(run({"alerts", "mute", "5f2a", "--for", "2h", "--why", "tests"}), 0) << err;
  EXPECT_EQ(alerts.silence_wanted.rule, "over-power");
  EXPECT_EQ(alerts.silence_wanted.meter, "EM/3 \xc3\xa4");
  EXPECT_EQ(alerts.silence_wanted.until_ms - alerts.silence_wanted.from_ms, 2 * kMsPerHour);
  EXPECT_EQ(run({"alerts", "mute", "--rule", "x", "--from", "+1h", "--until", "+3h", "--why", "tests"}), 0) << err;
  EXPECT_EQ(alerts.silence_wanted.until_ms - alerts.silence_wanted.from_ms, 2 * kMsPerHour);
  EXPECT_EQ(run({"alerts", "unmute", "00c0ffee"}), 0) << err;
  EXPECT_EQ(alerts.asked.back(), "unsilence 00c0ffee");
  alerts.silence_list = {alerts.silence_wanted};
  EXPECT_EQ(run({"alerts", "silences"}), 0) << err;
  EXPECT_TRUE(shows("1 silence.")) << out;
}

TEST_F(CtlAndNode, RulesAreAppliedShownAndTried) {
  const test::TempDirectory folder;
  const std::string file = folder.path() / "rules.toml";
  std::ofstream(file) << "[[rule]]\nname = \"feeds-back\"\nkind = \"reverse_flow\"\nmatch = \"EM-*\"\n";
  alerts.applied = {{"feeds-back"}, {}};
  EXPECT_EQ(run({"rules", "apply", file}), 0) << err;
  EXPECT_EQ(out, "New        feeds-back\n");
  ASSERT_EQ(alerts.documents.rules.size(), 1U);
  const alert::Rule& rule = alerts.documents.rules[0];
  alerts.rule_list = {{rule, alert::to_toml(rule), true, 12, 1}};
  EXPECT_EQ(run({"rules", "list"}), 0) << err;
  EXPECT_TRUE(shows("feeds-back") && shows("reverse_flow") && shows("1 rule.")) << out;
  EXPECT_EQ(run({"rules", "show", "feeds-back"}), 0) << err;
  EXPECT_TRUE(shows(alert::to_toml(rule))) << out;
  EXPECT_EQ(run({"rules", "show", "feeds-bak"}), 4);
  EXPECT_NE(err.find("did you mean \"feeds-back\"?"), std::string::npos) << err;
  alerts.trial.alerts = {firing()};
  alerts.trial.meters = 3;
  EXPECT_EQ(run({"rules", "test", file, "--meter", "EM-*", "--from=-7d"}), 0) << err;
  EXPECT_TRUE(shows("feeds-back: would have fired 1 time on 1 of 3 meters.")) << out;
  std::ofstream(file) << "\n[[rule]]\nname = \"b\"\nkind = \"revers_flow\"\n";
  EXPECT_EQ(run({"rules", "apply", file}), 2);
  EXPECT_EQ(err.find(file + ":4:"), 0U) << err;
}

TEST_F(CtlAndNode, ActorsQuarantineAndAnnouncements) {
  alerts.actor_rows = {{"/", "running", 0, 0, 0, "", 1}, {"/shards", "journal-only", 7, 90, 1, "fold", 0}};
  EXPECT_EQ(run({"actors"}), 0) << err;
  EXPECT_TRUE(shows("wattringctl actors resume /shards")) << out;
  EXPECT_EQ(run({"actors", "resume", "/shards"}), 0) << err;
  EXPECT_EQ(alerts.asked.back(), "resume /shards");
  alerts.quarantine_rows = {{"12-4711-0", "EM-3", kTestNowMs, 2, 99, "fold", kTestNowMs}};
  EXPECT_EQ(run({"meter", "quarantine"}), 0) << err;
  EXPECT_TRUE(shows("12-4711-0")) << out;
  EXPECT_EQ(run({"meter", "quarantine", "release", "12-4711-0"}), 0) << err;
  EXPECT_EQ(alerts.asked.back(), "release 12-4711-0");
  EXPECT_EQ(run({"meter", "quarantine", "drop", "12-4711-0", "--yes"}), 0) << err;
  EXPECT_EQ(alerts.asked.back(), "drop 12-4711-0");
  EXPECT_EQ(run({"meter", "add", "EM/9"}), 0) << err;
  EXPECT_EQ(alerts.asked.back(), "announce EM/9");
}

TEST_F(CtlAndNode, AMeterShowsItsOpenAlerts) {
  query.summary.id = "EM/3 \xc3\xa4";
  alerts.list = {{firing()}, 1};
  EXPECT_EQ(run({"meter", "show", "EM/3 \xc3\xa4"}), 0) << err;
  EXPECT_TRUE(shows("Alerts    1 open")) << out;
}

TEST_F(CtlAndNode, RefusalsOfTheNodeComeThroughWithTheirExitCodes) {
  const std::pair<ErrorCode, int> codes[] = {
      {ErrorCode::invalid_argument, 2}, {ErrorCode::not_found, 4}, {ErrorCode::busy, 3}, {ErrorCode::io, 1}};
  for (const auto& [code, exit_code] : codes) {
    alerts.error = Error{code, "what happened", "what to do"};
    EXPECT_EQ(run({"alerts", "unmute", "00c0ffee"}), exit_code);
    EXPECT_NE(err.find("what happened\n  what to do\n"), std::string::npos) << err;
  }
}

/// The same node, but it asks for tokens.
class CtlAndGuardedNode : public CtlAndNode {
 protected:
  void SetUp() override {
    const std::string secret = make_token();
    keep("reader.token", secret + "\n");
    options.tokens_file = keep("http.tokens", token_line({"reader", parse_roles("read").value(), hash_token(secret)}));
    start();
  }
  std::string keep(const std::string& name, const std::string& text) const {
    std::string path = folder.path() / name;
    std::ofstream(path) << text;
    EXPECT_EQ(::chmod(path.c_str(), 0600), 0);
    return path;
  }
  const test::TempDirectory folder;
};

TEST_F(CtlAndGuardedNode, IsReadWithATokenAndNotWithout) {
  EXPECT_EQ(run({"problems"}), 2);
  EXPECT_NE(err.find("401"), std::string::npos) << err;
  EXPECT_NE(err.find("--token-file"), std::string::npos) << err;
  const std::string token = folder.path() / "reader.token";
  EXPECT_EQ(run({"problems", "--token-file", token}), 0) << err;
  EXPECT_EQ(run({"status", "--token-file", token}), 0) << err;
  EXPECT_EQ(run({"meter", "add", "EM/9", "--token-file", token}), 2);
  EXPECT_NE(err.find("needs admin"), std::string::npos) << err;
  EXPECT_TRUE(alerts.asked.empty());
}

/// Three servers that know of each other, and one that is down.
class CtlAndCluster : public CtlAndNode {
 protected:
  void SetUp() override {
    for (const char* name : {"n1", "n2", "n3"}) {
      auto& cluster = clusters.emplace_back();
      cluster.name = name;
      cluster.server = std::make_unique<HttpServer>(options, ingest, cluster.query, clock, metrics, Log::silent(),
                                                    Doors{nullptr, &cluster.door});
      cluster.query.node_status.ready = true;
      cluster.query.node_status.node = name;
      cluster.query.node_status.node_id = name;
      cluster.query.node_status.now_ms = clock.wall_ms();
      const auto bound = cluster.server->start();
      ASSERT_TRUE(bound) << bound.error().text();
      cluster.address = *bound;
    }
    for (One& cluster : clusters) {
      cluster.door.view_.members.clear();
      for (const One& other : clusters) add(cluster, other.name, other.address, cluster::MemberState::alive);
      add(cluster, "n4", "127.0.0.1:1", cluster::MemberState::dead);
    }
    address = clusters.front().address;
  }
  struct One {
    std::string name;
    FakeCluster door;
    FakeQuery query;
    std::unique_ptr<HttpServer> server;
    std::string address;
  };
  static void add(One& to, const std::string& name, const std::string& http, cluster::MemberState state) {
    auto& member = to.door.add(name, state);
    cluster::Record record = *member.record;
    record.endpoints = {"127.0.0.1:1", "127.0.0.1:1", "127.0.0.1:1", http};
    member.record = std::make_shared<cluster::Record>(record);
    member.self = name == to.name;
  }
  std::deque<One> clusters;
};

TEST_F(CtlAndCluster, OneNodeIsNamedAndAllAreAsked) {
  EXPECT_EQ(run({"members", "--views"}), 0) << err;
  EXPECT_TRUE(shows("4 members: 1 down, 3 up.  3 of 4 answered, views agree.")) << out;
  EXPECT_EQ(run({"status"}), 0) << err;
  EXPECT_TRUE(shows("3 of 4 nodes up   3 of 4 answered, views agree")) << out;
  EXPECT_TRUE(shows("n4 at 127.0.0.1:1 did not answer: connection refused")) << out;
  EXPECT_EQ(run({"health"}), 10);
  EXPECT_EQ(run({"wait", "node-up", "n2"}), 0) << err;
  EXPECT_EQ(run({"version", "-o", "csv"}), 0) << err;
  clusters[1].door.say(1, cluster::EventKind::failed, "n4", "seen by a test");
  EXPECT_EQ(run({"events", "--since", "100y"}), 0) << err;
  EXPECT_TRUE(shows("failed") && shows("seen by a test")) << out;
  EXPECT_EQ(run({"doctor"}), 11) << "n4 is down";
  EXPECT_TRUE(shows("OK    clocks")) << out;
  EXPECT_TRUE(shows("WARN  ports     membership of n1 at 127.0.0.1:1")) << out;
}

}  // namespace
}  // namespace wattring::http
