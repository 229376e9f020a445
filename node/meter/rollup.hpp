// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "node/meter/intervals.hpp"
#include "node/meter/zone.hpp"

/// Intervals -> quarter hours and hours (UTC), local days (92, 96 or 100 quarters) and local months. Pure.

namespace wattring::meter {

/// The span of `every` that holds the instant: UTC for quarter_hour and hour, the zone's calendar for day and month.
[[nodiscard]] Zone::Span span_of(Every every, const Zone& zone, std::int64_t time_ms);

/// The spans that start in [from, to), each made of the parts that start in it. Value: the sum (Kind::gauge: the mean,
/// weighted by length) of the parts that have one; flagged partial when some of the span has none, missing when none
/// has. Quality: the worst among parts with a value. Flags: or-ed. Parts: ascending, not overlapping, as of
/// derive_intervals(); they should cover the spans whole: what they leave out counts as having no value. Parts longer
/// than the span are returned as they are.
[[nodiscard]] std::vector<Interval> roll_up(std::span<const Interval> parts, Every every, const Zone& zone,
                                            std::int64_t from_ms, std::int64_t to_ms, Kind kind = Kind::cumulative);

}  // namespace wattring::meter
