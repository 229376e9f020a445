// SPDX-License-Identifier: Apache-2.0
#include "node/meter/rollup.hpp"

#include <algorithm>

#include "node/meter/interval_draft.hpp"
#include "node/meter/wide.hpp"

namespace wattring::meter {
namespace {

constexpr std::int64_t kQuarterMs = 15 * kMsPerMinute;

/// Length of the spans that are the same everywhere; 0 for days and months.
std::int64_t fixed_length_ms(Every every) {
  if (every == Every::quarter_hour) return kQuarterMs;
  return every == Every::hour ? kMsPerHour : 0;
}

Interval put_together(std::span<const Interval> parts, const Zone::Span& span, Kind kind) {
  Draft draft(span.begin_ms, span.end_ms);
  Wide weighted = 0;
  for (const Interval& part : parts) {
    draft.flag(part.flags);
    if (!part.value) continue;
    const std::int64_t length_ms = part.end_ms - part.start_ms;
    draft.has_value = true;
    draft.worsen(part.quality, part.method);
    draft.sum += *part.value;
    draft.covered_ms += length_ms;
    weighted += Wide{*part.value} * length_ms;
  }
  const Wide covered_ms = draft.covered_ms;
  const bool is_mean = kind == Kind::gauge && draft.has_value;
  return draft.finish(is_mean ? floor_div_wide(2 * weighted + covered_ms, 2 * covered_ms) : draft.sum, span.end_ms);
}

}  // namespace

Zone::Span span_of(Every every, const Zone& zone, std::int64_t time_ms) {
  if (every == Every::day) return zone.local_day(time_ms);
  if (every == Every::month) return zone.local_month(time_ms);
  const std::int64_t length_ms = fixed_length_ms(every);
  const std::int64_t begin_ms = floor_to(time_ms, length_ms);
  return {begin_ms, begin_ms + length_ms};
}

std::vector<Interval> roll_up(std::span<const Interval> parts, Every every, const Zone& zone, std::int64_t from_ms,
                              std::int64_t to_ms, Kind kind) {
  std::vector<Interval> out;
  const auto starts_before = [](const Interval& part, std::int64_t time_ms) { return part.start_ms < time_ms; };
  auto part = std::lower_bound(parts.begin(), parts.end(), from_ms, starts_before);
  const std::int64_t length_ms = fixed_length_ms(every);
  if (length_ms != 0 && part != parts.end() && part->end_ms - part->start_ms >= length_ms) {
    out.assign(part, std::lower_bound(part, parts.end(), to_ms, starts_before));
    return out;
  }
  if (from_ms >= to_ms) return out;
  Zone::Span span = span_of(every, zone, from_ms);
  if (span.begin_ms < from_ms) span = span_of(every, zone, span.end_ms);
  while (span.begin_ms < to_ms) {
    const auto begin = std::lower_bound(part, parts.end(), span.begin_ms, starts_before);
    part = std::lower_bound(begin, parts.end(), span.end_ms, starts_before);
    out.push_back(put_together({begin, part}, span, kind));
    span = span_of(every, zone, span.end_ms);
  }
  return out;
}

}  // namespace wattring::meter
