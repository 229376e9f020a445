// SPDX-License-Identifier: Apache-2.0
#include "node/sim/local_cluster.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "node/sim/cluster_json.hpp"

namespace wattring::sim {
namespace {

LocalCluster two_nodes() {
  LocalCluster cluster;
  cluster.nodes.push_back(
      {"n1", {17, 123456789, "boot-a"}, {"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3", "127.0.0.1:4"}});
  cluster.nodes.push_back({"n100", {18, 0xFFFF'FFFF'FFFF'FFFFU, "boot-a"}, {}});
  return cluster;
}

TEST(LocalProcess, FindsStartAndStateBehindANameWithParenthesesAndBlanks) {
  const auto stat = parse_process_stat(
      "42 (a) S 1) b) Z 1 42 42 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 987654 10 11 18446744073709551615 1 1");
  ASSERT_TRUE(stat.has_value());
  EXPECT_EQ(stat->state, 'Z');
  EXPECT_EQ(stat->start_ticks, 987654U);
}

TEST(LocalProcess, TakesNoOtherTextForAProcess) {
  for (const char* text : {"", "42", "42 (name)", "42 (name) ", "42 (name) S 1 2 3",
                           "42 (n) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 x"}) {
    EXPECT_FALSE(parse_process_stat(text).has_value()) << text;
  }
}

TEST(LocalProcess, KnowsItselfAndNobodyWhoHadItsNumberBefore) {
  const auto mark = mark_process(getpid());
  ASSERT_TRUE(mark.has_value()) << mark.error().text();
  EXPECT_TRUE(ProcessHandle::open(*mark).has_value());
  ProcessMark earlier = *mark;
  --earlier.start_ticks;
  EXPECT_FALSE(ProcessHandle::open(earlier).has_value());
  ProcessMark other_boot = *mark;
  other_boot.boot = "another";
  EXPECT_FALSE(ProcessHandle::open(other_boot).has_value());
}

TEST(LocalProcess, NeverTakesHoldOfTheFirstProcessOrOfAGroup) {
  for (const int pid : {1, 0, -1}) EXPECT_FALSE(ProcessHandle::open({pid, 0, ""}).has_value()) << pid;
}

TEST(LocalCluster, IsReadBackAsItWasWritten) {
  const auto back = parse_local_cluster(render_local_cluster(two_nodes()));
  ASSERT_TRUE(back.has_value()) << back.error().text();
  EXPECT_EQ(*back, two_nodes());
}

TEST(LocalCluster, RefusesBooksThatNameAnyOtherFolder) {
  for (const char* name : {"", "n", "n1000", "../n1", "n1/..", "N1", "data"}) {
    LocalCluster cluster = two_nodes();
    cluster.nodes.front().name = name;
    EXPECT_FALSE(parse_local_cluster(render_local_cluster(cluster)).has_value()) << name;
  }
}

TEST(LocalCluster, RefusesWhatAnotherProgramWrote) {
  for (const char* text :
       {"", "{}", "[]", R"({"schema":"other/1","nodes":[]})", R"({"schema":"wattringsim.cluster/1"})",
        R"({"schema":"wattringsim.cluster/1","nodes":[{"node":"n1","pid":"1"}]})"}) {
    EXPECT_FALSE(parse_local_cluster(text).has_value()) << text;
  }
}

TEST(LocalCluster, SaysHowToStartOneWhereThereIsNone) {
  const auto none = load_local_cluster("/nonexistent");
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().code, ErrorCode::not_found);
  EXPECT_NE(none.error().text().find("cluster up"), std::string::npos);
}

bool has(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

TEST(LocalCluster, GivesEachNodeFivePortsOfItsOwn) {
  ClusterUpOptions options;
  options.base_port = 9000;
  const auto words = run_words(options, "wattringd", 2, "127.0.0.1:9000");
  EXPECT_TRUE(has(words, "listen.membership=127.0.0.1:9010"));
  EXPECT_TRUE(has(words, "listen.http=127.0.0.1:9013"));
  EXPECT_TRUE(has(words, "--join"));
  options.base_port = 0;
  EXPECT_TRUE(has(run_words(options, "wattringd", 2, ""), "listen.http=127.0.0.1:0"));
}

TEST(LocalCluster, FoundsWithTheFirstNodeAndLetsTheUsersSettingsWin) {
  ClusterUpOptions options;
  options.settings = {"store.workers=3"};
  EXPECT_FALSE(has(init_words(options, "wattringd", 0, ""), "--join"));
  EXPECT_TRUE(has(init_words(options, "wattringd", 1, "127.0.0.1:1"), "--join"));
  EXPECT_EQ(run_words(options, "wattringd", 0, "").back(), "store.workers=3");
}

TEST(LocalCluster, CountsWhatDidNotRunAnyMore) {
  const StopOutcome outcome = stop_local_cluster(two_nodes(), 0);
  EXPECT_EQ(outcome.gone, 2);
  EXPECT_EQ(outcome.ended + outcome.killed, 0);
}

TEST(ClusterJson, ReadsWhatNodesSayOfEachOther) {
  const auto members =
      parse_members(R"({"members":[{"node":"n1","state":"up","id":"x"},{"node":"n2","state":"down"}]})");
  ASSERT_TRUE(members.has_value());
  ASSERT_EQ(members->size(), 2U);
  EXPECT_EQ(members->back().state, "down");
  EXPECT_FALSE(parse_members(R"({"members":[{"node":1}]})").has_value());
  EXPECT_FALSE(parse_members("not json").has_value());
}

TEST(ClusterJson, TakesHalfAFileOfEndpointsForNone) {
  EXPECT_FALSE(parse_endpoints(R"({"membership":"127.0.0.1:1","ht)").has_value());
  EXPECT_EQ(parse_endpoints(R"({"http":"127.0.0.1:4","pid":3})").value().http, "127.0.0.1:4");
}

}  // namespace
}  // namespace wattring::sim
