// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <vector>

#include "tests/node/alert_stack.hpp"

namespace wattring::app {
namespace {

std::string rule(std::string_view name, std::string_view limit, std::string_view more = {}) {
  return "[[rule]]\nname = \"" + std::string(name) + "\"\nkind = \"over_power\"\nabove = \"" + std::string(limit) +
         "\"\n" + std::string(more);
}

/// What membership does for two nodes: hands on what is published, and syncs what the other lacks.
class Pair : public testing::Test {
 protected:
  void SetUp() override {
    connect(a, b);
    connect(b, a);
  }
  void connect(AlertStack& from, AlertStack& to) {
    from.service().spread_by([this, &to](const cluster::Document& document) {
      if (!connected) return false;
      to.service().on_grew({document});
      return true;
    });
  }
  void tick() {
    for (int i = 0; i < 2; ++i) {
      a.service().tick();
      b.service().tick();
    }
  }
  static void sync(AlertStack& from, AlertStack& to) {
    const cluster::Catalog all = from.service().initial();
    std::vector<cluster::Document> documents;
    for (const auto& [hash, document] : all.documents()) documents.push_back(document);
    to.service().on_grew(std::move(documents));
  }

  bool connected = true;
  AlertStack a{1};
  AlertStack b{2};
};

TEST_F(Pair, ARuleThatIsAppliedOnOneNodeCountsOnTheOther) {
  ASSERT_EQ(a.apply(rule("limit", "5kW") + "[[profile]]\nname = \"flat\"\nmatch = \"F*\"\n")->created.size(), 2U);
  EXPECT_EQ(b.counting("limit"), "");
  tick();
  EXPECT_NE(b.counting("limit"), "");
  EXPECT_EQ(b.counting("limit"), a.counting("limit"));
  EXPECT_EQ(b.service().profiles()->front().name, "flat");
  EXPECT_EQ(a.hash(), b.hash());
}

TEST_F(Pair, TheSameRuleAppliedOnTheOtherNodeIsNoNewVersion) {
  ASSERT_TRUE(a.apply(rule("limit", "5kW")));
  tick();
  const auto again = b.apply(rule("limit", "5kW"));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->unchanged, std::vector<std::string>{"limit"});
  const auto changed = b.apply(rule("limit", "6kW"));
  EXPECT_EQ(changed->created, std::vector<std::string>{"limit"});
  tick();
  EXPECT_EQ(a.counting("limit"), b.counting("limit"));
  EXPECT_EQ(a.service().rules()->size(), 2U);
}

TEST_F(Pair, WhatCameFromAnotherNodeIsThereAfterARestart) {
  ASSERT_TRUE(a.apply(rule("limit", "5kW")));
  tick();
  const std::uint64_t hash = b.hash();
  b.restart();
  EXPECT_EQ(b.hash(), hash);
  EXPECT_EQ(b.counting("limit"), a.counting("limit"));
}

TEST_F(Pair, ARuleForLaterCountsOnBothWhenItsTimeHasCome) {
  ASSERT_TRUE(a.apply(rule("limit", "5kW", "effective = " + format_rfc3339(a.clock.wall_ms() + 60'000) + "\n")));
  tick();
  EXPECT_EQ(b.hash(), a.hash());
  EXPECT_EQ(b.counting("limit"), "");
  a.clock.advance_ms(60'000);
  b.clock.advance_ms(60'000);
  tick();
  EXPECT_NE(a.counting("limit"), "");
  EXPECT_EQ(a.counting("limit"), b.counting("limit"));
}

TEST_F(Pair, TwoSidesThatAppliedDifferentThingsAgreeAfterwards) {
  connected = false;
  ASSERT_TRUE(a.apply(rule("limit", "5kW") + rule("only-a", "1kW")));
  ASSERT_TRUE(b.apply(rule("limit", "6kW") + rule("only-b", "2kW")));
  tick();
  EXPECT_NE(a.counting("limit"), b.counting("limit"));
  sync(a, b);
  sync(b, a);
  tick();
  EXPECT_EQ(a.hash(), b.hash());
  EXPECT_NE(a.counting("limit"), "");
  for (const char* name : {"limit", "only-a", "only-b"}) EXPECT_EQ(a.counting(name), b.counting(name)) << name;
}

TEST_F(Pair, WhatCouldNotBeHandedOnIsTriedAgain) {
  connected = false;
  ASSERT_TRUE(a.apply(rule("one", "5kW")));
  ASSERT_TRUE(a.apply(rule("two", "5kW")));
  tick();
  EXPECT_EQ(b.counting("one"), "");
  connected = true;
  tick();
  EXPECT_NE(b.counting("one"), "");
  EXPECT_NE(b.counting("two"), "");
}

TEST_F(Pair, ADocumentThatThisReleaseDoesNotUnderstandIsKeptAndDoesNotCount) {
  const cluster::Document later{"rule", "later", 1000, 1,
                                "[[rule]]\nname = \"later\"\nkind = \"of_a_newer_release\"\n"};
  const cluster::Document other{"tariff", "x", 1000, 1, "\x01\x02"};
  b.service().on_grew({later, other});
  ASSERT_TRUE(a.apply(rule("limit", "5kW")));
  tick();
  b.restart();
  EXPECT_EQ(b.service().initial().documents().size(), 3U);
  EXPECT_EQ(b.service().rules()->size(), 1U);
}

TEST_F(Pair, ACatalogThatIsFullRefusesWhatIsAppliedWholly) {
  std::vector<cluster::Document> others;
  for (std::uint64_t revision = 1; others.size() < cluster::kDocumentsMax - 1; ++revision)
    others.push_back({"tariff", "x", 0, revision, ""});
  a.service().on_grew(others);
  a.service().tick();
  const std::uint64_t hash = a.hash();
  const auto refused = a.apply(rule("one", "5kW") + rule("two", "5kW"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::no_space);
  EXPECT_EQ(a.hash(), hash);
  EXPECT_TRUE(a.service().rules()->empty());
  EXPECT_TRUE(a.apply(rule("one", "5kW")));
}

}  // namespace
}  // namespace wattring::app
