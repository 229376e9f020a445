// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "node/meter/intervals.hpp"
#include "node/meter/wide.hpp"

/// What the folds of registers, gauges and amounts have in common. Inside node/meter only.

namespace wattring::meter {

/// A boundary this near to a reading is as good as read; so is a spacing this little over the nominal period.
inline constexpr std::int64_t kNearReadingMs = 10 * kMsPerSecond;
/// FoldOptions::interpolate_max_ms is cut to this, so that no product can overflow.
inline constexpr std::int64_t kInterpolateMaxMs = 12 * kMsPerDay;

[[nodiscard]] IntervalQuality interval_quality(Quality quality);

/// An interval while its value is put together.
struct Draft {
  Interval interval;
  Wide sum = 0;
  std::int64_t covered_ms = 0;
  bool has_value = false;

  Draft(std::int64_t start_ms, std::int64_t end_ms) {
    interval.start_ms = start_ms;
    interval.end_ms = end_ms;
    interval.quality = IntervalQuality::actual;
  }
  void worsen(IntervalQuality quality, std::uint8_t method) {
    if (quality > interval.quality || (quality == interval.quality && method > interval.method))
      interval.method = method;
    interval.quality = std::max(interval.quality, quality);
  }
  void flag(std::uint32_t flags) { interval.flags |= flags; }
  /// closed_ms: up to there nothing is still to come; `value`: of the whole draft.
  [[nodiscard]] Interval finish(Wide value, std::int64_t closed_ms);
};

/// Starts of keys with competing values.
class ConflictedStarts {
 public:
  explicit ConflictedStarts(std::span<const std::int64_t> starts);
  /// Flags that a reading passes on to the intervals made from it.
  [[nodiscard]] std::uint32_t flags_of(const Fact& fact) const;

 private:
  std::vector<std::int64_t> starts_;
};

/// Starts of the first interval and the one behind the last.
struct Grid {
  std::int64_t first_ms;
  std::int64_t end_ms;
  std::int64_t step_ms;
};
[[nodiscard]] Grid grid_of(const FoldOptions& options, std::int64_t from_ms, std::int64_t to_ms);

[[nodiscard]] std::vector<Interval> derive_from_register(std::span<const Fact> winners,
                                                         std::span<const std::int64_t> exchange_times_ms,
                                                         const FoldOptions& options, const Grid& grid,
                                                         const ConflictedStarts& conflicted);
[[nodiscard]] std::vector<Interval> derive_from_gauge(std::span<const Fact> winners, const FoldOptions& options,
                                                      const Grid& grid, const ConflictedStarts& conflicted);
[[nodiscard]] std::vector<Interval> derive_from_amounts(std::span<const Fact> winners, const FoldOptions& options,
                                                        const Grid& grid, const ConflictedStarts& conflicted);

}  // namespace wattring::meter
