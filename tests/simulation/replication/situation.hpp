// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "tests/simulation/replication/world.hpp"

namespace wattring::replication {

/// One shard, five nodes; its owners under the first ring and those that are none.
struct Situation {
  static constexpr Slot kSlot = 0;

  explicit Situation(const WorldOptions& options) : world(options) {
    for (Node node = 0; node < world.size(); ++node)
      (world.rings().owns(1, world.book().shards()[kSlot], node) ? owners : others).push_back(node);
    world.run_for(3 * kSecond);
  }
  static WorldOptions options(sharding::Mutant mutant, ShellMutant shell = ShellMutant::none) {
    WorldOptions options;
    options.slots = 1;
    options.settings.mutant = mutant;
    options.settings.digest_ns = 200 * kMs;
    options.settings.drop_wait_ns = kSecond;
    options.shell = shell;
    return options;
  }

  [[nodiscard]] ShardId shard() const { return world.book().shards()[kSlot]; }
  [[nodiscard]] bool wrong() const { return !world.checker().violations().empty(); }
  [[nodiscard]] std::size_t acks(sharding::AckClass level) const { return ended[static_cast<std::size_t>(level)]; }
  void write(Node node, std::int64_t then_ns = 500 * kMs) {
    world.on_written = [this](Node, sharding::AckClass level, const std::vector<EntryNo>&) {
      ++ended[static_cast<std::size_t>(level)];
    };
    (void)world.write(node, std::span(&kSlot, 1));
    world.run_for(then_ns);
  }
  void cut_off(Node node, bool cut) {
    for (Node other = 0; other < world.size(); ++other) {
      world.network().set_cut(node, other, cut);
      world.network().set_cut(other, node, cut);
    }
    everybody_looks();
  }
  void everybody_looks() {
    for (Node node = 0; node < world.size(); ++node) world.review(node);
  }

  mutable World world;
  std::vector<Node> owners;
  std::vector<Node> others;
  std::array<std::size_t, 4> ended{};
};

}  // namespace wattring::replication
