// SPDX-License-Identifier: Apache-2.0
#include "node/meter/interval_draft.hpp"

namespace wattring::meter {

IntervalQuality interval_quality(Quality quality) {
  switch (quality) {
    case Quality::missing:
      return IntervalQuality::missing;
    case Quality::estimated:
    case Quality::substituted:
      return IntervalQuality::estimated;
    case Quality::edited:
      return IntervalQuality::edited;
    case Quality::actual:
    case Quality::validated:
      break;
  }
  return IntervalQuality::actual;
}

Interval Draft::finish(Wide value, std::int64_t closed_ms) {
  if (interval.end_ms > closed_ms) flag(kIntervalPending);
  if (!has_value) {
    interval.quality = IntervalQuality::missing;
    interval.method = 0;
    return interval;
  }
  if (covered_ms < interval.end_ms - interval.start_ms) flag(kIntervalPartial);
  if (!fits_64(value)) {
    flag(kIntervalSuspect);
    value = value < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
  }
  interval.value = static_cast<std::int64_t>(value);
  return interval;
}

ConflictedStarts::ConflictedStarts(std::span<const std::int64_t> starts) : starts_(starts.begin(), starts.end()) {
  std::sort(starts_.begin(), starts_.end());
}

std::uint32_t ConflictedStarts::flags_of(const Fact& fact) const {
  std::uint32_t flags = (fact.flags & kFlagRounded) != 0 ? kIntervalRounded : 0U;
  if (!starts_.empty() && std::binary_search(starts_.begin(), starts_.end(), fact.start_ms)) flags |= kIntervalConflict;
  return flags;
}

Grid grid_of(const FoldOptions& options, std::int64_t from_ms, std::int64_t to_ms) {
  const std::int64_t step_ms = options.interval_ms;
  if (step_ms <= 0 || to_ms <= from_ms) return {from_ms, from_ms, 1};
  const std::int64_t first_ms = ceil_to(from_ms, step_ms);
  return {first_ms, std::max(first_ms, ceil_to(to_ms, step_ms)), step_ms};
}

}  // namespace wattring::meter
