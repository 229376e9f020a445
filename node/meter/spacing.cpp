// SPDX-License-Identifier: Apache-2.0
#include "node/meter/spacing.hpp"

#include <algorithm>

namespace wattring::meter {

std::int64_t NominalPeriod::at(std::int64_t time_ms) {
  if (options_.nominal_period_ms > 0) return options_.nominal_period_ms;
  const std::int64_t begin_ms = floor_to(time_ms, kMsPerDay);
  if (period_ms_ == 0 || begin_ms != day_begin_ms_) {
    day_begin_ms_ = begin_ms;
    period_ms_ = of_day(begin_ms);
  }
  return period_ms_;
}

std::int64_t NominalPeriod::of_day(std::int64_t begin_ms) {
  spacings_s_.clear();
  auto fact = std::lower_bound(winners_.begin(), winners_.end(), begin_ms,
                               [](const Fact& each, std::int64_t time_ms) { return each.start_ms < time_ms; });
  const Fact* before = nullptr;
  for (; fact != winners_.end() && fact->start_ms < begin_ms + kMsPerDay; ++fact) {
    if (fact->start_ms != fact->end_ms || fact->quality == Quality::missing) continue;
    if (before != nullptr)
      spacings_s_.push_back(std::max<std::int64_t>((fact->start_ms - before->start_ms + 500) / kMsPerSecond, 1));
    before = &*fact;
  }
  if (spacings_s_.size() < kSpacingsMin) return options_.interval_ms;
  std::sort(spacings_s_.begin(), spacings_s_.end());
  std::int64_t most_frequent = spacings_s_.front();
  std::size_t most = 0;
  for (auto run = spacings_s_.begin(); run != spacings_s_.end();) {
    const auto end = std::upper_bound(run, spacings_s_.end(), *run);
    if (const auto count = static_cast<std::size_t>(end - run); count > most) {
      most = count;
      most_frequent = *run;
    }
    run = end;
  }
  return most_frequent * kMsPerSecond;
}

}  // namespace wattring::meter
