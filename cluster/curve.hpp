// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "base/result.hpp"
#include "cluster/curve_keys.hpp"

namespace wattring::cluster {

/// Reads and checks a key file. invalid_argument when anybody but its owner may read or write it; not_found when it is
/// not there.
[[nodiscard]] Result<CurveKeys> load_key_file(const std::filesystem::path& file);
/// A new file that only its owner may read. already_exists when there is one: keys are never overwritten.
[[nodiscard]] Result<void> write_key_file(const std::filesystem::path& file, const CurveKeys& keys);

}  // namespace wattring::cluster
