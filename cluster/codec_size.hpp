// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "cluster/message.hpp"

/// Sizes of what codec.hpp would write, exact, without writing it: for filling messages up to a limit.

namespace wattring::cluster {

/// The frame. A list that grows by n items adds their sizes and at most kListGrowthBytes once.
[[nodiscard]] std::size_t encoded_size(const Message& message);
[[nodiscard]] std::size_t encoded_size(const News& news);
[[nodiscard]] std::size_t encoded_size(const Document& document);

/// The list's key and the longest form of its length.
inline constexpr std::size_t kListGrowthBytes = 6;

}  // namespace wattring::cluster
