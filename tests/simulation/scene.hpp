// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/checker.hpp"

namespace wattring::simulation {

/// A world with its checker, and the moves that most scenarios begin with.
class Scene {
 public:
  explicit Scene(WorldOptions how = {}, Checker::Options what = {});

  /// So many nodes more, the first three of all as seeds; true once all that runs agrees.
  bool form(std::size_t nodes);
  /// All that runs agrees within so long.
  bool calm_within(std::int64_t limit_ns);
  /// Everybody who runs holds it so, within so long.
  bool all_hold(Node of, cluster::MemberState state, std::int64_t limit_ns);
  /// Everybody who runs.
  [[nodiscard]] std::vector<Node> running() const;
  /// Those who watch it, as it sees it itself.
  [[nodiscard]] std::vector<Node> monitors(Node of) const;

  struct Which {
    std::optional<Node> of;
    std::optional<Node> at;
    std::int64_t since_ns = 0;
  };
  [[nodiscard]] std::size_t told(cluster::EventKind kind, const Which& which) const;
  [[nodiscard]] std::size_t told(cluster::EventKind kind) const { return told(kind, {}); }
  /// The next told() counts from here.
  [[nodiscard]] std::int64_t now() const { return world.now_ns(); }

  /// A violation unless it holds.
  void demand(bool holds, int invariant, const std::string& what);
  /// All violations until now, those that a look at the end brings among them.
  [[nodiscard]] std::vector<Violation> finish();

  World world;
  Checker checker;
};

/// One a line.
[[nodiscard]] std::string to_text(const std::vector<Violation>& violations);

}  // namespace wattring::simulation
