// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "node/app/config.hpp"

/// The one table of single keys; lists are in config_tables.hpp: it drives reading, `config show`, `config defaults`
/// and `config docs`.

namespace wattring::app {

/// A value as it came in, before a key has judged it.
struct RawValue {
  enum class Kind {
    untyped,  ///< environment and --set: a text that may mean anything
    string,
    integer,
    boolean,
    list,  ///< of strings; from environment and --set it comes untyped, with commas
    other  ///< what no key takes: fractions, dates, other lists, tables
  };
  Kind kind = Kind::untyped;
  std::string text;                  ///< without quotes
  std::vector<std::string> items{};  ///< of a list
  /// As in the file: strings in quotes.
  [[nodiscard]] std::string shown() const;
};

template <class T>
struct BasicKey {
  std::string section;  ///< empty for a key of the top level
  std::string name;
  std::string type;     ///< for people: "duration", "HOST:PORT"
  std::string meaning;  ///< sentences; the first is enough to choose a value
  /// Checks and stores. The error's message goes on the sentence "KEY = VALUE ...": "needs a unit, for example ...".
  std::function<Result<void>(T&, const RawValue&)> set;
  std::function<std::string(const T&)> get;  ///< in TOML

  [[nodiscard]] std::string path() const { return section.empty() ? name : section + "." + name; }
};
using ConfigKey = BasicKey<Config>;

[[nodiscard]] std::span<const ConfigKey> config_keys();

struct SectionInfo {
  std::string name;
  std::string meaning;
};
/// In the order in which they are shown; the top level ("") first.
[[nodiscard]] std::span<const SectionInfo> config_sections();

/// "listen.http" -> "WATTRING_LISTEN_HTTP".
[[nodiscard]] std::string environment_name(const ConfigKey& key);
/// The text as a TOML basic string, quotes included.
[[nodiscard]] std::string toml_string(std::string_view text);

}  // namespace wattring::app
