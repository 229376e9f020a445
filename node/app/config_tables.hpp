// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "node/app/config_keys.hpp"

/// The lists of a configuration: tables that may be there many times ([[p1]], [[sink]]), each with a name of its own.
/// As config_keys() for single keys: it drives reading, `config show`, `config defaults` and `config docs`.

namespace wattring::app {

/// A key of a row: BasicKey with the number of the row in its list.
struct RowKey {
  std::string name;
  std::string type;
  std::string meaning;
  bool required = false;
  std::function<Result<void>(Config&, std::size_t row, const RawValue&)> set;
  std::function<std::string(const Config&, std::size_t row)> get;  ///< in TOML
};

struct TableKind {
  std::string name;     ///< "p1": the tables are headed [[p1]]
  std::string meaning;  ///< "P1 port servers to dial"
  std::vector<RowKey> keys;
  Config example;  ///< one row, for the file of defaults

  std::function<std::size_t(const Config&)> count;
  std::function<void(Config&)> append;  ///< a row with its defaults
  std::function<std::string(const Config&, std::size_t row)> name_of;

  /// Under which a row stands in LoadedConfig::origins: "p1.cellar".
  [[nodiscard]] std::string path_of(const Config& config, std::size_t row) const {
    return name + "." + name_of(config, row);
  }
};

[[nodiscard]] std::span<const TableKind> config_tables();
/// Null when there is no such list.
[[nodiscard]] const TableKind* find_table(std::string_view name);

}  // namespace wattring::app
