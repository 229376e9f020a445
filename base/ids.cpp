// SPDX-License-Identifier: Apache-2.0
#include "base/ids.hpp"

namespace wattring {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string to_hex(const std::array<std::uint8_t, 16>& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(32);
  for (const std::uint8_t byte : bytes) {
    text.push_back(kDigits[byte >> 4U]);
    text.push_back(kDigits[byte & 0xfU]);
  }
  return text;
}

Result<std::array<std::uint8_t, 16>> parse_hex128(std::string_view text) {
  std::array<std::uint8_t, 16> bytes{};
  if (text.size() != 32)
    return fail(ErrorCode::invalid_argument, "an id has 32 hex digits, got " + std::to_string(text.size()));
  for (std::size_t i = 0; i < 16; ++i) {
    const int high = hex_digit(text[2 * i]);
    const int low = hex_digit(text[2 * i + 1]);
    if (high < 0 || low < 0)
      return fail(ErrorCode::invalid_argument, "not a hex digit in id \"" + std::string(text) + "\"");
    bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return bytes;
}

}  // namespace wattring
