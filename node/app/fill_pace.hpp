// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

namespace wattring::app {

/// How fast the shards of this node get filled, from what the last minutes saw, and so when the last may be. How much
/// is to come nobody has counted, so that shards are all alike here: an estimate. Pure.
class FillPace {
 public:
  /// left: shards that are not full yet. More than before: another ring, and what was seen says nothing of it.
  void note(std::int64_t now_ns, std::uint64_t left);
  /// How long until the last is full, counted from the last note(). Nothing: none is being filled, none became full of
  /// late, or it is too early to tell.
  [[nodiscard]] std::optional<std::int64_t> left_ns() const;

 private:
  struct Sample {
    std::int64_t at_ns = 0;
    std::uint64_t left = 0;
  };
  std::deque<Sample> samples_;  ///< some seconds apart, oldest first
  Sample last_;
};

}  // namespace wattring::app
