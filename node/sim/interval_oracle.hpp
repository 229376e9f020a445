// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

/// What intervals must be, calculated apart from the node, from the written rules alone:
/// R(b) = R0 + floor((R1 - R0) * (b - t0) / (t1 - t0)); an interval is R(end) - R(start).

namespace wattring::sim {

struct Sample {
  std::int64_t time_ms;
  std::int64_t value;
};

/// The quarters that make up [begin, end) must add up to value.
struct ExpectedSpan {
  std::int64_t begin_ms;
  std::int64_t end_ms;
  std::int64_t value;
};

inline constexpr std::int64_t kQuarterMs = 900'000;
/// A boundary is interpolated when the readings around it are at most this far apart. In longer gaps the shape is an
/// estimate, and only the sum over the gap is certain.
inline constexpr std::int64_t kInterpolateMs = 7'200'000;

/// samples: one register, ascending by time, no time twice. Where the register falls, the node has to decide what that
/// was (reset, glitch, rollover); the samples until it can have decided are left out, and spans never cross a fall.
[[nodiscard]] std::vector<ExpectedSpan> expected_spans(std::span<const Sample> samples);

}  // namespace wattring::sim
