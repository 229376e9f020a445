// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/lifeguard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/simulation/scene.hpp"

namespace wattring::simulation {
namespace {

using cluster::EventKind;

class Experiment {
 public:
  explicit Experiment(const LifeguardCell& cell) : cell_(cell), scene_(options_of(cell), {.scan = false}) {}

  LifeguardResult run() {
    scene_.form(cell_.nodes);
    scene_.world.run_for(10 * kSecond);
    std::vector<Node> all = scene_.running();
    for (std::size_t i = all.size() - 1; i > 0; --i) std::swap(all[i], all[scene_.world.prng().below(i + 1)]);
    victim_ = all.back();
    all.resize(cell_.stalled);
    stalled_ = std::move(all);
    const std::int64_t began = scene_.now();
    until_ns_ = began + cell_.duration_ns;
    for (const Node node : stalled_) hold(node);
    scene_.world.run_for(cell_.duration_ns / 2);
    const std::int64_t died = scene_.now();
    scene_.world.power_off(victim_);
    scene_.world.run_until(until_ns_);
    return result(died);
  }

 private:
  static WorldOptions options_of(const LifeguardCell& cell) {
    WorldOptions options;
    options.seed = cell.seed;
    options.settings = cell.settings;
    return options;
  }
  [[nodiscard]] bool healthy(Node node) const { return std::ranges::find(stalled_, node) == stalled_.end(); }

  void hold(Node node) {
    if (scene_.now() >= until_ns_) return;
    scene_.world.hold(node);
    scene_.world.at(scene_.now() + cell_.held_ns, [this, node] {
      scene_.world.release(node);
      scene_.world.at(scene_.now() + cell_.awake_ns, [this, node] { hold(node); });
    });
  }

  [[nodiscard]] LifeguardResult result(std::int64_t died) const {
    LifeguardResult result;
    std::vector<bool> knows(scene_.world.size());
    std::size_t knowing = 0;
    for (const Checker::Told& told : scene_.checker.told()) {
      if (told.kind != EventKind::failed) continue;
      if (told.who == scene_.world.node(victim_).id && told.at_ns >= died) {
        if (!healthy(told.observer) || knows[told.observer]) continue;
        knows[told.observer] = true;
        if (knowing++ == 0) result.first_ns = told.at_ns - died;
        if (knowing == cell_.nodes - cell_.stalled - 1) result.all_ns = told.at_ns - died;
        continue;
      }
      const bool of_stalled =
          std::ranges::any_of(stalled_, [&](Node node) { return scene_.world.node(node).id == told.who; });
      if (of_stalled) continue;
      ++result.false_positives;
      if (healthy(told.observer)) ++result.false_positives_at_healthy;
    }
    return result;
  }

  LifeguardCell cell_;
  Scene scene_;
  std::vector<Node> stalled_;
  Node victim_ = kNone;
  std::int64_t until_ns_ = 0;
};

std::string seconds(std::int64_t time_ns) {
  return time_ns < 0 ? "-" : fmt::format("{:.1f}", static_cast<double>(time_ns) / 1e9);
}

}  // namespace

LifeguardResult run_lifeguard(const LifeguardCell& cell) {
  return Experiment(cell).run();
}

void measure_lifeguard(std::uint64_t seed, std::size_t nodes, const std::function<void(std::string_view)>& say) {
  say(fmt::format("{} nodes, seed {}, 120 virtual s each; with local health / without", nodes, seed));
  say("stalled  held s  awake s   false positives   of them by healthy   death: first knows s      all know s");
  for (const std::size_t stalled : {1U, 4U, 16U, 32U}) {
    for (const std::int64_t held_s : {2, 8, 16, 32}) {
      LifeguardCell cell;
      cell.seed = seed;
      cell.nodes = nodes;
      cell.stalled = stalled;
      cell.held_ns = held_s * kSecond;
      cell.awake_ns = 64 * kMs;
      const LifeguardResult with = run_lifeguard(cell);
      cell.settings.local_health_max = 0;
      const LifeguardResult without = run_lifeguard(cell);
      say(fmt::format("{:>7} {:>7} {:>8} {:>8} / {:<8} {:>8} / {:<8} {:>11} / {:<8} {:>9} / {:<8}", stalled, held_s,
                      0.064, with.false_positives, without.false_positives, with.false_positives_at_healthy,
                      without.false_positives_at_healthy, seconds(with.first_ns), seconds(without.first_ns),
                      seconds(with.all_ns), seconds(without.all_ns)));
    }
  }
}

}  // namespace wattring::simulation
