// SPDX-License-Identifier: Apache-2.0
// How evenly placement spreads shards and what a member more or less moves: means over random clusters.
//
//   placement_figures [--clusters 40]

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/prng.hpp"
#include "sharding/placement.hpp"
#include "tests/sharding/sample_ring.hpp"

namespace {

using namespace wattring;            // NOLINT(google-build-using-namespace): a program of one file
using namespace wattring::sharding;  // NOLINT(google-build-using-namespace): likewise

std::array<std::uint8_t, 16> key_of(std::uint64_t seed) {
  return sample_node(seed + 1'000'000).bytes;
}

struct Figures {
  std::vector<double> homes, copies;
  double join = 0, leave = 0, join_homes = 0, leave_homes = 0, build_ms = 0;
};

double over(std::uint64_t value, double optimum) {
  return static_cast<double>(value) / optimum;
}

void add_cluster(Figures& sum, std::size_t shards, std::size_t nodes, std::uint64_t seed) {
  const Ring ring = sample_ring(seed, nodes);
  const auto begin = std::chrono::steady_clock::now();
  const Placement now(ring, shards, key_of(seed));
  sum.build_ms += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  const Balance even = balance(now);
  sum.homes.push_back(even.homes);
  sum.copies.push_back(even.copies);

  Ring more = successor_of(ring);
  add_member(more, {sample_node(seed * 7919 + nodes), 100, "z0"});
  Movement moved = movement(now, Placement(more, shards, key_of(seed)));
  sum.join += over(moved.copies, static_cast<double>(moved.optimum));
  sum.join_homes += over(moved.homes, static_cast<double>(shards) / static_cast<double>(nodes + 1));

  Ring less = successor_of(ring);
  remove_member(less, ring.members[seed % nodes].id);
  moved = movement(now, Placement(less, shards, key_of(seed)));
  // With as many copies as members there is nothing to move when one goes: 0.
  if (moved.optimum > 0) sum.leave += over(moved.copies, static_cast<double>(moved.optimum));
  sum.leave_homes += over(moved.homes, static_cast<double>(shards) / static_cast<double>(nodes));
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t clusters = 40;
  if (argc == 3 && std::string_view(argv[1]) == "--clusters") clusters = std::strtoull(argv[2], nullptr, 10);
  fmt::print(
      "| shards | nodes | homes max/mean | worst | copies max/mean | worst | join moves | leave moves | homes moved by "
      "join | by leave | ms |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
  for (const std::size_t shards : {1024U, 4096U})
    for (const std::size_t nodes : {3U, 5U, 7U, 10U, 15U, 20U, 50U}) {
      Figures sum;
      for (std::uint64_t seed = 1; seed <= clusters; ++seed) add_cluster(sum, shards, nodes, seed);
      const auto count = static_cast<double>(clusters);
      fmt::print(
          "| {} | {} | {:.3f} | {:.3f} | {:.3f} | {:.3f} | {:.3f} x | {:.3f} x | {:.2f} x | {:.2f} x | {:.2f} |\n",
          shards, nodes, mean(sum.homes), *std::max_element(sum.homes.begin(), sum.homes.end()), mean(sum.copies),
          *std::max_element(sum.copies.begin(), sum.copies.end()), sum.join / count, sum.leave / count,
          sum.join_homes / count, sum.leave_homes / count, sum.build_ms / count);
    }
}
