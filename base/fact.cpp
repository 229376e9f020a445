// SPDX-License-Identifier: Apache-2.0
#include "base/fact.hpp"

#include <array>

#include "base/hash.hpp"

namespace wattring {
namespace {

std::uint64_t value_hash(const Fact& fact) {
  std::array<char, 9> bytes{};
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(static_cast<std::uint64_t>(fact.value) >> (8 * i));
  bytes[8] = static_cast<char>(fact.method);
  return hash64({bytes.data(), bytes.size()});
}

Failure bad_obis(std::string_view text) {
  return fail(ErrorCode::invalid_argument, "not an OBIS code: \"" + std::string(text.substr(0, 40)) + "\"",
              "write it like 1-0:1.8.0");
}

}  // namespace

Result<Register> parse_obis(std::string_view text) {
  static constexpr std::string_view kSeparators = "-:..*";
  std::array<unsigned, 6> groups{0, 0, 0, 0, 0, 255};
  std::size_t pos = 0;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const std::size_t begin = pos;
    unsigned value = 0;
    while (pos < text.size() && text[pos] >= '0' && text[pos] <= '9' && pos - begin < 3)
      value = value * 10 + static_cast<unsigned>(text[pos++] - '0');
    if (pos == begin || value > 255) return bad_obis(text);
    groups[i] = value;
    if (pos == text.size() && i >= 4) break;
    if (i == 5 || pos == text.size() || text[pos] != kSeparators[i]) return bad_obis(text);
    ++pos;
  }
  return obis(groups[0], groups[1], groups[2], groups[3], groups[4], groups[5]);
}

std::string format_obis(Register reg) {
  const auto group = [&](int index) { return std::to_string(reg.group(index)); };
  std::string text = group(0) + "-" + group(1) + ":" + group(2) + "." + group(3) + "." + group(4);
  if (reg.group(5) != 255) text += "*" + group(5);
  return text;
}

std::strong_ordering compare_for_conflict(const Fact& a, const Fact& b) {
  if (const auto order = a.quality <=> b.quality; order != 0) return order;
  if (const auto order = a.revision <=> b.revision; order != 0) return order;
  if (const auto order = value_hash(a) <=> value_hash(b); order != 0) return order;
  if (const auto order = a.value <=> b.value; order != 0) return order;
  return a.method <=> b.method;
}

std::int64_t text_value(std::string_view text) {
  return static_cast<std::int64_t>(hash64(text) >> 1U);
}

std::string_view to_string(Quality quality) {
  static constexpr std::array<std::string_view, 6> kNames{"missing", "estimated", "substituted",
                                                          "actual",  "validated", "edited"};
  return kNames[static_cast<std::size_t>(quality)];
}

}  // namespace wattring
