// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "node/app/config_keys.hpp"

namespace wattring::app {

struct RawEntry {
  std::string path;  ///< "listen.http"; a name that itself holds a dot stands in quotes
  RawValue value;
  std::uint32_t line = 0;    ///< from 1
  std::uint32_t column = 0;  ///< from 1
};
struct RawTable {
  std::string name;  ///< "p1" of [[p1]]
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::vector<RawEntry> entries;  ///< paths relative to the table
};
/// A TOML file as leaves, in the order of their lines.
struct RawFile {
  std::vector<RawEntry> entries;
  std::vector<RawTable> tables;  ///< the [[...]] tables of the top level
};

/// A file that is not TOML gives one error, at the first place that is not.
[[nodiscard]] tl::expected<RawFile, ConfigError> read_toml(const ConfigFile& file);

}  // namespace wattring::app
