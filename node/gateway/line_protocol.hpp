// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "node/gateway/batch.hpp"
#include "node/gateway/ingest_door.hpp"

/// InfluxDB line protocol to readings (docs/protocols/line-protocol.md).

namespace wattring::gateway {

enum class LinePrecision : std::uint8_t { ns, us, ms, s, m, h };
/// The query parameter of both InfluxDB APIs: ns|n|us|u|ms|s|m|h; empty is ns.
[[nodiscard]] std::optional<LinePrecision> parse_line_precision(std::string_view text);

inline constexpr std::size_t kLineBytesMax = 64U << 10U;

struct LineContext {
  std::int64_t now_ms = 0;  ///< time of lines without a timestamp; revision when the latest overwrites
  AcceptWindow window;
  LinePrecision precision = LinePrecision::ns;
  bool overwrite_latest = true;  ///< facts without a "revision" tag get now_ms as their revision
};

/// A line is taken whole or refused whole, with the first thing that is wrong in it; lines are independent of each
/// other. Never throws; allocates per body, not per line.
void decode_lines(std::string_view body, const LineContext& context, Batch& out);

}  // namespace wattring::gateway
