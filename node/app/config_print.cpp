// SPDX-License-Identifier: Apache-2.0
#include "node/app/config_print.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "node/app/config_tables.hpp"

namespace wattring::app {
namespace {

constexpr std::size_t kCommentWidth = 100;

struct Line {
  std::string key;
  std::string value;
  std::string origin;  ///< empty = default
};

std::vector<Line> lines_of(const LoadedConfig& loaded) {
  std::vector<Line> lines;
  const auto origin_of = [&loaded](const std::string& key) {
    const auto found = loaded.origins.find(key);
    return found == loaded.origins.end() ? std::string() : found->second;
  };
  for (const ConfigKey& key : config_keys()) {
    lines.push_back({key.path(), key.get(loaded.config), origin_of(key.path())});
  }
  for (const TableKind& kind : config_tables()) {
    for (std::size_t row = 0; row < kind.count(loaded.config); ++row) {
      const std::string path = kind.path_of(loaded.config, row);
      for (const RowKey& key : kind.keys) {
        const std::string value = key.get(loaded.config, row);
        if (value == "\"\"" || key.name == "name") continue;
        lines.push_back({fmt::format("{}.{}", path, key.name), value, origin_of(path)});
      }
    }
  }
  return lines;
}

/// The text in lines of comment, at most kCommentWidth wide.
std::string comment(std::string_view text) {
  std::string out;
  std::string line = "#";
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    if (line.size() + 1 + word.size() > kCommentWidth) {
      out += line + "\n";
      line = "#";
    }
    line += " ";
    line += word;
    at = end + 1;
  }
  return out + line + "\n";
}

std::string table_toml(const TableKind& kind, const Config& config, std::size_t row, std::string_view before) {
  std::string out = fmt::format("{}[[{}]]\n", before, kind.name);
  for (const RowKey& key : kind.keys) {
    const std::string value = key.get(config, row);
    if (value != "\"\"") out += fmt::format("{}{} = {}\n", before, key.name, value);
  }
  return out;
}

std::string in_table_cell(std::string text) {
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) text.insert(at, "\\");
  return text;
}

std::string table_reference(const TableKind& kind) {
  Config defaults;
  kind.append(defaults);
  const bool first = &kind == &config_tables().front();
  std::string out =
      fmt::format("{}### [[{}]]\n\n{}, one table each, in files only.\n\n", first ? "" : "\n", kind.name, kind.meaning);
  out += "| key | value | default | meaning |\n|---|---|---|---|\n";
  for (const RowKey& key : kind.keys) {
    const std::string value = key.get(defaults, 0);
    const bool none = key.required || value == "\"\"";
    out += fmt::format("| `{}` | {} | {} | {} |\n", key.name, in_table_cell(key.type),
                       none ? "" : fmt::format("`{}`", value), in_table_cell(key.meaning));
  }
  return out;
}

}  // namespace

std::string show_config(const LoadedConfig& loaded, bool with_origin) {
  const std::vector<Line> lines = lines_of(loaded);
  std::size_t key_width = 0;
  std::size_t value_width = 0;
  for (const Line& line : lines) {
    key_width = std::max(key_width, line.key.size());
    value_width = std::max(value_width, line.value.size());
  }
  std::string out;
  for (const Line& line : lines) {
    out += fmt::format("{:<{}} = ", line.key, key_width);
    out += with_origin
               ? fmt::format("{:<{}}  {}\n", line.value, value_width, line.origin.empty() ? "default" : line.origin)
               : line.value + "\n";
  }
  return out;
}

std::vector<std::string> changed_settings(const LoadedConfig& loaded) {
  std::vector<std::string> out;
  for (const Line& line : lines_of(loaded)) {
    if (!line.origin.empty()) out.push_back(fmt::format("{} = {} ({})", line.key, line.value, line.origin));
  }
  return out;
}

std::string config_toml(const Config& config) {
  std::string out = comment("wattringd configuration. Durations and sizes carry their unit.");
  for (const SectionInfo& section : config_sections()) {
    out += "\n" + comment(section.meaning + ".");
    if (!section.name.empty()) out += fmt::format("[{}]\n", section.name);
    for (const ConfigKey& key : config_keys()) {
      if (key.section != section.name) continue;
      out += comment(key.meaning) + fmt::format("{} = {}\n", key.name, key.get(config));
    }
  }
  for (const TableKind& kind : config_tables()) {
    out += "\n" + comment(kind.meaning + ", one table each.");
    const std::size_t rows = kind.count(config);
    for (std::size_t row = 0; row < rows; ++row) out += table_toml(kind, config, row, "");
    if (rows == 0) out += table_toml(kind, kind.example, 0, "# ");
  }
  return out;
}

std::string config_reference() {
  const Config defaults;
  std::string out;
  for (const SectionInfo& section : config_sections()) {
    out += section.name.empty() ? "### Top level\n\n" : fmt::format("### [{}]\n\n", section.name);
    out += section.meaning + ".\n\n| key | value | default | environment | meaning |\n|---|---|---|---|---|\n";
    for (const ConfigKey& key : config_keys()) {
      if (key.section != section.name) continue;
      out += fmt::format("| `{}` | {} | `{}` | `{}` | {} |\n", key.path(), in_table_cell(key.type), key.get(defaults),
                         environment_name(key), in_table_cell(key.meaning));
    }
    out += "\n";
  }
  for (const TableKind& kind : config_tables()) out += table_reference(kind);
  return out;
}

}  // namespace wattring::app
