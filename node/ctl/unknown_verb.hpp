// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "node/ctl/completion.hpp"

namespace wattring::ctl {

/// What to say when one of the arguments stands where a verb belongs and is none: names the nearest. Nothing when
/// something else is wrong. Pure.
[[nodiscard]] std::optional<std::string> unknown_verb(const Verb& root, const std::vector<std::string>& arguments);

}  // namespace wattring::ctl
