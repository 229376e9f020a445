// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fact.hpp"
#include "node/meter/intervals.hpp"

namespace wattring::meter {

/// How the facts of a register are folded, from the table of registers; an unknown one is cumulative.
[[nodiscard]] FoldOptions fold_options(Register reg);

}  // namespace wattring::meter
