// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "tests/simulation/replication/world.hpp"

namespace wattring::replication {

/// What is not yet as it has to be once everything is mended and time has passed; empty when all is calm.
[[nodiscard]] std::string unrest(World& world);
/// With everything calm: every owner has what a second opinion says, every node acknowledges writes as DURABLE, every
/// owner answers as complete, all agree on homes. What does not hold goes to the checker.
void check_end(World& world);

}  // namespace wattring::replication
