// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/run.hpp"

namespace wattring::simulation {
namespace {

constexpr std::int64_t kSettleWithin = 120 * kSecond;  // twice the longest suspicion, a few tries to heal, and gossip
constexpr std::int64_t kAftermath = 40 * kSecond;      // late messages, and refusals to forgive (edge_window_ns)
constexpr std::int64_t kStayCalm = 35 * kSecond;

std::vector<std::string> first_endpoints(const World& world) {
  std::vector<std::string> seeds;
  for (Node node = 0; node < std::min<std::size_t>(FaultDriver::kSeedNodes, world.size()); ++node)
    seeds.push_back(world.endpoint(node));
  return seeds;
}

}  // namespace

RunResult run(const RunOptions& options) {
  WorldOptions how;
  how.seed = options.seed;
  how.settings = options.settings;
  how.codec = options.codec;
  World world(how);
  if (!options.trace.empty()) world.trace().write_to(options.trace);
  for (std::size_t i = 0; i < options.nodes; ++i) world.add_node();
  world.set_seeds(first_endpoints(world));
  FaultDriver driver(world, options.faults, world.prng().next());
  Checker checker({.forbid_false_failures = driver.benign(), .scan = true});
  world.add_observer(checker);
  for (Node node = 0; node < options.nodes; ++node) {
    const auto start = static_cast<std::int64_t>(world.prng().below(3'000)) * kMs;
    world.at(start, [&world, node] { world.start(node, {.seeds = {}, .founds = node == 0}); });
  }
  world.run_for(10 * kSecond);
  driver.begin(world.now_ns() + options.minutes * kMinute);
  world.run_for(options.minutes * kMinute);
  driver.stop();
  const std::int64_t stopped_ns = world.now_ns();
  const bool settled = world.run_until([&] { return Checker::calm(world); }, kSettleWithin, 100 * kMs);
  RunResult result;
  if (settled) {
    result.settled_ns = world.now_ns() - stopped_ns;
    world.run_for(kAftermath);
    const std::size_t before = checker.false_failures().size();
    world.run_for(kStayCalm);
    if (checker.false_failures().size() != before) checker.add(7, world, 0, "failures without a fault");
  }
  checker.check_calm(world);
  if (!settled && checker.violations().empty()) checker.add(8, world, 0, "views differ in nothing that is checked");
  if (world.decode_failures() != 0)
    checker.add(13, world, 0, std::to_string(world.decode_failures()) + " of our own messages do not decode");
  for (Node node = 0; node < world.size(); ++node) result.members += world.runs(node) ? 1 : 0;
  result.hash = world.trace().hash();
  result.events = world.executed();
  result.chosen = driver.chosen();
  result.false_failures = checker.false_failures().size();
  result.violations = checker.violations();
  return result;
}

std::string replay_command(const RunOptions& options) {
  return "wattring-simulate --seed " + std::to_string(options.seed) + " --nodes " + std::to_string(options.nodes) +
         " --faults " + (options.faults.all() ? "all" : to_text(options.faults)) + " --minutes " +
         std::to_string(options.minutes) + (options.codec ? " --codec" : "");
}

}  // namespace wattring::simulation
