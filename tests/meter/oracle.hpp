// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/fact.hpp"
#include "node/meter/intervals.hpp"

/// The intervals once more, written from docs/metering and not from the code: every question is answered by looking at
/// all readings. Slow on purpose; shares no function with the fold.

namespace wattring::test {

std::vector<meter::Interval> oracle_register(const std::vector<Fact>& winners,
                                             const std::vector<std::int64_t>& exchanges,
                                             const meter::FoldOptions& options, std::int64_t from_ms,
                                             std::int64_t to_ms);

/// Values only.
std::vector<std::optional<std::int64_t>> oracle_amounts(const std::vector<Fact>& winners,
                                                        const meter::FoldOptions& options, std::int64_t from_ms,
                                                        std::int64_t to_ms);

/// Means of a gauge that has instants only, in floating point.
std::vector<std::optional<long double>> oracle_gauge(const std::vector<Fact>& winners,
                                                     const meter::FoldOptions& options, std::int64_t from_ms,
                                                     std::int64_t to_ms);

}  // namespace wattring::test
