// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

/// "Did you mean ...?" for words that nobody knows.

namespace wattring {

/// Single-byte insertions, deletions and replacements between two words; both are cut to 128 bytes first.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate that is close enough to be what was meant (a third of its length, at least 2); the first on a tie.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view word,
                                                      std::span<const std::string_view> candidates);

}  // namespace wattring
