// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.hpp"

namespace wattring::ctl {

/// Adds a line to the file of a node's tokens, which is made when it is not there, with mode 0600. already_exists when
/// a token of this name is in it.
[[nodiscard]] Result<void> add_token_line(const std::string& path, const std::string& name, const std::string& line);

/// Makes a file of mode 0600 that holds the token. already_exists when there is one.
[[nodiscard]] Result<void> write_token_file(const std::string& path, const std::string& token);

}  // namespace wattring::ctl
