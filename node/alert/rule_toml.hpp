// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "node/alert/rule_document.hpp"

/// The one place that knows TOML: a document as tables of values with their places, before anyone judged them. Pure.

namespace wattring::alert {

struct TomlValue {
  enum class Kind : std::uint8_t { text, integer, boolean, time, list, other };
  Kind kind = Kind::other;
  std::string text;              ///< of a text; for others what is wrong with it, "a number with a fraction"
  std::int64_t number = 0;       ///< integer; boolean as 0 or 1; time in ms
  std::vector<TomlValue> items;  ///< of a list
  std::uint32_t line = 0;        ///< from 1
  std::uint32_t column = 0;
};
struct TomlEntry {
  std::string key;
  TomlValue value;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};
struct TomlTable {
  std::vector<TomlEntry> entries;  ///< in the order of their lines
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};
struct TomlTables {
  std::vector<TomlTable> rules;
  std::vector<TomlTable> profiles;
  std::vector<DocumentError> errors;  ///< not TOML, too large, or something else than these two at the top
};
[[nodiscard]] TomlTables read_rule_toml(std::string_view toml);

/// As TOML: in quotes, control characters escaped.
[[nodiscard]] std::string toml_text(std::string_view text);

}  // namespace wattring::alert
