// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace wattring {

/// Bytes of the valid UTF-8 sequence (RFC 3629: shortest form, no surrogates) that the text begins with; 0 when there
/// is none.
[[nodiscard]] std::size_t utf8_sequence(std::string_view text);
/// Appends the code point, which must be a scalar value <= 0x10FFFF.
void append_utf8(std::uint32_t code_point, std::string& out);
[[nodiscard]] bool valid_utf8(std::string_view text);
/// Valid UTF-8 without control characters (C0, DEL, C1): may be shown on a terminal, in a log and as a label as it is.
[[nodiscard]] bool is_plain_text(std::string_view text);

}  // namespace wattring
