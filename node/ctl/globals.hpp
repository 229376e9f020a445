// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "node/ctl/context.hpp"

namespace wattring::ctl {

/// The global options as they were given.
struct GlobalArguments {
  std::vector<std::string> nodes;
  std::string timeout = "3s";
  std::string output = "table";
  std::string watch;  ///< empty = once
  std::string colour = "auto";
  std::string zone;
  std::string token_file;
};

/// Reads them, and what the environment says where they say nothing (WATTRING_NODES, WATTRING_TOKEN_FILE, NO_COLOR,
/// TERM, LC_ALL, LC_CTYPE, LANG). invalid_argument: one makes no sense.
[[nodiscard]] Result<Globals> resolve(const GlobalArguments& arguments, const Context& context);

}  // namespace wattring::ctl
