// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "node/ctl/json.hpp"

namespace wattring::ctl {

/// The rows of GET /api/v1/actors as a tree with what each actor does beside it. Without `all`, of many siblings that
/// have nothing to tell only the first are drawn, and a line says how many there are more. Pure.
[[nodiscard]] std::string actor_tree(const Json& rows, bool all, bool utf8);

}  // namespace wattring::ctl
