// SPDX-License-Identifier: Apache-2.0
// As many random schedules of RingWorld as one likes; the first that breaks a rule is named.
//
//   ring_seeds FIRST COUNT

#include <cstdio>
#include <cstdlib>

#include "tests/sharding/ring_world.hpp"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: ring_seeds FIRST COUNT\n", stderr);
    return 2;
  }
  const std::uint64_t first = std::strtoull(argv[1], nullptr, 10);
  const std::uint64_t count = std::strtoull(argv[2], nullptr, 10);
  std::uint64_t decided = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const std::string wrong =
        wattring::sharding::run_random_schedule(seed, wattring::sharding::RingMutant::none, &decided);
    if (wrong.empty()) continue;
    std::printf("seed %lu: %s\n", seed, wrong.c_str());
    return 1;
  }
  std::printf("%lu schedules, %lu rings decided, none wrong\n", count, decided);
}
