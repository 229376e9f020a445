// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "node/meter/interval_draft.hpp"
#include "node/meter/register_falls.hpp"

// Why these margins are enough: docs/metering/register-falls.md, "Near is enough".

namespace wattring::meter {
namespace {

std::vector<std::int64_t> reading_times(std::span<const Fact> winners) {
  std::vector<std::int64_t> times;
  times.reserve(winners.size());
  for (const Fact& fact : winners)
    if (fact.start_ms == fact.end_ms && fact.quality != Quality::missing) times.push_back(fact.start_ms);
  return times;
}

/// The last reading before the range may stand in a dip, which is at most kGlitchReadings readings or kGlitchMs long;
/// whether a reading stands in a dip is decided by readings that are as near again.
bool registers_reach_back(const std::vector<std::int64_t>& times, std::int64_t from_ms) {
  const auto last = std::upper_bound(times.begin(), times.end(), from_ms) - times.begin() - 1;
  if (last < 0) return false;
  const std::int64_t last_ms = times[static_cast<std::size_t>(last)];
  const auto near = std::lower_bound(times.begin(), times.end(), last_ms - kGlitchMs) - times.begin();
  const auto earliest = std::min<std::ptrdiff_t>(last - static_cast<std::ptrdiff_t>(kGlitchReadings), near);
  return earliest >= static_cast<std::ptrdiff_t>(kGlitchReadings) &&
         times.front() <= times[static_cast<std::size_t>(earliest)] - kGlitchMs;
}

bool registers_reach_ahead(const std::vector<std::int64_t>& times, std::int64_t end_ms) {
  std::vector<std::int64_t> mirrored(times.rbegin(), times.rend());
  for (std::int64_t& time_ms : mirrored) time_ms = -time_ms;
  return registers_reach_back(mirrored, -end_ms);
}

}  // namespace

std::int64_t look_back_ms(const FoldOptions& options) {
  switch (options.kind) {
    case Kind::interval:
      return options.longest_amount_ms;
    case Kind::gauge:
      return std::clamp<std::int64_t>(options.interpolate_max_ms, 0, kInterpolateMaxMs);
    case Kind::cumulative:
    case Kind::event:
      break;
  }
  return 0;
}

bool reaches_back(std::span<const Fact> winners, const FoldOptions& options, std::int64_t from_ms) {
  switch (options.kind) {
    case Kind::cumulative:
      return registers_reach_back(reading_times(winners), from_ms);
    case Kind::gauge:
      return std::any_of(winners.begin(), winners.end(), [&](const Fact& fact) {
        return fact.quality != Quality::missing && fact.start_ms <= from_ms;
      });
    case Kind::interval:
    case Kind::event:
      break;
  }
  return true;
}

bool reaches_ahead(std::span<const Fact> winners, const FoldOptions& options, std::int64_t to_ms) {
  const std::int64_t end_ms = options.interval_ms > 0 ? ceil_to(to_ms, options.interval_ms) : to_ms;
  switch (options.kind) {
    case Kind::cumulative:
      return registers_reach_ahead(reading_times(winners), end_ms);
    case Kind::gauge:
      return std::any_of(winners.begin(), winners.end(),
                         [&](const Fact& fact) { return fact.quality != Quality::missing && fact.start_ms >= end_ms; });
    case Kind::interval:
      return std::any_of(winners.begin(), winners.end(), [&](const Fact& fact) {
        return fact.end_ms >= end_ms && fact.end_ms >= fact.start_ms &&
               Wide{fact.end_ms} - fact.start_ms <= options.longest_amount_ms;
      });
    case Kind::event:
      break;
  }
  return true;
}

}  // namespace wattring::meter
