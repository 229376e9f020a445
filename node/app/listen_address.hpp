// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "node/app/config_values.hpp"

namespace wattring::app {

/// Sockets between nodes listen at addresses, not names: looks the name up, once. key: "listen.membership", for the
/// error.
[[nodiscard]] Result<std::string> numeric_listener(const Endpoint& endpoint, const std::string& key);
/// What went wrong when `key` was to be listened at.
[[nodiscard]] Error cannot_listen(const Endpoint& endpoint, const std::string& key, const Error& why);

}  // namespace wattring::app
