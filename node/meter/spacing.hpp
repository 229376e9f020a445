// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/fact.hpp"
#include "node/meter/intervals.hpp"

namespace wattring::meter {

/// Fewer spacings in a day than this say nothing.
inline constexpr std::size_t kSpacingsMin = 3;

/// The period at which a meter usually reads: the option, or for each UTC day the most frequent spacing of its
/// readings in whole seconds (of equally frequent ones the shortest; at least 1 s); the interval length when a day has
/// fewer than kSpacingsMin spacings. By day and not by what is loaded, so that an answer does not depend on the range
/// asked for.
class NominalPeriod {
 public:
  /// winners must outlive it.
  NominalPeriod(std::span<const Fact> winners, const FoldOptions& options) : winners_(winners), options_(options) {}
  /// For intervals that start at this time. Fast when asked in ascending order.
  [[nodiscard]] std::int64_t at(std::int64_t time_ms);

 private:
  [[nodiscard]] std::int64_t of_day(std::int64_t begin_ms);

  std::span<const Fact> winners_;
  const FoldOptions& options_;
  std::vector<std::int64_t> spacings_s_;
  std::int64_t day_begin_ms_ = 0;
  std::int64_t period_ms_ = 0;  ///< of that day; 0 = not known yet
};

}  // namespace wattring::meter
