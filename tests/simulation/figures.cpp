// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace wattring::simulation {
namespace {

constexpr std::size_t kSeeds = 3;
constexpr std::int64_t kLimit = 300 * kSecond;

double seconds(std::int64_t time_ns) {
  return static_cast<double>(time_ns) / static_cast<double>(kSecond);
}

WorldOptions of_seed(std::uint64_t seed) {
  WorldOptions options;
  options.seed = seed;
  return options;
}

/// When each observer first held one member dead, and how often anybody else was.
class DeathWatch final : public Observer {
 public:
  void watch(const NodeId& id) {
    who_ = id;
    at_ns_.clear();
  }
  void on_member_event(const World& world, Node node, const cluster::MemberEvent& event) override {
    if (event.kind != cluster::EventKind::failed) return;
    if (event.record->id != who_) {
      ++others_;
      return;
    }
    if (at_ns_.size() < world.size()) at_ns_.resize(world.size(), -1);
    if (at_ns_[node] < 0) at_ns_[node] = world.now_ns();
  }
  void after_step(const World& /*world*/, Node /*node*/) override {}
  void on_start(const World& /*world*/, Node /*node*/) override {}

  [[nodiscard]] std::vector<std::int64_t> known_ns() const {
    std::vector<std::int64_t> known;
    for (const std::int64_t at : at_ns_)
      if (at >= 0) known.push_back(at);
    std::ranges::sort(known);
    return known;
  }
  [[nodiscard]] std::size_t others() const { return others_; }

 private:
  NodeId who_;
  std::vector<std::int64_t> at_ns_;
  std::size_t others_ = 0;
};

class Figures {
 public:
  Figures(const FiguresOptions& options, const Say& say) : options_(options), say_(say), world_(of_seed(options.seed)) {
    world_.add_observer(deaths_);
  }

  bool measure() {
    say_(fmt::format("{} nodes, seed {}; virtual seconds", options_.nodes, options_.seed));
    const bool up = timed("bootstrap, all at once, 3 seeds", [&] { return bootstrap(world_, options_.nodes, kLimit); });
    if (!up) return false;
    join();
    death("kill -9", [&](Node node) { world_.crash(node); });
    death("silent death (power)", [&](Node node) { world_.power_off(node); });
    if (options_.splits) {
      split("heal after a split of 60 s", false);
      split("heal after a split of 60 s, seeds dead", true);
    }
    idle();
    say_(fmt::format("  healthy members held dead, the halves of splits aside: {}", deaths_.others() - excused_));
    say_(fmt::format("  in all {:.0f} virtual s, {} events, {:.0f} wall s, {} MiB", seconds(world_.now_ns()),
                     world_.executed(), wall_s(), peak_mib()));
    return !failed_;
  }

 private:
  template <class Phase>
  bool timed(const char* what, Phase phase) {
    const std::int64_t began = world_.now_ns();
    const bool done = phase();
    say_(fmt::format("  {:<42} {:>8}   ({:.0f} wall s)", what,
                     done ? fmt::format("{:.2f}", seconds(world_.now_ns() - began)) : "never", wall_s()));
    failed_ = failed_ || !done;
    return done;
  }
  [[nodiscard]] double wall_s() const { return seconds(clock_.monotonic_ns() - began_ns_); }
  [[nodiscard]] static long peak_mib() {
    std::ifstream status("/proc/self/status");
    std::string word;
    while (status >> word) {
      if (word != "VmHWM:") continue;
      long kib = 0;
      status >> kib;
      return kib / 1024;
    }
    return 0;
  }

  void join() {
    timed("one joins, all know it", [&] {
      world_.start(world_.add_node());
      ++live_;
      return world_.run_until([&] { return all_count(world_, live_); }, kLimit, 10 * kMs);
    });
  }

