// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

/// Where the values lie in a data file (LMDB 0.9, 64 bits, this machine's byte order), to damage them.

namespace wattring::sim {

struct StoredValue {
  std::string table;
  std::uint64_t offset = 0;  ///< in the file
  std::uint64_t bytes = 0;
};
/// Of the newest state, free pages apart. corrupt: it is no such file. No process may write it meanwhile.
[[nodiscard]] Result<std::vector<StoredValue>> stored_values(std::string_view file);

}  // namespace wattring::sim
