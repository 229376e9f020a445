// SPDX-License-Identifier: Apache-2.0
#include "node/app/config_toml.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

namespace wattring::app {
namespace {

constexpr std::size_t kDepthMax = 16;
constexpr std::size_t kFileBytesMax = 4U << 20U;

/// A name that TOML could not have without quotes keeps them: one with a dot is no path, and control characters stay
/// out of messages.
std::string part_of_path(std::string_view name) {
  const bool bare = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  });
  return bare ? std::string(name) : toml_string(name);
}

RawValue raw_list(const toml::array& list) {
  RawValue raw{RawValue::Kind::list, "[...]"};
  for (const toml::node& item : list) {
    const auto* text = item.as_string();
    if (text == nullptr) return {RawValue::Kind::other, "[...]"};
    raw.items.push_back(text->get());
  }
  return raw;
}

RawValue raw_value(const toml::node& node) {
  if (const auto* text = node.as_string()) return {RawValue::Kind::string, text->get()};
  if (const auto* number = node.as_integer()) return {RawValue::Kind::integer, fmt::format("{}", number->get())};
  if (const auto* truth = node.as_boolean()) return {RawValue::Kind::boolean, truth->get() ? "true" : "false"};
  if (node.is_table()) return {RawValue::Kind::other, "{...}"};
  if (const auto* list = node.as_array()) return raw_list(*list);
  std::ostringstream out;
  node.visit([&out](const auto& value) { out << value; });
  return {RawValue::Kind::other, out.str()};
}

RawEntry entry_of(std::string path, const toml::node& node, const toml::source_region& source) {
  return {std::move(path), raw_value(node), source.begin.line, source.begin.column};
}

void flatten(const toml::table& table, const std::string& prefix, std::size_t depth, std::vector<RawEntry>& out) {
  for (const auto& [key, node] : table) {
    const std::string path = prefix + part_of_path(key.str());
    const auto* inner = node.as_table();
    if (inner != nullptr && !inner->empty() && depth < kDepthMax) {
      flatten(*inner, path + ".", depth + 1, out);
    } else {
      out.push_back(entry_of(path, node, key.source()));
    }
  }
}

void sort_by_place(std::vector<RawEntry>& entries) {
  std::stable_sort(entries.begin(), entries.end(), [](const RawEntry& a, const RawEntry& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
}

RawTable raw_table(std::string name, const toml::node& node) {
  RawTable table{std::move(name), node.source().begin.line, node.source().begin.column, {}};
  flatten(*node.as_table(), "", 1, table.entries);
  sort_by_place(table.entries);
  return table;
}

RawFile raw_file(const toml::table& root) {
  RawFile file;
  toml::table rest;
  for (const auto& [key, node] : root) {
    const auto* tables = node.as_array();
    if (tables == nullptr || !tables->is_array_of_tables()) {
      rest.insert(key, node);
      continue;
    }
    for (const toml::node& one : *tables) file.tables.push_back(raw_table(part_of_path(key.str()), one));
  }
  flatten(rest, "", 1, file.entries);
  sort_by_place(file.entries);
  std::stable_sort(file.tables.begin(), file.tables.end(),
                   [](const RawTable& a, const RawTable& b) { return a.line < b.line; });
  return file;
}

}  // namespace

tl::expected<RawFile, ConfigError> read_toml(const ConfigFile& file) {
  if (file.text.size() > kFileBytesMax) {
    return tl::unexpected(ConfigError{file.path, fmt::format("is larger than {}", format_size(kFileBytesMax))});
  }
  try {
    return raw_file(toml::parse(file.text));
  } catch (const toml::parse_error& error) {
    const auto& at = error.source().begin;
    return tl::unexpected(ConfigError{fmt::format("{}:{}:{}", file.path, at.line, at.column),
                                      fmt::format("not TOML: {}", error.description())});
  } catch (const std::exception& error) {
    return tl::unexpected(ConfigError{file.path, fmt::format("cannot be read as TOML: {}", error.what())});
  }
}

}  // namespace wattring::app
