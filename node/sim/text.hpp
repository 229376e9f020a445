// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wattring::sim {

/// "1,234,567"
[[nodiscard]] std::string grouped(std::uint64_t n);
/// Milliseconds with as many decimals as make sense: "0.42", "1.8", "27".
[[nodiscard]] std::string as_ms(std::int64_t duration_ns);
/// For XML and HTML, also within quotes.
[[nodiscard]] std::string in_markup(std::string_view text);

}  // namespace wattring::sim
