// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "node/ctl/session.hpp"

namespace wattring::ctl {

/// The whole file; "-" is standard input. Trouble when it cannot be read or is longer than bytes_max.
[[nodiscard]] Outcome<std::string> read_file(const std::string& path, std::size_t bytes_max);

}  // namespace wattring::ctl
