// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "node/alert/points.hpp"
#include "node/alert/rule.hpp"

/// The second step of alerting: points of one (rule, meter, phase) -> episodes. Rules: docs/metering/alerts.md.

namespace wattring::alert {

struct Episode {
  std::int64_t onset_ms = 0;     ///< first point that fired
  std::int64_t fired_ms = 0;     ///< when the hold was over
  std::int64_t last_ms = 0;      ///< last point that fired
  std::int64_t resolved_ms = 0;  ///< 0 while open
  std::int64_t peak = 0;
  std::uint64_t count = 0;
  [[nodiscard]] bool open() const { return resolved_ms == 0; }
  friend bool operator==(const Episode&, const Episode&) = default;
};

/// Fed with points in ascending time; a value.
class EpisodeMachine {
 public:
  explicit EpisodeMachine(const Rule& rule);

  void feed(const Point& point);
  /// The rule is over: what fires resolves, what is pending is forgotten.
  void end(std::int64_t at_ms);
  /// Nothing is pending or firing: what comes later does not depend on what was fed.
  [[nodiscard]] bool idle() const { return state_ == State::ok; }
  /// All so far, the open one last.
  [[nodiscard]] std::vector<Episode> episodes() const;

 private:
  enum class State : std::uint8_t { ok, pending, firing };
  void occur(const Point& point);
  void maybe_fire(std::int64_t at_ms);

  const bool below_;
  const std::int64_t hold_ms_;
  const std::int64_t keep_firing_ms_;
  const std::int64_t gap_ms_;
  const std::uint32_t count_min_;

  State state_ = State::ok;
  Episode current_;
  std::uint32_t in_a_row_ = 0;
  std::int64_t previous_ms_ = 0;
  std::optional<std::int64_t> clear_since_ms_;
  std::vector<Episode> done_;
};

}  // namespace wattring::alert
