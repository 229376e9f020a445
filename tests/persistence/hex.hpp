// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wattring::test {

inline constexpr std::string_view kHexDigits = "0123456789abcdef";

inline std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    out.push_back(kHexDigits[static_cast<std::uint8_t>(c) >> 4U]);
    out.push_back(kHexDigits[static_cast<std::uint8_t>(c) & 15U]);
  }
  return out;
}

}  // namespace wattring::test
