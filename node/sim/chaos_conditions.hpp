// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "node/sim/chaos_plan.hpp"
#include "node/sim/chaos_watch.hpp"

namespace wattring::sim {

/// The first node that shows it; -1 = none. before: what the same nodes said a moment ago, or nothing yet.
[[nodiscard]] std::ptrdiff_t shown_by(Condition condition, std::span<const NodeLook> before,
                                      std::span<const NodeLook> now);

}  // namespace wattring::sim
