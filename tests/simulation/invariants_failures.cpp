// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "cluster/suspicion.hpp"
#include "tests/simulation/invariants.hpp"
#include "tests/simulation/lifeguard.hpp"

/// 3 to 7: who is held dead, when, and who is not.

namespace wattring::simulation {
namespace {

using cluster::EventKind;
using cluster::MemberState;
using cluster::Settings;

/// B(N): until everybody holds a dead node dead. The longest doubt by a slow clock, and time to find and to tell it.
std::int64_t death_bound_ns(const Settings& settings, std::size_t nodes) {
  return cluster::suspicion_timeout_ns(settings, nodes, 0) * 11 / 10 + 15 * settings.probe_interval_ns;
}

std::vector<Violation> all_die(const Settings& settings, std::size_t nodes, bool dark) {
  Scene scene(world_of(settings));
  scene.demand(scene.form(nodes), 3, "no cluster forms");
  const auto victim = static_cast<Node>(nodes / 2);
  std::vector<Node> dying = scene.monitors(victim);
  if (dying.size() + 2 > nodes) dying.resize(nodes / 3);
  dying.push_back(victim);
  for (const Node node : dying) dark ? scene.world.power_off(node) : scene.world.crash(node);
  const std::int64_t died_ns = scene.now();
  for (const Node node : dying)
    scene.demand(scene.all_hold(node, MemberState::dead, died_ns + death_bound_ns(settings, nodes) - scene.now()), 3,
                 "n" + std::to_string(node) + " of " + std::to_string(nodes) + " is not held dead by all in time");
  return scene.finish();
}

}  // namespace

std::vector<Violation> check_crash(const Settings& settings) {
  std::vector<Violation> found;
  for (const std::size_t nodes : {2U, 3U, 5U, 40U})
    for (const bool dark : {false, true}) append(found, all_die(settings, nodes, dark));
  return found;
}

std::vector<Violation> check_bad_network(const Settings& settings) {
  std::vector<Violation> found;
  for (const std::size_t nodes : {3U, 5U, 12U, 30U}) {
    WorldOptions how = world_of(settings, nodes);
    how.weather.loss = 0.2;
    how.weather.delay_span_ns = 60 * kMs;
    how.weather.jitter_mean_ns = 5 * kMs;
    Scene scene(how, {.forbid_false_failures = true, .scan = true});
    scene.form(nodes);  // it may never be calm
    scene.world.run_for(4 * kMinute);
    append(found, scene.checker.violations());
  }
  return found;
}

std::vector<Violation> check_stalled_minority(const Settings& settings) {
  LifeguardCell cell;
  cell.nodes = 60;
  cell.stalled = 6;
  cell.held_ns = 16 * kSecond;
  cell.awake_ns = 64 * kMs;
  cell.settings = settings;
  const LifeguardResult result = run_lifeguard(cell);
  if (result.false_positives == 0) return {};
  return {{5, 0, kNone, std::to_string(result.false_positives) + " times somebody healthy is held dead"}};
}

namespace {

void pause_for(Scene& scene, Node node, std::int64_t duration_ns) {
  scene.world.pause(node);
  scene.world.run_for(duration_ns);
  scene.world.resume(node);
}

/// An observer doubts somebody who then comes back while the observer itself stands still.
std::vector<Violation> wake_to_good_news(const Settings& settings) {
  Scene scene(world_of(settings));
  scene.demand(scene.form(5), 6, "no cluster forms");
  scene.world.pause(1);
  scene.world.run_until([&] { return scene.world.state_at(2, 1) == MemberState::suspect; }, 10 * kSecond, kMs);
  scene.world.pause(2);
  scene.world.run_for(kSecond);
  scene.world.resume(1);
  scene.world.run_for(40 * kSecond);
  scene.world.resume(2);
  scene.demand(scene.calm_within(60 * kSecond), 6, "it never calms down");
  scene.demand(scene.told(EventKind::failed, {.of = 1, .at = 2}) == 0, 6, "who wakes up blames somebody");
  return scene.finish();
}

}  // namespace

std::vector<Violation> check_pause(const Settings& settings) {
  std::vector<Violation> found = wake_to_good_news(settings);
  for (const std::size_t nodes : {5U, 20U}) {
    Scene scene(world_of(settings));
    scene.demand(scene.form(nodes), 6, "no cluster forms");
    pause_for(scene, 1, 3 * kSecond);
    scene.world.run_for(20 * kSecond);
    scene.demand(scene.told(EventKind::failed) == 0, 6, "a pause of 3 s is a failure");
    const std::int64_t before = scene.now();
    pause_for(scene, 1, 60 * kSecond);
    scene.demand(scene.calm_within(60 * kSecond), 6, "it never calms down");
    scene.world.run_for(20 * kSecond);
    for (const Node node : scene.running()) {
      const std::size_t failures = scene.told(EventKind::failed, {.of = 1, .at = node, .since_ns = before});
      const std::size_t returns = scene.told(EventKind::recovered, {.of = 1, .at = node, .since_ns = before});
      scene.demand(node == 1 || (failures == 1 && returns == 1), 6,
                   "n" + std::to_string(node) + " saw " + std::to_string(failures) + " failures and " +
                       std::to_string(returns) + " returns in a pause of 60 s");
    }
    scene.demand(scene.told(EventKind::suspected, {.of = {}, .at = 1, .since_ns = before}) == 0, 6,
                 "who was paused blames somebody");
    append(found, scene.finish());
  }
  return found;
}

namespace {

/// One direction between a node and some of the others is gone.
void cut_off(Scene& scene, Node one, std::size_t others, bool mute) {
  const Place place = scene.world.node(one).place;
  for (Node node = 0; node < scene.world.size() && others > 0; ++node) {
    if (node == one) continue;
    const Place other = scene.world.node(node).place;
    mute ? scene.world.network().cut(place, other) : scene.world.network().cut(other, place);
    --others;
  }
}

}  // namespace

std::vector<Violation> check_one_way(const Settings& settings) {
  constexpr std::size_t kNodes = 12;
  constexpr Node kOne = 7;
  std::vector<Violation> found;
  for (const bool mute : {false, true}) {
    for (const std::size_t cut : {2U, 10U}) {
      const std::string what = std::to_string(cut) + (mute ? " hear n7 no more: " : " are heard by n7 no more: ");
      Scene scene(world_of(settings, cut));
      scene.demand(scene.form(kNodes), 7, "no cluster forms");
      cut_off(scene, kOne, cut, mute);
      scene.world.run_for(2 * kMinute);
      const std::int64_t settled = scene.now();
      scene.world.run_for(kMinute);
      for (Node node = 0; node < kNodes; ++node) {
        const bool gone = node == kOne && cut > 2;
        scene.demand(gone || scene.told(EventKind::failed, {.of = node, .at = {}}) == 0, 7,
                     what + "n" + std::to_string(node) + " is held dead");
        const std::size_t changes = scene.told(EventKind::failed, {.of = node, .at = {}, .since_ns = settled}) +
                                    scene.told(EventKind::recovered, {.of = node, .at = {}, .since_ns = settled});
        scene.demand(!gone || changes == 0, 7, what + std::to_string(changes) + " changes of mind in a minute");
      }
      scene.world.network().mend_all();
      scene.demand(scene.calm_within(90 * kSecond), 7, what + "it never heals");
      append(found, scene.finish());
    }
  }
  return found;
}

}  // namespace wattring::simulation
