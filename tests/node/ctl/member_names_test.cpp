// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/node/ctl/fake_nodes.hpp"
#include "tests/node/ctl/replies.hpp"
#include "tests/node/ctl/shard_replies.hpp"

/// Members without a name, with one that two bear, and with one that nobody bears.

namespace wattring::ctl {
namespace {

using replies::ShardsReply;

const std::string kIdOf3 = "5f2a91c0deadbeef5f2a91c0deadbeef";

/// n3 is down, and n1 has not met it since it was started.
struct Restarted : Ctl {
  explicit Restarted(bool n2_knows) {
    environment["WATTRING_NODES"] = "n1:1";
    for (const std::string node : {"n1", "n2"}) {
      nodes.answer(node + ":1 /api/v1/members", 200, replies::view(node, "n1=up n2=up"));
      ShardsReply reply{.node = node, .n3_away = true, .name_of_n3 = "5f2a91c0", .id_of_n3 = kIdOf3};
      if (n2_knows && node == "n2") reply.name_of_n3 = "n3";
      nodes.answer(node + ":1 /api/v1/shards", 200, replies::shards(reply));
    }
  }
};

TEST(MemberNames, OfADeadMemberComeFromAnyNodeThatKnowsThem) {
  Restarted ctl(true);
  const Ran ran = ctl.run({"shards", "list"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.out.find("n1 n2 n3"), std::string::npos) << ran.out;
  EXPECT_EQ(ran.out.find("5f2a91c0"), std::string::npos) << ran.out;
  EXPECT_NE(ctl.run({"shards", "list", "--of", "n3", "-o", "csv"}).out.find("0,n1,n1 n2 n3,"), std::string::npos);
}

TEST(MemberNames, ThatNobodyKnowsAreTheBeginningOfTheIdAndTheAnswerSaysSo) {
  Restarted ctl(false);
  const std::string note =
      "5f2a91c0 is how the id 5f2a91c0deadbeef5f2a91c0deadbeef begins: no node that answered has met it since its own "
      "start, so its name is not known\n";
  for (const char* verb : {"map", "list", "moving"}) {
    const Ran ran = ctl.run({"shards", verb});
    EXPECT_NE(ran.out.find(note), std::string::npos) << verb << "\n" << ran.out;
  }
  EXPECT_NE(ctl.run({"shards", "show", "1"}).out.find(note), std::string::npos);
}

TEST(MemberNames, AreLookedForWhenTheRingIsShown) {
  Ctl ctl;
  ctl.environment["WATTRING_NODES"] = "n1:1";
  const std::string seat = R"({"node":"5f2a91c0","id":")" + kIdOf3 +
                           R"(","weight":100,"zone":"","reachable":false,"draining":false,"homes":0,"copies":4})";
  ctl.nodes.answer(
      "/api/v1/ring", 200,
      R"({"schema":"wattring.ring/1","at":"2026-02-11T13:07:30Z",)" + replies::ring() +
          R"(,"majority":2,"automatic":true,"proposing":false,"proposes_in_s":3,"unreachable":[],"nodes":[)" + seat +
          R"(],"waiting":[]})");
  std::string view = replies::view("n2", "n1=up n2=up n3=down");
  view.replace(view.find("id-n3"), 5, kIdOf3);
  ctl.nodes.answer("n1:1 /api/v1/members", 200, replies::view("n1", "n1=up n2=up"));
  ctl.nodes.answer("n2:1 /api/v1/members", 200, view);
  EXPECT_NE(ctl.run({"ring"}).out.find("\nn3       100"), std::string::npos) << ctl.run({"ring"}).out;
  ctl.nodes.forget("n2:1 /api/v1/members");
  EXPECT_NE(ctl.run({"ring"}).out.find("\n5f2a91c0 is how the id"), std::string::npos) << ctl.run({"ring"}).out;
}

/// Two nodes are called n2; the second one is at n3:1.
struct Twins : Ctl {
  Twins() {
    environment["WATTRING_NODES"] = "n1:1";
    std::string view = replies::view("n1", "n1=up n2=up n3=up");
    view.replace(view.find(R"("node":"n3")"), 11, R"("node":"n2")");
    nodes.answer("n1:1 /api/v1/members", 200, view);
    for (const std::string node : {"n1", "n2", "n3"})
      nodes.answer(node + ":1 /api/v1/shards", 200, replies::shards({.node = node, .name_of_n3 = "n2"}));
    for (const std::string node : {"n2", "n3"})
      nodes.answer(node + ":1 /api/v1/node/drain", 200,
                   R"({"schema":"wattring.node-drain/1","node":"n2","draining":true})");
  }
};

TEST(MemberNames, ThatTwoBearAreRefusedWithTheirIdsAndAnIdIsTaken) {
  Twins ctl;
  for (const char* verb : {"drain", "resume"}) {
    const Ran ran = ctl.run({"node", verb, "n2"});
    EXPECT_EQ(ran.code, 2);
    EXPECT_EQ(ran.err,
              "2 nodes bear the name n2. Give the id of the one that is meant:\n  id-n2 at n2:1\n  id-n3 at n3:1\n");
  }
  const Ran ran = ctl.run({"node", "drain", "id-n3", "--yes"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ctl.nodes.seen.back().address, "n3:1");
  EXPECT_EQ(ctl.run({"shards", "list", "--of", "n2"}).code, 2);
}

TEST(MemberNames, ThatNobodyBearsAreNotAnEmptyList) {
  Restarted ctl(true);
  const Ran ran = ctl.run({"shards", "list", "--of", "nosuch"});
  EXPECT_EQ(ran.code, 4);
  EXPECT_EQ(ran.err, "No member of the ring is called nosuch. Members: n1, n2, n3\n");
  EXPECT_EQ(ran.out, "");
}

TEST(MemberNames, WhatIsNotTheNumberOfAShardIsSaidWithTheRange) {
  Restarted ctl(true);
  for (const char* text : {"abc", "1x", "1.5", ""}) {
    const Ran ran = ctl.run({"shards", "show", text});
    EXPECT_EQ(ran.code, 2) << text;
    EXPECT_EQ(ran.err, "\"" + std::string(text) +
                           "\" is not the number of a shard: they are numbered 0 to 3. That of a meter: wattringctl "
                           "shards where METER\n");
  }
  const Ran far = ctl.run({"shards", "show", "99999999999999999999"});
  EXPECT_EQ(far.code, 4);
  EXPECT_EQ(far.err, "There is no shard 99999999999999999999: they are numbered 0 to 3.\n");
}

}  // namespace
}  // namespace wattring::ctl
