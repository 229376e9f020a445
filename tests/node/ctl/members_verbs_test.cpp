// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "node/ctl/schema.hpp"
#include "tests/node/ctl/fake_nodes.hpp"
#include "tests/node/ctl/replies.hpp"

/// Verbs that learn the members from the one node that was named, and ask all of them.

namespace wattring::ctl {
namespace {

/// n1, n2 and n3; wattringctl is told of n1 alone.
struct Three : Ctl {
  Three() {
    environment["WATTRING_NODES"] = "n1:1";
    for (const char* node : {"n1", "n2", "n3"}) {
      view(node, "n1=up n2=up n3=up");
      nodes.answer(std::string(node) + ":1 /api/v1/status", 200, replies::status_of(node, replies::kThreeUp));
    }
  }
  void view(const std::string& node, const std::string& states, const std::string& hash = "00c0ffee12345678") {
    nodes.answer(node + ":1 /api/v1/members", 200, replies::view(node, states, hash));
  }
};

/// n3 has been killed.
struct OneDown : Ctl {
  OneDown() {
    environment["WATTRING_NODES"] = "n1:1";
    for (const char* node : {"n1", "n2"}) {
      nodes.answer(std::string(node) + ":1 /api/v1/members", 200, replies::view(node, "n1=up n2=up n3=down"));
      nodes.answer(std::string(node) + ":1 /api/v1/status", 200,
                   replies::status_of(node, replies::kTwoUp, replies::kN3Down));
    }
    for (const char* target : {"/api/v1/members", "/api/v1/status", "/api/v1/events?limit=1000&after=0"})
      nodes.silence(std::string("n3:1 ") + target, "connection refused (host is up, nothing listens)");
  }
};

/// n1 and n2 have lost n3, which has lost them.
struct Split : Ctl {
  Split() {
    environment["WATTRING_NODES"] = "n1:1";
    for (const char* node : {"n1", "n2"}) {
      nodes.answer(std::string(node) + ":1 /api/v1/members", 200, replies::view(node, "n1=up n2=up n3=down", "aa"));
      nodes.answer(std::string(node) + ":1 /api/v1/status", 200, replies::status_of(node, replies::kTwoUp, "", "aa"));
    }
    nodes.answer("n3:1 /api/v1/members", 200, replies::view("n3", "n1=down n2=down n3=up", "bb"));
    nodes.answer("n3:1 /api/v1/status", 200, replies::status_of("n3", replies::kThreeUp, "", "bb"));
  }
};

TEST(Members, AreLearntFromOneNodeAndAllAreAsked) {
  Three ctl;
  const Ran ran = ctl.run({"members"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_TRUE(matches_golden("members.txt", ran.out));
  EXPECT_EQ(ctl.nodes.seen.size(), 3U) << "the first answer is used again";
  EXPECT_TRUE(matches_golden("members_views.txt", ctl.run({"members", "--views"}).out));
}

TEST(Members, ASilentNodeIsARowAndNeverAnError) {
  OneDown ctl;
  const Ran ran = ctl.run({"members", "--views"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_TRUE(matches_golden("members_down.txt", ran.out));
  const Ran json = ctl.run({"members", "-o", "json"});
  EXPECT_TRUE(matches_golden("members.schema", shape_of(json.out)));
  const auto document = parse_json(json.out);
  EXPECT_TRUE((*document)["views"]["agree"].boolean());
  EXPECT_EQ((*document)["views"]["asked"].integer(), 3);
  EXPECT_EQ((*document)["views"]["answered"].integer(), 2);
  EXPECT_EQ((*document)["members"].items()[2]["seen_up_by"].integer(), 0);
  EXPECT_EQ(ctl.run({"members", "-o", "csv"}).out.substr(0, 44), "node,id,address,state,for_s,version,shards,m");
}

TEST(Members, DisagreementIsShownAsTheMatrixWithoutAskingForIt) {
  Split ctl;
  const Ran ran = ctl.run({"members"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_TRUE(matches_golden("members_split.txt", ran.out));
  const auto document = parse_json(ctl.run({"members", "-o", "json"}).out);
  EXPECT_FALSE((*document)["views"]["agree"].boolean(true));
  EXPECT_EQ((*document)["members"].items()[0]["seen_up_by"].integer(), 2);
  EXPECT_EQ((*document)["matrix"].items()[2]["sees"]["n1"].string(), "down");
}

TEST(Members, AreWatchedInAPipeWithoutALineForEachSecondOfTheirAge) {
  Ctl ctl;
  ctl.environment["WATTRING_NODES"] = "n1:1";
  const std::string first = replies::view("n1", "n1=up n2=down");
  std::string older = first;
  older.replace(older.find(R"("for_s":38)"), 10, R"("for_s":40)");
  ctl.nodes.answer("n1:1 /api/v1/members", 200, first);
  ctl.nodes.answer("n1:1 /api/v1/members", 200, older);
  ctl.nodes.answer("n1:1 /api/v1/members", 200, replies::view("n1", "n1=up n2=up"));
  ctl.sleeps_until_stop = 4;
  const Ran ran = ctl.run({"members", "--watch=2s", "-o", "jsonl"});
  EXPECT_EQ(std::count(ran.out.begin(), ran.out.end(), '\n'), 4) << "two members, twice";
}

TEST(Members, WhoHasLeftIsListedButNotAsked) {
  Ctl ctl;
  ctl.environment["WATTRING_NODES"] = "n1:1";
  ctl.nodes.answer("n1:1 /api/v1/members", 200, replies::view("n1", "n1=up n2=left"));
  const Ran ran = ctl.run({"members"});
  EXPECT_EQ(ctl.nodes.seen.size(), 1U);
  EXPECT_NE(ran.out.find("2 members: 1 left, 1 up.  1 of 1 answered.\n"), std::string::npos) << ran.out;
}

TEST(Members, WhoHasLeftIsNotMissedWhenItWasNamed) {
  Ctl ctl;
  ctl.environment["WATTRING_NODES"] = "n1:1,n2:1,n9:1";
  ctl.nodes.answer("n1:1 /api/v1/members", 200, replies::view("n1", "n1=up n2=left"));
  const Ran ran = ctl.run({"members"});
  EXPECT_EQ(ran.out.find("n2:1 did not answer"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("n9:1 did not answer"), std::string::npos) << "who was never heard of is";
  EXPECT_NE(ran.out.find("1 of 2 answered"), std::string::npos) << ran.out;
}

TEST(Members, ANodeThatWasNamedByAnotherAddressIsNotAskedTwice) {
  Ctl ctl;
  ctl.environment["WATTRING_NODES"] = "tunnel:9,n1:1";
  ctl.nodes.answer("tunnel:9 /api/v1/members", 200, replies::view("n1", "n1=up"));
  ctl.nodes.answer("n1:1 /api/v1/members", 200, replies::view("n1", "n1=up"));
  EXPECT_NE(ctl.run({"members"}).out.find("1 of 1 answered"), std::string::npos);
}

TEST(Members, WhatOnlyANodeItselfKnowsIsNoDisagreement) {
  Ctl ctl;
  ctl.environment["WATTRING_NODES"] = "n1:1";
  ctl.nodes.answer("n1:1 /api/v1/members", 200, replies::view("n1", "n1=up n2=up"));
  ctl.nodes.answer("n2:1 /api/v1/members", 200, replies::view("n2", "n1=up n2=draining"));
  const auto document = parse_json(ctl.run({"members", "-o", "json"}).out);
  EXPECT_TRUE((*document)["views"]["agree"].boolean());
  EXPECT_EQ((*document)["members"].items()[1]["state"].string(), "draining");
}

TEST(ClusterStatus, AddsUpWhatTheNodesSay) {
  Three ctl;
  const Ran ran = ctl.run({"status"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_TRUE(matches_golden("status_cluster.txt", ran.out));
  const Ran json = ctl.run({"status", "-o", "json"});
  EXPECT_TRUE(matches_golden("status_cluster.schema", shape_of(json.out)));
  const auto document = parse_json(json.out);
  EXPECT_EQ((*document)["ingest"]["stored_total"].integer(), 3 * 1'234'567);
  EXPECT_EQ((*document)["ingest"]["p99_s"].number(), 0.0064) << "latencies are those of the slowest";
  EXPECT_EQ((*document)["journal"]["disk_free_bytes"].integer(), 335'007'449'088) << "the least";
}

TEST(ClusterStatus, WaitsOnceForANodeThatStandsStill) {
  Three ctl;
  ctl.environment["WATTRING_NODES"] = "n1:1,n3:1";
  ctl.nodes.forget("n3:1 /api/v1/members");
  ctl.nodes.silence("n3:1 /api/v1/members", "connected, but no answer in 3 s", ErrorCode::unknown_outcome);
  const Ran ran = ctl.run({"status"});
  EXPECT_NE(ran.out.find("n3 at n3:1 did not answer: connected, but no answer in 3 s"), std::string::npos) << ran.out;
  EXPECT_EQ(std::ranges::count(ctl.nodes.seen, "n3:1", &FakeNodes::Seen::address), 1);
  (void)ctl.run({"wait", "healthy", "--timeout", "1s"});
  EXPECT_EQ(std::ranges::count(ctl.nodes.seen, "n3:1", &FakeNodes::Seen::address), 4) << "each look asks anew";
}

TEST(ClusterStatus, TellsAProblemThatAllSeeOnce) {
  OneDown ctl;
  const Ran ran = ctl.run({"status"});
  EXPECT_EQ(ran.code, 0) << "status tells, health judges";
  EXPECT_TRUE(matches_golden("status_down.txt", ran.out));
  const auto document = parse_json(ctl.run({"status", "-o", "json"}).out);
  ASSERT_EQ((*document)["problems"].items().size(), 1U);
  EXPECT_EQ((*document)["problems"].items()[0]["seen_by"].compact(), R"(["n1","n2"])");
  EXPECT_EQ((*document)["verdict"].string(), "degraded");
}

TEST(ClusterStatus, ViewsThatDifferAreLookedAtAgainBeforeTheyAreAProblem) {
  Split ctl;
  const Ran ran = ctl.run({"status"});
  EXPECT_EQ(ctl.clock.now_ms, FakeClock().now_ms + 1000);
  EXPECT_TRUE(matches_golden("status_split.txt", ran.out));
  Three spreading;
  spreading.nodes.answer("n1:1 /api/v1/status", 200, replies::status_of("n1", replies::kThreeUp, "", "new"));
  spreading.nodes.answer("n2:1 /api/v1/status", 200, replies::status_of("n2", replies::kThreeUp, "", "new"));
  spreading.nodes.answer("n3:1 /api/v1/status", 200, replies::status_of("n3", replies::kThreeUp, "", "new"));
  EXPECT_EQ(spreading.run({"status"}).out.find("VIEWS_DISAGREE"), std::string::npos);
}

TEST(ClusterHealth, JudgesByAllNodesAndTheirViews) {
  EXPECT_EQ(Three().run({"health"}).code, 0);
  const Ran down = OneDown().run({"health"});
  EXPECT_EQ(down.code, 10);
  EXPECT_EQ(down.out, "DEGRADED  NODE_DOWN n3; n3 silent\n");
  const Ran split = Split().run({"health"});
  EXPECT_EQ(split.code, 10);
  EXPECT_EQ(split.out, "DEGRADED  VIEWS_DISAGREE n1 n2 | n3\n");
  const Ran nagios = OneDown().run({"health", "--nagios"});
  EXPECT_EQ(nagios.code, 1);
  EXPECT_NE(nagios.out.find("| nodes_up=2 "), std::string::npos) << nagios.out;
}

TEST(ClusterHealth, OfTheNodeAloneAsksNobodyElse) {
  OneDown ctl;
  ctl.nodes.answer("n1:1 /readyz", 200, R"({"ready":true})");
  EXPECT_EQ(ctl.run({"health", "--local"}).code, 0);
  EXPECT_EQ(ctl.nodes.seen.size(), 1U);
}

TEST(ClusterWait, ForANodeUntilEverybodySeesItUp) {
  Ctl ctl;
  ctl.environment["WATTRING_NODES"] = "n1:1";
  ctl.nodes.answer("n1:1 /api/v1/members", 200, replies::view("n1", "n1=up n2=down"));
  ctl.nodes.answer("n1:1 /api/v1/members", 200, replies::view("n1", "n1=up n2=up"));
  ctl.nodes.answer("n2:1 /api/v1/members", 200, replies::view("n2", "n1=up n2=joining"));
  ctl.nodes.answer("n2:1 /api/v1/members", 200, replies::view("n2", "n1=up n2=joining"));
  ctl.nodes.answer("n2:1 /api/v1/members", 200, replies::view("n2", "n1=up n2=up"));
  const Ran ran = ctl.run({"wait", "node-up", "n2"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, "n2 up after 1.0 s\n");
}

TEST(ClusterWait, SaysWhoDoesNotSeeIt) {
  const Ran ran = OneDown().run({"wait", "node-up", "n3", "--timeout", "1s"});
  EXPECT_EQ(ran.code, 6);
  EXPECT_EQ(ran.err, "Not n3 up after 1s: n1 sees it down\n");
  EXPECT_EQ(OneDown().run({"wait", "node-up", "n9", "--timeout", "1s"}).err,
            "Not n9 up after 1s: nobody knows a member n9\n");
}

TEST(ClusterWait, ForSoManyMembersAsEveryNodeSeesThem) {
  EXPECT_EQ(Three().run({"wait", "members=3"}).out, "3 members up after 0.0 s\n");
  EXPECT_EQ(Three().run({"wait", "members=4", "--timeout", "1s"}).err, "Not 4 members up after 1s: n1 sees 3 up\n");
  EXPECT_EQ(Split().run({"wait", "members=2", "--timeout", "1s"}).err, "Not 2 members up after 1s: n3 sees 1 up\n");
  EXPECT_EQ(Three().run({"wait", "members=x"}).code, 2);
}

TEST(ClusterWait, ForHealthMeansAllAnswerAndAgree) {
  EXPECT_EQ(Three().run({"wait", "healthy"}).code, 0);
  EXPECT_EQ(Split().run({"wait", "healthy", "--timeout", "1s"}).err, "Not healthy after 1s: the nodes' views differ\n");
}

TEST(ClusterVersion, IsOfEveryMember) {
  Three ctl;
  ctl.nodes.answer("/version", 200, R"({"name":"wattring","version":"9.9.9"})");
  const Ran ran = ctl.run({"version"});
  EXPECT_NE(ran.out.find("n1    n1:1     9.9.9\nn2    n2:1     9.9.9\nn3    n3:1     9.9.9\n"), std::string::npos)
      << ran.out;
}

TEST(Schema, IsPrintedForEveryVerbThatWritesJson) {
  for (const SchemaText& text : schema_texts()) {
    std::vector<std::string> arguments{"schema"};
    std::string_view rest = text.verb;
    for (std::size_t at = 0; at <= rest.size();) {
      const std::size_t end = std::min(rest.find(' ', at), rest.size());
      arguments.emplace_back(rest.substr(at, end - at));
      at = end + 1;
    }
    const Ran ran = Ctl().run(arguments);
    EXPECT_EQ(ran.code, 0) << text.verb;
    const auto schema = parse_json(ran.out);
    ASSERT_TRUE(schema) << text.verb;
    EXPECT_EQ((*schema)["title"].string(), text.schema);
    EXPECT_EQ((*schema)["properties"]["schema"]["const"].string(), text.schema);
  }
  const Ran unknown = Ctl().run({"schema", "nothing"});
  EXPECT_EQ(unknown.code, 4);
  EXPECT_NE(unknown.err.find("  meter show\n"), std::string::npos);
}

TEST(Schema, SeesWhatIsMissingStrangeOrOfAnotherKind) {
  const SchemaText text{"x", "wattring.x/1", "a number\nb? string null\nc[].d boolean\ne.* number"};
  const Json schema = json_schema(text);
  const auto errors = [&](const std::string& document) { return schema_errors(schema, *parse_json(document)); };
  EXPECT_EQ(errors(R"({"schema":"wattring.x/1","a":1,"b":null,"c":[{"d":true}],"e":{"any":2}})"), "");
  EXPECT_EQ(errors(R"({"schema":"wattring.x/1","a":1,"c":[],"e":{}})"), "");
  EXPECT_EQ(errors(R"({"schema":"wattring.x/1","c":[],"e":{}})"), "$.a is missing\n");
  EXPECT_EQ(errors(R"({"schema":"wattring.x/2","a":1,"c":[],"e":{}})"), "$.schema has another value\n");
  EXPECT_EQ(errors(R"({"schema":"wattring.x/1","a":"1","c":[{"d":1}],"e":{"k":"v"}})"),
            "$.a is no \"number\"\n$.c[].d is no \"boolean\"\n$.e.k is no \"number\"\n");
  EXPECT_EQ(errors(R"({"schema":"wattring.x/1","a":1,"c":[],"e":{},"z":1})"), "$.z is not in the schema\n");
}

}  // namespace
}  // namespace wattring::ctl
