// SPDX-License-Identifier: Apache-2.0
#include "node/sim/chaos_plan.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

namespace wattring::sim {
namespace {

constexpr std::string_view kPlan = R"(
name = "two"
nodes = 5
duration = "30s"
settings = ["store.workers=2"]
[load]
meters = 40
rate = 500
clients = 3
[budget]
rto = "1500ms"
[[fault]]
at = "5s"
kind = "kill"
target = "n3"
for = "2s"
[[fault]]
at = "9s"
kind = "flap"
times = 4
)";

std::string error_of(const std::string& text) {
  const auto plan = parse_chaos_plan(text, "p.toml");
  return plan ? "" : plan.error().text();
}

TEST(ChaosPlan, APlanIsReadWithAllItSays) {
  const auto plan = parse_chaos_plan(kPlan, "p.toml");
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_EQ(plan->name, "two");
  EXPECT_EQ(plan->duration_ms, 30'000);
  EXPECT_EQ(plan->settings, std::vector<std::string>{"store.workers=2"});
  EXPECT_EQ(plan->load.meters, 40U);
  EXPECT_EQ(plan->load.clients, 3U);
  EXPECT_EQ(plan->budget.rto_ms, 1500);
  ASSERT_EQ(plan->faults.size(), 2U);
  EXPECT_EQ(plan->faults[0].kind, FaultKind::kill);
  EXPECT_EQ(plan->faults[0].target, "n3");
  EXPECT_EQ(plan->faults[0].for_ms, 2000);
  EXPECT_EQ(plan->faults[1].kind, FaultKind::flap);
  EXPECT_EQ(plan->faults[1].times, 4);
  EXPECT_EQ(plan->faults[1].target, "random");
}

TEST(ChaosPlan, WhatIsWrongIsToldWithItsLine) {
  EXPECT_NE(error_of("nodes = 3\nmetres = 4\n").find("p.toml:2: unknown key \"metres\""), std::string::npos);
  EXPECT_NE(error_of("[load]\nrate = \"fast\"\n").find("p.toml:2: rate must be a number"), std::string::npos);
  EXPECT_NE(error_of("duration = 20\n").find("a time with its unit"), std::string::npos);
  EXPECT_NE(error_of("[[fault]]\nkind = \"melt\"\n").find("p.toml:2: kind must be"), std::string::npos);
  EXPECT_NE(error_of("[[fault]]\nat = \"1s\"\n").find("a fault needs a kind"), std::string::npos);
  EXPECT_NE(error_of("nodes = \n").find("not TOML"), std::string::npos);
}

TEST(ChaosPlan, WhatCannotBeDoneIsRefused) {
  const auto with = [](auto change) {
    ChaosPlan plan;
    plan.faults.resize(1);
    change(plan);
    return validate(plan).has_value();
  };
  EXPECT_TRUE(with([](ChaosPlan&) {}));
  EXPECT_FALSE(with([](ChaosPlan& plan) { plan.nodes = 0; }));
  EXPECT_FALSE(with([](ChaosPlan& plan) { plan.faults[0].target = "n6"; }));
  EXPECT_FALSE(with([](ChaosPlan& plan) { plan.faults[0].target = "n"; }));
  EXPECT_FALSE(with([](ChaosPlan& plan) { plan.faults[0].target = "all"; }));
  EXPECT_FALSE(with([](ChaosPlan& plan) { plan.faults[0].at_ms = plan.duration_ms; }));
  EXPECT_FALSE(with([](ChaosPlan& plan) { plan.load.http_clients = plan.load.clients + 1; }));
  EXPECT_FALSE(with([](ChaosPlan& plan) { plan.faults = {{.at_ms = 5000}, {.at_ms = 4000}}; }));
}

TEST(ChaosPlan, TheSameSeedDrawsTheSamePlanAndSeedsDrawAllKinds) {
  std::set<FaultKind> kinds;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const ChaosPlan plan = random_chaos_plan(seed);
    const ChaosPlan again = random_chaos_plan(seed);
    ASSERT_TRUE(validate(plan)) << validate(plan).error().text();
    ASSERT_EQ(plan.duration_ms, again.duration_ms);
    ASSERT_EQ(plan.faults.size(), again.faults.size());
    int lost_disks = 0;
    for (std::size_t i = 0; i < plan.faults.size(); ++i) {
      ASSERT_EQ(plan.faults[i].kind, again.faults[i].kind);
      ASSERT_EQ(plan.faults[i].at_ms, again.faults[i].at_ms);
      ASSERT_EQ(plan.faults[i].target, again.faults[i].target);
      kinds.insert(plan.faults[i].kind);
      if (plan.faults[i].kind == FaultKind::wipe || plan.faults[i].kind == FaultKind::restore) ++lost_disks;
    }
    ASSERT_LE(lost_disks, 1);
  }
  // All but the rolling restart, which is no matter of chance.
  EXPECT_EQ(kinds.size(), fault_kinds().size() - 1);
}

TEST(ChaosPlan, EveryPlanThatIsShippedCanBeRead) {
  std::size_t plans = 0;
  for (const auto& entry : std::filesystem::directory_iterator(WATTRING_CHAOS_PLANS)) {
    std::ifstream file(entry.path());
    const std::string text(std::istreambuf_iterator<char>(file), {});
    const auto plan = parse_chaos_plan(text, entry.path().string());
    ASSERT_TRUE(plan) << plan.error().text();
    EXPECT_EQ(plan->name, entry.path().stem().string());
    EXPECT_FALSE(plan->about.empty());
    EXPECT_FALSE(plan->faults.empty());
    ++plans;
  }
  EXPECT_GE(plans, 10U);
}

TEST(ChaosPlan, CutsConditionsAndClocksAreRead) {
  const auto plan = parse_chaos_plan(R"([[fault]]
at = "1s"
kind = "partition"
target = "n1"
from = "n2"
way = "in"
[[fault]]
at = "2s"
kind = "kill"
target = "it"
when = "filling"
[[fault]]
at = "3s"
kind = "clock"
step = "-90s"
)",
                                     "p.toml");
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_EQ(plan->faults[0].from, "n2");
  EXPECT_EQ(plan->faults[0].way, Way::in);
  EXPECT_EQ(plan->faults[1].when, Condition::filling);
  EXPECT_EQ(plan->faults[2].step_ms, -90'000);
  EXPECT_TRUE(has_fault(*plan, FaultKind::partition));
  EXPECT_FALSE(has_fault(*plan, FaultKind::rot));
}

TEST(ChaosPlan, WhatDoesNotBelongToAFaultIsRefused) {
  const auto fault = [](const std::string& text) { return error_of("[[fault]]\nat = \"1s\"\n" + text); };
  EXPECT_NE(fault("kind = \"kill\"\nfrom = \"n2\"\n").find("from is a node, of a partition"), std::string::npos);
  EXPECT_NE(fault("kind = \"kill\"\ntarget = \"minority\"\n").find("target"), std::string::npos);
  EXPECT_NE(fault("kind = \"kill\"\ntarget = \"it\"\n").find("target"), std::string::npos);
  EXPECT_NE(fault("kind = \"clock\"\n").find("needs a step"), std::string::npos);
  EXPECT_NE(fault("kind = \"kill\"\nstep = \"1s\"\n").find("needs a step"), std::string::npos);
  EXPECT_NE(fault("kind = \"partition\"\nway = \"up\"\n").find("way must be one of both in out"), std::string::npos);
  EXPECT_NE(fault("kind = \"kill\"\nwhen = \"noon\"\n").find("when must be one of"), std::string::npos);
}

}  // namespace
}  // namespace wattring::sim
