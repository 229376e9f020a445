// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

/// Scanning of line protocol. Every function is given text that ends with '\n', which stops all of them.

namespace wattring::gateway::line_scan {

/// ends[c]: c is one of the characters, a backslash or a line end.
constexpr std::array<bool, 256> make_ends(std::string_view characters) {
  std::array<bool, 256> ends{};
  ends[static_cast<unsigned char>('\n')] = true;
  ends[static_cast<unsigned char>('\\')] = true;
  for (const char c : characters) ends[static_cast<unsigned char>(c)] = true;
  return ends;
}
inline constexpr std::array<bool, 256> kMeasurementEnds = make_ends(", ");
inline constexpr std::array<bool, 256> kKeyEnds = make_ends(",= ");

struct Token {
  std::string_view text;
  bool escaped = false;
};

/// Up to the first unescaped end; `pos` is left on it. A backslash takes the next character with it.
inline Token take_token(const char*& pos, const std::array<bool, 256>& ends) {
  const char* const begin = pos;
  bool escaped = false;
  while (true) {
    while (!ends[static_cast<unsigned char>(*pos)]) ++pos;
    if (*pos != '\\') break;
    escaped = true;
    if (*++pos != '\n') ++pos;
  }
  return {{begin, static_cast<std::size_t>(pos - begin)}, escaped};
}

/// Drops the backslash before a comma, an equals sign or a space; any other backslash stands for itself.
inline void unescape(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == ',' || text[i + 1] == '=' || text[i + 1] == ' ');
    if (escape) ++i;
    out.push_back(text[i]);
  }
}

/// digits[.digits] with at most 18 digits; `digits_seen` 0 or over 18 means that this is not how to read it.
struct Number {
  std::int64_t digits = 0;
  int scale = 0;
  int digits_seen = 0;
};
inline Number take_number(const char*& pos) {
  Number number;
  const char* const begin = pos;
  std::uint64_t value = 0;
  unsigned digit = 0;
  while ((digit = static_cast<unsigned>(*pos) - '0') < 10U) {
    value = value * 10 + digit;
    ++pos;
  }
  auto seen = pos - begin;
  if (*pos == '.') {
    const char* const point = ++pos;
    while ((digit = static_cast<unsigned>(*pos) - '0') < 10U) {
      value = value * 10 + digit;
      ++pos;
    }
    number.scale = static_cast<int>(pos - point);
    seen += pos - point;
  }
  number.digits_seen = seen > 18 ? 19 : static_cast<int>(seen);
  number.digits = static_cast<std::int64_t>(value);
  return number;
}

}  // namespace wattring::gateway::line_scan
