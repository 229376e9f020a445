// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace wattring::http {

/// "12-15,40": what people read and give back.
[[nodiscard]] std::string shard_ranges(const std::vector<std::uint16_t>& shards);
[[nodiscard]] Result<std::vector<std::uint16_t>> read_shard_ranges(std::string_view text);

}  // namespace wattring::http
