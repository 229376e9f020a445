// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/simulation/run.hpp"

/// Random faults, many seeds. What fails prints the command that repeats it, and gets a line in regressions.txt.

namespace wattring::simulation {
namespace {

std::string failure_of(const RunOptions& options, const RunResult& result) {
  return result.violations.empty() ? "" : replay_command(options) + '\n' + to_text(result.violations.front());
}

struct Batch {
  const char* name;
  std::size_t nodes;
  std::int64_t minutes;
  bool codec;
  std::uint64_t first;
  std::uint64_t seeds;
};

class RandomFaults : public testing::TestWithParam<Batch> {};

TEST_P(RandomFaults, EndInAgreement) {
  const Batch& batch = GetParam();
  RunOptions options;
  options.nodes = batch.nodes;
  options.minutes = batch.minutes;
  options.codec = batch.codec;
  for (std::uint64_t i = 0; i < batch.seeds; ++i) {
    options.seed = batch.first + i;
    const std::string failure = failure_of(options, run(options));
    ASSERT_EQ(failure, "");
  }
}

INSTANTIATE_TEST_SUITE_P(Of, RandomFaults,
                         testing::Values(Batch{"2Nodes", 2, 2, false, 1, 60}, Batch{"3Nodes", 3, 3, false, 1, 60},
                                         Batch{"5Nodes", 5, 3, false, 1, 70}, Batch{"5NodesAsBytes", 5, 2, true, 1, 40},
                                         Batch{"12Nodes", 12, 2, false, 1, 30}, Batch{"30Nodes", 30, 1, false, 1, 10}),
                         [](const auto& instance) { return std::string(instance.param.name); });

/// Lines of "seed nodes minutes bytes|objects faults"; # begins a remark.
TEST(Regression, SeedsThatFailedOnceHold) {
  std::ifstream file(WATTRING_REGRESSIONS);
  std::size_t runs = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    RunOptions options;
    std::string form;
    std::string faults;
    if (!(words >> options.seed >> options.nodes >> options.minutes >> form >> faults)) continue;
    options.codec = form == "bytes";
    options.faults = parse_faults(faults).value();
    EXPECT_EQ(failure_of(options, run(options)), "");
    ++runs;
  }
  EXPECT_GE(runs, 2U);
}

/// Another process, another heap, another order of everything that depends on addresses.
TEST(Repetition, AnotherProcessComesToTheSameTrace) {
  RunOptions options;
  options.seed = 4;
  options.minutes = 1;
  const std::string hash = fmt::format("{:016x}", run(options).hash);
  for (const char* heap : {"MALLOC_TOP_PAD_=1", "MALLOC_MMAP_THRESHOLD_=256", "MALLOC_ARENA_MAX=1"}) {
    const std::string command = std::string("env ") + heap + " " + WATTRING_SIMULATE + " --seed 4 --minutes 1";
    FILE* const out = popen(command.c_str(), "r");
    ASSERT_NE(out, nullptr);
    std::array<char, 4096> text{};
    const std::size_t size = std::fread(text.data(), 1, text.size() - 1, out);
    EXPECT_EQ(pclose(out), 0);
    EXPECT_NE(std::string(text.data(), size).find(hash), std::string::npos) << command << '\n' << text.data();
  }
}

}  // namespace
}  // namespace wattring::simulation
