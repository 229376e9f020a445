// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "node/app/config.hpp"

namespace wattring::app {

/// The rules that concern more than one key. Every breach, in the order of the keys.
[[nodiscard]] std::vector<ConfigError> validate(const LoadedConfig& loaded);

/// Keys of listeners that other machines reach and that ask nobody who they are: insecure = true was needed for them.
[[nodiscard]] std::vector<std::string> open_listeners(const Config& config);

}  // namespace wattring::app
