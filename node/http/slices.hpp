// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

/// Cuts a large body into parts that are decoded and committed one after the other.

namespace wattring::http {

inline constexpr std::size_t kSliceBytes = 768U << 10U;  ///< below kBatchReadingsMax readings of the shortest kind

/// Takes whole lines off the front: as many as fit in about `bytes`, at least one. Empty only when the body is.
[[nodiscard]] std::string_view take_lines(std::string_view& body, std::size_t bytes = kSliceBytes);

/// Takes whole JSON objects of NDJSON off the front, which may span lines themselves: cut where a line begins with '{'
/// and the one before ends with '}'.
[[nodiscard]] std::string_view take_objects(std::string_view& body, std::size_t bytes = kSliceBytes);

/// Takes whole P1 telegrams off the front; they begin with a '/' at the start of a line.
[[nodiscard]] std::string_view take_telegrams(std::string_view& body, std::size_t bytes = kSliceBytes);

}  // namespace wattring::http
