// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "node/app/config.hpp"

namespace wattring::app {

/// The rules that concern more than one key. Every breach, in the order of the keys.
[[nodiscard]] std::vector<ConfigError> validate(const LoadedConfig& loaded);

}  // namespace wattring::app