  template <class Kill>
  void death(const char* what, Kill kill) {
    const auto victim = static_cast<Node>(options_.nodes / 2 + killed_++);
    deaths_.watch(world_.node(victim).id);
    const std::int64_t began = world_.now_ns();
    kill(victim);
    --live_;
    timed(what, [&] { return world_.run_until([&] { return deaths_.known_ns().size() >= live_; }, kLimit, 10 * kMs); });
    const std::vector<std::int64_t> known = deaths_.known_ns();
    if (known.empty()) return;
    say_(fmt::format("    observers: first {:.2f}, p50 {:.2f}, p99 {:.2f}, last {:.2f}", seconds(known.front() - began),
                     seconds(known[known.size() / 2] - began), seconds(known[(known.size() - 1) * 99 / 100] - began),
                     seconds(known.back() - began)));
    world_.run_for(5 * kSecond);
  }

  /// Nobody counts anybody of the other half.
  [[nodiscard]] bool apart() const {
    std::array<std::size_t, 2> half{};
    for (Node node = 0; node < world_.size(); ++node) half[node % 2] += world_.runs(node) ? 1 : 0;
    for (Node node = 0; node < world_.size(); ++node)
      if (world_.runs(node) && world_.swim(node).live_count() != half[node % 2]) return false;
    return true;
  }

  void split(const char* what, bool seeds_die) {
    const std::size_t before = deaths_.others();
    for (Node node = 0; node < world_.size(); ++node) world_.network().set_group(world_.node(node).place, node % 2);
    const std::int64_t began = world_.now_ns();
    timed("split in halves: each holds the other dead",
          [&] { return world_.run_until([&] { return apart(); }, kLimit, 10 * kMs); });
    world_.run_until(began + (seeds_die ? 30 * kSecond : 60 * kSecond));
    if (seeds_die) {
      for (Node node = 0; node < kSeeds; ++node, --live_) world_.crash(node);
      world_.run_for(30 * kSecond);
    }
    world_.network().mend_all();
    timed(what, [&] { return world_.run_until([&] { return all_count(world_, live_); }, kLimit); });
    world_.run_for(40 * kSecond);
    excused_ += deaths_.others() - before;
  }

  void idle() {
    const std::int64_t rest = options_.minutes * kMinute - world_.now_ns();
    const std::int64_t duration = std::max<std::int64_t>(60 * kSecond, rest);
    const auto sums = [&] {
      std::pair<std::uint64_t, std::uint64_t> sum;
      for (Node node = 0; node < world_.size(); ++node) {
        sum.first += world_.node(node).messages;
        sum.second += world_.node(node).bytes;
      }
      return sum;
    };
    world_.count_bytes(true);
    const auto before = sums();
    world_.run_for(60 * kSecond);
    const auto after = sums();
    world_.count_bytes(false);
    const double per = seconds(60 * kSecond) * static_cast<double>(live_);
    say_(fmt::format("  idle, sent per node: {:.2f} messages/s, {:.0f} B/s; {:.1f} links",
                     static_cast<double>(after.first - before.first) / per,
                     static_cast<double>(after.second - before.second) / per,
                     static_cast<double>(world_.network().links()) / static_cast<double>(live_)));
    world_.run_for(duration - 60 * kSecond);
  }

  FiguresOptions options_;
  const Say& say_;
  SystemClock clock_;
  std::int64_t began_ns_ = clock_.monotonic_ns();
  World world_;
  DeathWatch deaths_;
  std::size_t live_ = options_.nodes;
  std::size_t killed_ = 0;
  std::size_t excused_ = 0;
  bool failed_ = false;
};

}  // namespace

bool all_count(const World& world, std::size_t live) {
  for (Node node = 0; node < world.size(); ++node) {
    if (!world.runs(node)) continue;
    if (world.swim(node).live_count() != live || world.swim(node).load().suspicions != 0) return false;
  }
  return true;
}

bool bootstrap(World& world, std::size_t nodes, std::int64_t limit_ns) {
  std::vector<std::string> seeds;
  for (std::size_t i = 0; i < nodes; ++i) {
    const Node node = world.add_node();
    if (i < kSeeds) seeds.push_back(world.endpoint(node));
  }
  world.set_seeds(seeds);
  for (Node node = 0; node < nodes; ++node) world.start(node, {.seeds = {}, .founds = node == 0});
  return world.run_until([&] { return all_count(world, nodes); }, limit_ns);
}

bool measure_figures(const FiguresOptions& options, const Say& say) {
  return Figures(options, say).measure();
}

}  // namespace wattring::simulation
