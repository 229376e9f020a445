// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace wattring::cluster {

/// "127.0.0.1:7412" or "[2001:db8::1]:7412", port 1..65535: what can be connected to without asking a name server.
/// What others say is checked by it, so that nobody can make this node look up a name.
[[nodiscard]] bool is_numeric_endpoint(std::string_view text);

}  // namespace wattring::cluster
