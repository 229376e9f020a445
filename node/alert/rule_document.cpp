// SPDX-License-Identifier: Apache-2.0
#include "node/alert/rule_document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "node/alert/rule_keys.hpp"
#include "node/alert/rule_toml.hpp"

namespace wattring::alert {
namespace {

constexpr std::size_t kTablesMax = 256;
constexpr std::size_t kErrorsMax = 200;

/// Reads the tables of one sort; versions of one name must differ in when they begin.
template <class T, class Read>
void read_tables(const std::vector<TomlTable>& tables, std::string_view header, const Read& read, std::vector<T>& out,
                 std::vector<DocumentError>& errors) {
  if (tables.size() > kTablesMax) {
    errors.push_back({tables[kTablesMax].line, tables[kTablesMax].column,
                      fmt::format("more than {} {} tables in one document", kTablesMax, header)});
    return;
  }
  std::set<std::pair<std::string, std::int64_t>> seen;
  for (const TomlTable& table : tables) {
    auto value = read(table);
    if (!value) continue;
    if (!seen.emplace(value->name, value->effective_ms).second)
      errors.push_back({table.line, table.column,
                        fmt::format("{} \"{}\" is there twice with the same effective time", header, value->name)});
    out.push_back(std::move(*value));
  }
}

void put_in_order(std::vector<DocumentError>& errors) {
  std::stable_sort(errors.begin(), errors.end(), [](const DocumentError& a, const DocumentError& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  if (errors.size() <= kErrorsMax) return;
  const std::size_t left_out = errors.size() - kErrorsMax;
  errors.resize(kErrorsMax);
  errors.push_back({errors.back().line, errors.back().column, fmt::format("and {} errors more", left_out)});
}

}  // namespace

ParsedDocuments parse_documents(std::string_view toml, std::int64_t now_ms) {
  ParsedDocuments parsed;
  TomlTables tables = read_rule_toml(toml);
  parsed.errors = std::move(tables.errors);
  const auto rule = [&](const TomlTable& table) { return read_rule(table, now_ms, parsed.errors); };
  const auto profile = [&](const TomlTable& table) { return read_profile(table, now_ms, parsed.errors); };
  read_tables(tables.rules, "[[rule]]", rule, parsed.documents.rules, parsed.errors);
  read_tables(tables.profiles, "[[profile]]", profile, parsed.documents.profiles, parsed.errors);
  put_in_order(parsed.errors);
  return parsed;
}

}  // namespace wattring::alert
