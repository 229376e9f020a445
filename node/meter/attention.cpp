// SPDX-License-Identifier: Apache-2.0
#include "node/meter/attention.hpp"

#include "node/meter/meter_table.hpp"

namespace wattring::meter {
namespace {

__extension__ using Wide = __int128;

bool rate_is_set(const Gate& gate) {
  return gate.rate_low != std::numeric_limits<std::int64_t>::min() ||
         gate.rate_high != std::numeric_limits<std::int64_t>::max();
}

bool rate_trips(const Gate& gate, const SeriesState& before, const Fact& fact) {
  const Wide rise = (Wide{fact.value} - before.last_value) * kMsPerHour;
  const std::int64_t span = fact.start_ms - before.last_ms;
  if (gate.rate_high != std::numeric_limits<std::int64_t>::max() && rise > Wide{gate.rate_high} * span) return true;
  return gate.rate_low != std::numeric_limits<std::int64_t>::min() && rise < Wide{gate.rate_low} * span;
}

bool new_span(std::int64_t before_ms, std::int64_t now_ms, std::int64_t length_ms) {
  return now_ms - before_ms >= length_ms || floor_div(before_ms, length_ms) != floor_div(now_ms, length_ms);
}

}  // namespace

Gate widest(const Gate& a, const Gate& b) {
  Gate wide;
  wide.low = std::max(a.low, b.low);
  wide.high = std::min(a.high, b.high);
  wide.rate_low = std::max(a.rate_low, b.rate_low);
  wide.rate_high = std::min(a.rate_high, b.rate_high);
  wide.step_high = std::min(a.step_high, b.step_high);
  wide.falls = a.falls || b.falls;
  wide.stands = a.stands || b.stands;
  wide.late = a.late || b.late;
  wide.each_quarter = a.each_quarter || b.each_quarter;
  wide.each_day = a.each_day || b.each_day;
  wide.always = a.always || b.always;
  return wide;
}

bool trips(const Gate& gate, const SeriesState& before, const Fact& fact) {
  if (gate.always || fact.value < gate.low || fact.value > gate.high) return true;
  const bool rate = rate_is_set(gate);
  const bool steps = gate.step_high != std::numeric_limits<std::int64_t>::max();
  const bool spans = gate.late || gate.each_quarter || gate.each_day;
  if (!rate && !steps && !gate.falls && !gate.stands && !spans) return false;
  if (before.empty) return spans;
  // Its neighbours are not at hand.
  if (fact.start_ms <= before.last_ms || fact.start_ms != fact.end_ms) return true;
  if (gate.falls && fact.value < before.last_value) return true;
  if (steps && Wide{fact.value} - before.last_value > gate.step_high) return true;
  const bool stands = gate.stands && fact.value == before.last_value;
  if ((stands || gate.each_quarter) && new_span(before.last_ms, fact.start_ms, 15 * kMsPerMinute)) return true;
  if (gate.each_day && new_span(before.last_ms, fact.start_ms, kMsPerDay)) return true;
  return rate && rate_trips(gate, before, fact);
}

}  // namespace wattring::meter
