// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "node/sim/ledger.hpp"
#include "node/sim/reading.hpp"

namespace wattring::sim {

enum class SendAs : std::uint8_t { native, p1, line, json };
[[nodiscard]] Result<SendAs> parse_send_as(std::string_view text);
[[nodiscard]] std::string_view to_string(SendAs as);

/// A body for POST, and where each of its items (telegram, line, array element; the "line" of a refusal, from 1)
/// begins among the readings.
struct Body {
  std::string bytes;
  std::vector<std::uint32_t> item_starts;
  /// Readings of item `line` (1-based); count 0 when there is no such item.
  [[nodiscard]] RefusedRange range_of(std::uint64_t line, std::size_t readings) const;
};

/// as: p1, line or json. Fleet readings only.
void encode_body(SendAs as, std::span<const Reading> readings, MeterNames& names, Body& body);

}  // namespace wattring::sim
