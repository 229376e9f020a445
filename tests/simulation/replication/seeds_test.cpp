// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/simulation/replication/run.hpp"

/// Random faults, many seeds. What fails prints the command that repeats it, and gets a line in regressions.txt.

namespace wattring::replication {
namespace {

std::string failure_of(const RunOptions& options, const RunResult& result) {
  return result.violations.empty() ? "" : replay_command(options) + '\n' + to_text(result.violations.front());
}

struct Batch {
  const char* name;
  std::size_t nodes;
  std::uint64_t first;
  std::uint64_t seeds;
};

class RandomFaults : public testing::TestWithParam<Batch> {};

TEST_P(RandomFaults, LoseNothingAndEndEqual) {
  const Batch& batch = GetParam();
  RunOptions options;
  options.nodes = batch.nodes;
  Tally tally;
  for (std::uint64_t i = 0; i < batch.seeds; ++i) {
    options.seed = batch.first + i;
    const RunResult result = run(options);
    ASSERT_EQ(failure_of(options, result), "");
    tally.add(result);
  }
  // Nothing is proven by what did not happen.
  if (batch.nodes == 5) {
    EXPECT_EQ(tally.unknown(options.faults), "");
  }
}

INSTANTIATE_TEST_SUITE_P(Of, RandomFaults,
                         testing::Values(Batch{"1Node", 1, 1, 20}, Batch{"2Nodes", 2, 1, 40},
                                         Batch{"3Nodes", 3, 1, 100}, Batch{"5Nodes", 5, 10'001, 400},
                                         Batch{"7Nodes", 7, 1, 60}),
                         [](const auto& instance) { return std::string(instance.param.name); });

/// Lines of "seed nodes seconds faults"; # begins a remark.
TEST(Regression, SeedsThatFailedOnceHold) {
  std::ifstream file(WATTRING_REGRESSIONS);
  std::size_t runs = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    RunOptions options;
    std::string faults;
    if (!(words >> options.seed >> options.nodes >> options.seconds >> faults)) continue;
    options.faults = parse_faults(faults).value();
    EXPECT_EQ(failure_of(options, run(options)), "");
    ++runs;
  }
  EXPECT_GE(runs, 10U);
}

/// Another process, another heap, another order of everything that depends on addresses.
TEST(Repetition, AnotherProcessComesToTheSameTrace) {
  RunOptions options;
  options.seed = 4;
  const std::string hash = fmt::format("{:016x}", run(options).hash);
  for (const char* heap : {"MALLOC_TOP_PAD_=1", "MALLOC_MMAP_THRESHOLD_=256"}) {
    const std::string command = std::string("env ") + heap + " " + WATTRING_SIMULATE + " replication --seed 4";
    FILE* const out = popen(command.c_str(), "r");
    ASSERT_NE(out, nullptr);
    std::array<char, 4096> text{};
    const std::size_t size = std::fread(text.data(), 1, text.size() - 1, out);
    EXPECT_EQ(pclose(out), 0);
    EXPECT_NE(std::string(text.data(), size).find(hash), std::string::npos) << command << '\n' << text.data();
  }
}

}  // namespace
}  // namespace wattring::replication
