// SPDX-License-Identifier: Apache-2.0
// The actor runtime against CAF: the same load, as many threads, sides alternating; prints the median of the rounds.
//
//   actor_bench [--rounds 5] [--threads 2] [--scale 1.0]

#include "tests/bench/actor_bench.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using actor_bench::Load;

struct Options {
  std::size_t rounds = 5;
  double scale = 1.0;
  Load load{};
};

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string key = argv[i];
    if (key == "--rounds") options.rounds = std::max(1UL, std::strtoul(argv[i + 1], nullptr, 10));
    if (key == "--threads") options.load.threads = static_cast<std::uint32_t>(std::strtoul(argv[i + 1], nullptr, 10));
    if (key == "--scale") options.scale = std::strtod(argv[i + 1], nullptr);
  }
  const auto scaled = [&](std::uint32_t& count) {
    count = std::max(1U, static_cast<std::uint32_t>(count * options.scale));
  };
  scaled(options.load.spawned);
  scaled(options.load.round_trips);
  scaled(options.load.messages);
  return options;
}

struct Row {
  const char* name;
  const char* unit;
  std::uint64_t operations;
  double (*wattring)(const Load&);
  double (*caf)(const Load&);
};

double median(std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  return seconds[seconds.size() / 2];
}

void measure(const Row& row, const Options& options) {
  std::vector<double> ours;
  std::vector<double> theirs;
  for (std::size_t round = 0; round < options.rounds; ++round) {
    // Who goes first changes, so that neither always finds the warmer machine.
    if (round % 2 == 0) ours.push_back(row.wattring(options.load));
    theirs.push_back(row.caf(options.load));
    if (round % 2 == 1) ours.push_back(row.wattring(options.load));
  }
  const double operations = static_cast<double>(row.operations);
  const double wattring_rate = operations / median(ours) / 1e6;
  const double caf_rate = operations / median(theirs) / 1e6;
  fmt::print("{:10} {:>14} {:12.2f} {:12.2f} {:8.2f}\n", row.name, row.unit, wattring_rate, caf_rate,
             wattring_rate / caf_rate);
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  const Load& load = options.load;
  fmt::print("{} threads each, median of {} alternating rounds\n", load.threads, options.rounds);
  fmt::print("{:10} {:>14} {:>12} {:>12} {:>8}\n", "load", "", "wattring", "CAF", "ratio");
  const std::vector<Row> rows{
      {"spawn", "M actors/s", load.spawned, actor_bench::spawn_wattring, actor_bench::spawn_caf},
      {"ping-pong", "M messages/s", 2ULL * load.pairs * load.round_trips, actor_bench::ping_pong_wattring,
       actor_bench::ping_pong_caf},
      {"fan-in", "M messages/s", std::uint64_t{load.senders} * load.messages, actor_bench::fan_in_wattring,
       actor_bench::fan_in_caf}};
  for (const Row& row : rows) measure(row, options);
  return 0;
}
