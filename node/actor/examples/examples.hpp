// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"

/// The README's examples; tests/actor/examples_test.cpp runs them.

namespace wattring::actor::examples {

/// 42.
[[nodiscard]] Result<int> first_actor();

struct Supervised {
  std::vector<std::string> parsed;
  std::vector<std::string> set_aside;
};
[[nodiscard]] Supervised supervised();

/// What became of four values, of which the store answers every second.
[[nodiscard]] std::vector<std::string> deadlines();

}  // namespace wattring::actor::examples
