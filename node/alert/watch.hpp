// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/result.hpp"
#include "node/alert/evaluation.hpp"
#include "node/alert/rule.hpp"

/// When a meter must be looked at again although nothing new may come. Pure.

namespace wattring::alert {

struct Watch {
  Changed changed{};                   ///< evaluate this again
  std::optional<std::int64_t> due_ms;  ///< wall clock; nothing: when facts come
  bool every_fact = false;             ///< and when facts come

  void look_at(std::int64_t candidate_ms) { due_ms = due_ms ? std::min(*due_ms, candidate_ms) : candidate_ms; }
  [[nodiscard]] bool is_needed() const { return due_ms || every_fact; }
};

/// What one version of a rule waits for after it was evaluated at now_ms: the next point that has to wait for the wall
/// clock, and the facts of a window that has not closed.
[[nodiscard]] Result<void> wait_for(const Rule& rule, const Verdict& verdict, MeterHistory& data, Changed changed,
                                    std::int64_t now_ms, Watch& into);

/// What is left to look at of `changed` once all points up to settled_ms are derived: not more than is needed to come
/// across each later one, however long facts keep coming.
[[nodiscard]] Changed rest_of(Changed changed, std::int64_t settled_ms);

}  // namespace wattring::alert
