// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "node/ctl/problem_texts.hpp"
#include "tests/node/ctl/fake_nodes.hpp"
#include "tests/node/ctl/replies.hpp"

namespace wattring::ctl {
namespace {

const std::string kStatus = "/api/v1/status";

TEST(Status, ShowsOneScreenOfAHealthyNode) {
  Ctl ctl;
  ctl.nodes.answer(kStatus, 200, replies::status("healthy", ""));
  const Ran ran = ctl.run({"status"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.err, "");
  EXPECT_TRUE(matches_golden("status_healthy.txt", ran.out));
}

TEST(Status, PutsProblemsFirstAndSaysWhatToTypeNext) {
  Ctl ctl;
  ctl.nodes.answer(kStatus, 200, replies::status("critical", replies::kDiskReserve + "," + replies::kInsecure));
  const Ran ran = ctl.run({"status"});
  EXPECT_EQ(ran.code, 0) << "status tells, health judges";
  EXPECT_TRUE(matches_golden("status_critical.txt", ran.out));
}

TEST(Status, DoesNotInventWhatTheNodeDidNotSay) {
  Ctl ctl;
  ctl.nodes.answer(kStatus, 200, R"({"schema":"wattring.status/1","cluster":"c","node":"n1","verdict":"healthy"})");
  const Ran ran = ctl.run({"status"});
  EXPECT_TRUE(matches_golden("status_sparse.txt", ran.out));
}

TEST(Status, OfOneNodePassesItsJsonOnWithAllItsFields) {
  Ctl ctl;
  ctl.nodes.answer(kStatus, 200, replies::status("healthy", replies::kInsecure));
  const Ran ran = ctl.run({"status", "-o", "json"});
  EXPECT_TRUE(matches_golden("status.schema", shape_of(ran.out)));
  const auto said = parse_json(replies::status("healthy", replies::kInsecure));
  const auto shown = parse_json(ran.out);
  for (const auto& [name, value] : said->members())
    EXPECT_TRUE(name == "problems" || (*shown)[name].compact() == value.compact()) << name;
  const Ran csv = ctl.run({"status", "-o", "csv"});
  EXPECT_NE(csv.out.find("key,value\n"), std::string::npos);
  EXPECT_NE(csv.out.find("problems.0.code,INSECURE\n"), std::string::npos);
}

TEST(Status, AsksTheNextNodeWhenTheFirstIsSilent) {
  Ctl ctl;
  ctl.nodes.silence("a:1 " + kStatus, "connection refused");
  ctl.nodes.answer("b:1 " + kStatus, 200, replies::status("healthy", ""));
  EXPECT_EQ(ctl.run({"status", "--node", "a:1", "--node", "b:1"}).code, 0);
}

TEST(Status, ExplainsThatNobodyAnswered) {
  Ctl ctl;
  ctl.environment["WATTRING_NODES"] = "10.0.0.11:7414, 10.0.0.12:7414";
  ctl.nodes.silence("10.0.0.11:7414 " + kStatus, "connection refused (host is up, nothing listens)");
  ctl.nodes.silence("10.0.0.12:7414 " + kStatus, "no answer in 3 s");
  const Ran ran = ctl.run({"status"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_EQ(ran.out, "");
  EXPECT_TRUE(matches_golden("no_answer.txt", ran.err));
}

TEST(Status, ALineOfHtmlIsNoAnswerOfANode) {
  Ctl ctl;
  ctl.nodes.answer(kStatus, 200, "<html>hello</html>");
  const Ran ran = ctl.run({"status"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_NE(ran.err.find("answered 200, but not as wattring's HTTP listener does"), std::string::npos) << ran.err;
}

TEST(Status, IsPrintedAgainInAPipeOnlyWhenMoreThanTheTimeHasChanged) {
  Ctl ctl;
  const std::string first = replies::status("healthy", "");
  std::string later = first;
  later.replace(later.find("13:07:30"), 8, "13:07:32");
  std::string changed = later;
  changed.replace(changed.find("\"last_lsn\":5678"), 15, "\"last_lsn\":5679");
  ctl.nodes.answer(kStatus, 200, first);
  ctl.nodes.answer(kStatus, 200, later);
  ctl.nodes.answer(kStatus, 200, changed);
  ctl.sleeps_until_stop = 4;
  const Ran ran = ctl.run({"status", "--watch=5s", "-o", "json"});
  EXPECT_EQ(std::count(ran.out.begin(), ran.out.end(), '\n'), 2) << "one object a line, whatever the format";
  EXPECT_EQ(ran.out.find("5679"), ran.out.rfind("5679"));
  EXPECT_EQ(ctl.clock.now_ms, FakeClock().now_ms + 25'000);
}

TEST(Status, RepaintsATerminalAndUsesColourThere) {
  Ctl ctl;
  ctl.out_is_terminal = true;
  ctl.nodes.answer(kStatus, 200, replies::status("healthy", ""));
  ctl.sleeps_until_stop = 1;
  const Ran ran = ctl.run({"status", "--watch"});
  EXPECT_EQ(ran.out.find("\x1b[H\x1b[2J"), 0U);
  EXPECT_NE(ran.out.find("\x1b[32mHEALTHY\x1b[0m"), std::string::npos);
  ctl.sleeps_until_stop = -1;
  ctl.environment["NO_COLOR"] = "1";
  EXPECT_EQ(ctl.run({"status"}).out.find('\x1b'), std::string::npos);
}

struct Verdict {
  const char* verdict;
  std::string problems;
  int code;
  int nagios_code;
};

TEST(Health, JudgesByItsExitCode) {
  const Verdict verdicts[] = {{"healthy", "", 0, 0},
                              {"degraded", replies::kInsecure, 10, 1},
                              {"critical", replies::kDiskReserve, 11, 2},
                              {"a word of a later release", "", 10, 1}};
  for (const Verdict& one : verdicts) {
    Ctl ctl;
    ctl.nodes.answer(kStatus, 200, replies::status(one.verdict, one.problems));
    EXPECT_EQ(ctl.run({"health"}).code, one.code) << one.verdict;
    EXPECT_EQ(ctl.run({"health", "--nagios"}).code, one.nagios_code) << one.verdict;
  }
}

TEST(Health, SaysWhyInOneLine) {
  Ctl ctl;
  ctl.nodes.answer(kStatus, 200, replies::status("critical", replies::kDiskReserve));
  EXPECT_EQ(ctl.run({"health"}).out, "CRITICAL  DISK_RESERVE n1\n");
  EXPECT_EQ(ctl.run({"health", "--nagios"}).out,
            "CRITICAL - DISK_RESERVE n1 | nodes_up=1 shards_unready=12 acked_per_s=8000 ack_p99=0.006400s "
            "disk_free=335007449088B\n");
  EXPECT_TRUE(matches_golden("health.schema", shape_of(ctl.run({"health", "-o", "json"}).out)));
}

TEST(Health, IsNoVerdictWhenNobodyAnswers) {
  Ctl ctl;
  EXPECT_EQ(ctl.run({"health"}).code, 3);
  const Ran nagios = ctl.run({"health", "--nagios"});
  EXPECT_EQ(nagios.code, 3);
  EXPECT_EQ(nagios.out.substr(0, 10), "UNKNOWN - ");
}

TEST(Health, IsNotHealthyWhenANodeThatWasNamedIsSilent) {
  Ctl ctl;
  ctl.nodes.answer("a:1 " + kStatus, 200, replies::status("healthy", ""));
  const Ran ran = ctl.run({"health", "--node", "a:1", "--node", "b:1"});
  EXPECT_EQ(ran.code, 10);
  EXPECT_EQ(ran.out, "DEGRADED  b:1 silent\n");
}

TEST(Health, OfTheNodeAloneIsItsReadiness) {
  Ctl ctl;
  ctl.nodes.answer("/readyz", 503, R"({"ready":false,"reason":"3 of 1024 shards are recovering"})");
  ctl.nodes.answer("/readyz", 200, R"({"ready":true})");
  const Ran ran = ctl.run({"health", "--local"});
  EXPECT_EQ(ran.code, 10);
  EXPECT_EQ(ran.out, "DEGRADED  not ready: 3 of 1024 shards are recovering\n");
  EXPECT_EQ(ctl.run({"health", "--local"}).code, 0);
}

TEST(Problems, AreToldWithWhatToDoTheWorstFirst) {
  Ctl ctl;
  ctl.nodes.answer("/api/v1/status", 200,
                   replies::status("critical", replies::kInsecure + "," + replies::kDiskReserve));
  EXPECT_TRUE(matches_golden("problems.txt", ctl.run({"problems"}).out));
  EXPECT_TRUE(matches_golden("problems.schema", shape_of(ctl.run({"problems", "-o", "json"}).out)));
  const Ran lines = ctl.run({"problems", "-o", "jsonl"});
  EXPECT_EQ(lines.out.substr(0, 60), R"({"schema":"wattring.problems/1","code":"DISK_RESERVE","sever)");
  EXPECT_EQ(std::count(lines.out.begin(), lines.out.end(), '\n'), 2);
}

TEST(Problems, NoneIsSaidToo) {
  Ctl ctl;
  ctl.nodes.answer("/api/v1/status", 200, replies::status("healthy", ""));
  EXPECT_EQ(ctl.run({"problems"}).out, "No problems.\n");
}

TEST(Problems, EveryCodeIsExplainedWithoutAskingANode) {
  for (const char* code :
       {"DISK_RESERVE",   "JOURNAL_FAILED",  "NOT_READY",     "SHARDS_RECOVERING", "INSECURE",
        "P1_SOURCE_DOWN", "ALERT_SINK_DOWN", "CORRUPT_VALUE", "FOLD_STOPPED",      "NODE_DOWN",
        "NODE_SUSPECT",   "NODE_FLAPPING",   "NOT_JOINED",    "VIEWS_DISAGREE",    "SHARD_DEGRADED",
        "SHARD_NOBODY",   "TOO_FEW_COPIES",  "NODE_LAGGING",  "NODE_DRAINING",     "NODE_NOT_IN_RING",
        "REMOVED_NODE",   "RING_FORK"}) {
    Ctl ctl;
    const Ran ran = ctl.run({"problems", "explain", code});
    EXPECT_EQ(ran.code, 0) << code;
    EXPECT_TRUE(ctl.nodes.seen.empty());
    const ProblemText* text = find_problem(code);
    ASSERT_NE(text, nullptr) << code;
    for (const std::string_view part :
         {text->meaning, text->risk, text->not_this, text->clears, text->checks[0], text->checks[1], text->checks[2]}) {
      EXPECT_GT(part.size(), 15U) << code;
      EXPECT_NE(ran.out.find(part), std::string::npos) << code;
    }
  }
  Ctl ctl;
  EXPECT_TRUE(
      matches_golden("explain.schema", shape_of(ctl.run({"problems", "explain", "insecure", "-o", "json"}).out)));
}

TEST(Problems, AnUnknownCodeIsNotFound) {
  Ctl ctl;
  const Ran ran = ctl.run({"problems", "explain", "NODE_DOWNN"});
  EXPECT_EQ(ran.code, 4);
  EXPECT_NE(ran.err.find("DISK_RESERVE"), std::string::npos);
}

TEST(Wait, ReturnsAsSoonAsItIsSo) {
  Ctl ctl;
  ctl.nodes.silence("/readyz", "connection refused");
  ctl.nodes.answer("/readyz", 503, R"({"ready":false,"reason":"starting"})");
  ctl.nodes.answer("/readyz", 200, R"({"ready":true})");
  const Ran ran = ctl.run({"wait", "ready", "--timeout", "60s"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, "ready after 1.0 s\n");
  EXPECT_TRUE(matches_golden("wait.schema", shape_of(ctl.run({"wait", "ready", "-o", "json"}).out)));
}

TEST(Wait, SaysWhatIsMissingWhenTimeIsUp) {
  Ctl ctl;
  ctl.nodes.answer(kStatus, 200, replies::status("degraded", replies::kInsecure));
  const Ran ran = ctl.run({"wait", "healthy", "--timeout", "2s"});
  EXPECT_EQ(ran.code, 6);
  EXPECT_EQ(ran.err, "Not healthy after 2s: 127.0.0.1:7414 is degraded: INSECURE\n");
  EXPECT_EQ(ctl.clock.now_ms, FakeClock().now_ms + 2000);
}

TEST(Version, NamesTheProgramAndTheNodes) {
  Ctl ctl;
  ctl.nodes.answer("a:1 /version", 200, R"({"name":"wattring","version":"9.9.9"})");
  const Ran ran = ctl.run({"version", "--node", "a:1", "--node", "b:1"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_NE(ran.out.find("wattringctl "), std::string::npos);
  EXPECT_NE(ran.out.find("-     a:1      9.9.9\n-     b:1      no answer: "), std::string::npos) << ran.out;
  EXPECT_TRUE(matches_golden("version.schema", shape_of(ctl.run({"version", "--node", "a:1", "-o", "json"}).out)));
}

}  // namespace
}  // namespace wattring::ctl
