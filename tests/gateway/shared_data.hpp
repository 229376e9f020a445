// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

/// Real meter data that is not part of the repository.

namespace wattring::gateway {

/// Nothing when there is none on this machine; tests then skip.
inline std::optional<std::filesystem::path> shared_data() {
  const char* given = std::getenv("WATTRING_SHARED_DATA");
  const std::filesystem::path path = given != nullptr ? given : WATTRING_SHARED_DATA_DEFAULT;
  if (!std::filesystem::is_directory(path)) return std::nullopt;
  return path;
}

inline std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace wattring::gateway
