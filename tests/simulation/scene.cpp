// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/scene.hpp"

#include <algorithm>

namespace wattring::simulation {

using cluster::EventKind;
using cluster::MemberState;

Scene::Scene(WorldOptions how, Checker::Options what) : world(how), checker(what) {
  world.add_observer(checker);
}

bool Scene::form(std::size_t nodes) {
  std::vector<std::string> seeds;
  for (std::size_t i = 0; i < nodes; ++i) world.add_node();
  for (Node node = 0; node < std::min<std::size_t>(3, world.size()); ++node) seeds.push_back(world.endpoint(node));
  world.set_seeds(seeds);
  for (Node node = 0; node < world.size(); ++node)
    if (!world.runs(node)) world.start(node, {.seeds = {}, .founds = node == 0});
  return calm_within(60 * kSecond);
}

bool Scene::calm_within(std::int64_t limit_ns) {
  return world.run_until([&] { return Checker::calm(world); }, limit_ns);
}

bool Scene::all_hold(Node of, MemberState state, std::int64_t limit_ns) {
  return world.run_until(
      [&] {
        return std::ranges::all_of(running(), [&](Node node) {
          return node == of || (world.knows(node, of) && world.state_at(node, of) == state);
        });
      },
      limit_ns);
}

std::vector<Node> Scene::running() const {
  std::vector<Node> nodes;
  for (Node node = 0; node < world.size(); ++node)
    if (world.runs(node)) nodes.push_back(node);
  return nodes;
}

std::vector<Node> Scene::monitors(Node of) const {
  // Whoever watches is watched.
  const std::vector<std::string> neighbours = world.swim(of).peer_cache();
  const std::size_t most = 2 * world.options().settings.rings;
  std::vector<Node> nodes;
  for (const Node node : running()) {
    const auto found = std::ranges::find(neighbours, world.endpoint(node));
    if (found != neighbours.end() && found < neighbours.begin() + static_cast<std::ptrdiff_t>(most))
      nodes.push_back(node);
  }
  return nodes;
}

std::size_t Scene::told(EventKind kind, const Which& which) const {
  return static_cast<std::size_t>(std::ranges::count_if(checker.told(), [&](const Checker::Told& told) {
    return told.kind == kind && told.at_ns >= which.since_ns && (!which.at || told.observer == *which.at) &&
           (!which.of || told.who == world.node(*which.of).id);
  }));
}

void Scene::demand(bool holds, int invariant, const std::string& what) {
  if (!holds) checker.add(invariant, world, kNone, what);
}

std::vector<Violation> Scene::finish() {
  checker.check_calm(world);
  return checker.violations();
}

std::string to_text(const std::vector<Violation>& violations) {
  std::string text;
  for (const Violation& violation : violations) text += to_text(violation) + '\n';
  return text;
}

}  // namespace wattring::simulation
