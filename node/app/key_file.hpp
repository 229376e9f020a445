// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cluster/curve_keys.hpp"

namespace wattring::app {

/// Reads a key file. invalid_argument names the file and the line; a file that other users may read is refused, because
/// it holds a secret.
[[nodiscard]] Result<cluster::CurveKeys> read_key_file(const std::string& path);

}  // namespace wattring::app
