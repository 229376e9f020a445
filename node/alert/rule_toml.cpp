// SPDX-License-Identifier: Apache-2.0
#include "node/alert/rule_toml.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include "base/time.hpp"

namespace wattring::alert {
namespace {

// The library frees nested tables by recursion, and limits the depth of lists but not that of dotted names. A name
// stands on one line, so this bounds the depth that a document can reach.
constexpr std::ptrdiff_t kDotsPerLineMax = 32;

DocumentError error_at(const toml::source_position& place, std::string message) {
  return {place.line, place.column, std::move(message)};
}

std::optional<DocumentError> too_hostile(std::string_view toml) {
  if (toml.size() > kDocumentBytesMax) {
    return DocumentError{1, 1, fmt::format("the document has {} bytes, more than {}", toml.size(), kDocumentBytesMax)};
  }
  for (std::uint32_t line = 1; !toml.empty(); ++line) {
    const std::string_view text = toml.substr(0, toml.find('\n'));
    if (std::count(text.begin(), text.end(), '.') > kDotsPerLineMax) {
      return DocumentError{
          line, 1,
          fmt::format("more than {} dots on one line; a long list may stand on several lines", kDotsPerLineMax)};
    }
    toml.remove_prefix(std::min(text.size() + 1, toml.size()));
  }
  return std::nullopt;
}

/// Milliseconds; finer digits are cut.
TomlValue time_value(const toml::date_time& time) {
  TomlValue value;
  if (!time.offset) {
    value.text = "a time without offset; write it like 2026-01-31T00:00:00+01:00";
    return value;
  }
  const std::int64_t days = days_from_civil({time.date.year, time.date.month, time.date.day});
  value.kind = TomlValue::Kind::time;
  value.number = days * kMsPerDay + time.time.hour * kMsPerHour + time.time.minute * kMsPerMinute +
                 time.time.second * kMsPerSecond + time.time.nanosecond / 1'000'000 -
                 time.offset->minutes * kMsPerMinute;
  return value;
}

TomlValue scalar_value(const toml::node& node) {
  using Kind = TomlValue::Kind;
  TomlValue value;
  if (const auto* text = node.as_string()) {
    value.kind = Kind::text;
    value.text = text->get();
  } else if (const auto* number = node.as_integer()) {
    value.kind = Kind::integer;
    value.number = number->get();
  } else if (const auto* truth = node.as_boolean()) {
    value.kind = Kind::boolean;
    value.number = truth->get() ? 1 : 0;
  } else if (const auto* time = node.as_date_time()) {
    value = time_value(time->get());
  } else if (node.is_floating_point()) {
    value.text = "a number with a fraction; quantities stand in quotes with their unit";
  } else {
    value.text = node.is_table() ? "a table" : "a list in a list, or a date or time alone";
  }
  return value;
}

TomlValue value_of(const toml::node& node) {
  TomlValue value;
  if (const auto* list = node.as_array()) {
    value.kind = TomlValue::Kind::list;
    for (const toml::node& item : *list) {
      value.items.push_back(scalar_value(item));
      value.items.back().line = item.source().begin.line;
      value.items.back().column = item.source().begin.column;
    }
  } else {
    value = scalar_value(node);
  }
  value.line = node.source().begin.line;
  value.column = node.source().begin.column;
  return value;
}

TomlTable table_of(const toml::table& table) {
  TomlTable read;
  read.line = table.source().begin.line;
  read.column = table.source().begin.column;
  for (const auto& [key, node] : table) {
    const auto& place = key.source().begin;
    read.entries.push_back({std::string(key.str()), value_of(node), place.line, place.column});
  }
  std::sort(read.entries.begin(), read.entries.end(), [](const TomlEntry& a, const TomlEntry& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  return read;
}

TomlTables tables_of(const toml::table& root) {
  TomlTables out;
  for (const auto& [key, node] : root) {
    const auto& place = key.source().begin;
    const bool known = key.str() == "rule" || key.str() == "profile";
    const auto* tables = node.as_array();
    if (known && tables != nullptr && tables->is_array_of_tables()) {
      auto& list = key.str() == "rule" ? out.rules : out.profiles;
      for (const toml::node& table : *tables) list.push_back(table_of(*table.as_table()));
    } else if (known) {
      out.errors.push_back(error_at(place, fmt::format("each {0} is a table of its own, headed [[{0}]]", key.str())));
    } else {
      out.errors.push_back(error_at(
          place, fmt::format("{} stands outside of [[rule]] and [[profile]]", toml_text(key.str().substr(0, 64)))));
    }
  }
  return out;
}

}  // namespace

TomlTables read_rule_toml(std::string_view toml) {
  if (auto error = too_hostile(toml)) return {{}, {}, {std::move(*error)}};
  try {
    return tables_of(toml::parse(toml));
  } catch (const toml::parse_error& error) {
    return {{}, {}, {error_at(error.source().begin, fmt::format("not TOML: {}", error.description()))}};
  } catch (const std::exception& error) {
    return {{}, {}, {{1, 1, fmt::format("cannot be read as TOML: {}", error.what())}}};
  }
}

std::string toml_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\u{:04X}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace wattring::alert
