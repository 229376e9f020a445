// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <vector>

#include "node/sim/options.hpp"

namespace wattring::sim {
namespace {

Command parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "wattringsim");
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}
RunOptions parse_run(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "run");
  const Command command = parse(std::move(arguments));
  const auto* usage = std::get_if<UsageReply>(&command);
  EXPECT_EQ(usage, nullptr) << usage->text;
  return usage == nullptr ? std::get<RunOptions>(command) : RunOptions{};
}
int usage_code(std::vector<const char*> arguments) {
  const Command command = parse(std::move(arguments));
  const auto* usage = std::get_if<UsageReply>(&command);
  return usage == nullptr ? -1 : usage->exit_code;
}

TEST(CommandLine, RunsAThousandMetersForTwentySecondsByDefault) {
  const RunOptions run = parse_run({});
  EXPECT_EQ(run.fleet.meters, 1000U);
  EXPECT_EQ(run.fleet.every_ms, 900'000);
  EXPECT_EQ(run.load.duration_ns, 20'000'000'000);
  EXPECT_EQ(run.load.rate, 0);
  EXPECT_EQ(run.as, SendAs::native);
  EXPECT_TRUE(run.load.resend);
  EXPECT_TRUE(run.write_ledger);
}

TEST(CommandLine, UnderstandsCountsDurationsAndShares) {
  const RunOptions run = parse_run({"--meters",    "10k",        "--every", "15s",     "--readings",
                                    "2.5M",        "--late",     "1%",      "--dup",   "0.1%",
                                    "--node",      "a:1",        "--node",  "b:2",     "--as",
                                    "line",        "--profile",  "solar",   "--start", "2024-01-01T00:00:00Z",
                                    "--no-resend", "--no-ledger"});
  EXPECT_EQ(run.fleet.meters, 10'000U);
  EXPECT_EQ(run.fleet.every_ms, 15'000);
  EXPECT_EQ(run.load.readings_max, 2'500'000U);
  EXPECT_EQ(run.load.duration_ns, 0);
  EXPECT_DOUBLE_EQ(run.fleet.faults.late, 0.01);
  EXPECT_DOUBLE_EQ(run.fleet.faults.dup, 0.001);
  EXPECT_EQ(run.node.nodes, (std::vector<std::string>{"a:1", "b:2"}));
  EXPECT_EQ(run.as, SendAs::line);
  EXPECT_EQ(run.fleet.profile, Profile::solar);
  EXPECT_EQ(run.start_ms, 1'704'067'200'000);
  EXPECT_FALSE(run.load.resend);
  EXPECT_FALSE(run.write_ledger);
}

TEST(CommandLine, ClusterHasThreeVerbs) {
  const Command up =
      parse({"cluster", "up", "5", "--dir", "d", "--base-port", "9000", "--set", "a.b=1", "--set", "c.d=2"});
  ASSERT_TRUE(std::holds_alternative<ClusterUpOptions>(up));
  EXPECT_EQ(std::get<ClusterUpOptions>(up).nodes, 5);
  EXPECT_EQ(std::get<ClusterUpOptions>(up).base_port, 9000);
  EXPECT_EQ(std::get<ClusterUpOptions>(up).settings, (std::vector<std::string>{"a.b=1", "c.d=2"}));
  const Command down = parse({"cluster", "down", "--keep"});
  ASSERT_TRUE(std::holds_alternative<ClusterDownOptions>(down));
  EXPECT_TRUE(std::get<ClusterDownOptions>(down).keep);
  EXPECT_TRUE(std::holds_alternative<ClusterStatusOptions>(parse({"cluster", "status"})));
  EXPECT_EQ(usage_code({"cluster"}), 2);
  EXPECT_EQ(usage_code({"cluster", "up", "0"}), 2);
  EXPECT_EQ(usage_code({"cluster", "up", "101"}), 2);
  EXPECT_EQ(usage_code({"cluster", "up", "--help"}), 0);
}

TEST(CommandLine, ChaosRunsAPlanOrRandomOnes) {
  const Command run = parse({"chaos", "run", "kill.toml", "--seed", "9", "--out", "o", "--set", "store.workers=2"});
  const auto* plan = std::get_if<ChaosRunOptions>(&run);
  ASSERT_NE(plan, nullptr);
  EXPECT_EQ(plan->plan, "kill.toml");
  EXPECT_EQ(plan->seed, 9U);
  EXPECT_EQ(plan->settings, std::vector<std::string>{"store.workers=2"});
  const Command random = parse({"chaos", "run", "--random", "20"});
  ASSERT_TRUE(std::holds_alternative<ChaosRunOptions>(random));
  EXPECT_EQ(std::get<ChaosRunOptions>(random).random, 20U);
  EXPECT_TRUE(std::holds_alternative<ChaosListOptions>(parse({"chaos", "list-faults"})));
  EXPECT_TRUE(std::holds_alternative<ChaosReportOptions>(parse({"chaos", "report", "o"})));
  EXPECT_TRUE(std::holds_alternative<UsageReply>(parse({"chaos", "run"})));
  EXPECT_TRUE(std::holds_alternative<UsageReply>(parse({"chaos", "run", "kill.toml", "--random", "2"})));
}

TEST(CommandLine, WrongUsageIsExitCodeTwo) {
  EXPECT_EQ(usage_code({}), 2);
  EXPECT_EQ(usage_code({"fly"}), 2);
  EXPECT_EQ(usage_code({"check"}), 2);
  EXPECT_EQ(usage_code({"run", "--metres", "5"}), 2);
  EXPECT_EQ(usage_code({"run", "--meters", "0"}), 2);
  EXPECT_EQ(usage_code({"run", "--meters", "many"}), 2);
  EXPECT_EQ(usage_code({"run", "--every", "15"}), 2);
  EXPECT_EQ(usage_code({"run", "--every", "1500ms"}), 2);
  EXPECT_EQ(usage_code({"run", "--late", "0.5"}), 2);
  EXPECT_EQ(usage_code({"run", "--late", "60%", "--gap", "60%"}), 2);
  EXPECT_EQ(usage_code({"run", "--as", "smoke"}), 2);
  EXPECT_EQ(usage_code({"run", "--start", "yesterday"}), 2);
  EXPECT_EQ(usage_code({"run", "--prefix", "a b"}), 2);
  EXPECT_EQ(usage_code({"run", "--node", "nowhere"}), 2);
}

TEST(CommandLine, HelpAndVersionAreNoErrors) {
  EXPECT_EQ(usage_code({"--help"}), 0);
  EXPECT_EQ(usage_code({"run", "--help"}), 0);
  EXPECT_EQ(usage_code({"--version"}), 0);
}

TEST(CommandLine, HasCheckAndReplay) {
  const Command check = parse({"check", "ledger-1.bin", "--sample", "5", "-o", "json", "--no-intervals"});
  ASSERT_TRUE(std::holds_alternative<CheckOptions>(check));
  EXPECT_EQ(std::get<CheckOptions>(check).ledger, "ledger-1.bin");
  EXPECT_EQ(std::get<CheckOptions>(check).sample, 5U);
  EXPECT_TRUE(std::get<CheckOptions>(check).json);
  EXPECT_FALSE(std::get<CheckOptions>(check).intervals);
  const Command replay = parse({"replay", "capture.txt", "--speed", "10", "--shift-to-now", "--meter", "HOME"});
  ASSERT_TRUE(std::holds_alternative<ReplayOptions>(replay));
  EXPECT_EQ(std::get<ReplayOptions>(replay).speed, 10);
  EXPECT_TRUE(std::get<ReplayOptions>(replay).shift_to_now);
}

}  // namespace
}  // namespace wattring::sim
