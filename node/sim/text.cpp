// SPDX-License-Identifier: Apache-2.0
#include "node/sim/text.hpp"

#include <fmt/format.h>

namespace wattring::sim {

std::string grouped(std::uint64_t n) {
  std::string text = std::to_string(n);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string as_ms(std::int64_t duration_ns) {
  const double ms = static_cast<double>(duration_ns) / 1e6;
  if (ms < 1) return fmt::format("{:.2f}", ms);
  return ms < 10 ? fmt::format("{:.1f}", ms) : fmt::format("{:.0f}", ms);
}

std::string in_markup(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        // Neither XML nor HTML knows no other control characters, whatever a node's message holds.
        out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? '?' : c;
    }
  }
  return out;
}

}  // namespace wattring::sim
