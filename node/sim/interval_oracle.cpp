// SPDX-License-Identifier: Apache-2.0
#include "node/sim/interval_oracle.hpp"

#include <algorithm>
#include <limits>

#include "base/time.hpp"

namespace wattring::sim {
namespace {

__extension__ using Int128 = __int128;

constexpr int kUnclear = -1;

// Number of the stretch without a fall that each sample belongs to; kUnclear after a fall: a low value that comes
// back within five samples or ten minutes is a glitch, a lasting one below a tenth is a new start, and a smaller dip is
// levelled until the register is above it again.
std::vector<int> stretches(std::span<const Sample> samples) {
  std::vector<int> stretch(samples.size(), kUnclear);
  int number = 0;
  std::size_t clear_from = 0;
  std::int64_t clear_after_ms = std::numeric_limits<std::int64_t>::min();
  std::int64_t clear_above = std::numeric_limits<std::int64_t>::min();
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (i == 0 ? samples[0].value == 0 : samples[i].value < samples[i - 1].value) {
      ++number;
      clear_from = std::max(clear_from, i + 6);
      clear_after_ms = samples[i].time_ms + 10 * kMsPerMinute;
      const bool lasting_fall = i == 0 || samples[i].value * 10 < samples[i - 1].value;
      if (!lasting_fall) clear_above = std::max(clear_above, samples[i - 1].value);
    }
    if (i >= clear_from && samples[i].time_ms > clear_after_ms && samples[i].value > clear_above) stretch[i] = number;
  }
  return stretch;
}

std::int64_t at_boundary(const Sample& before, const Sample& after, std::int64_t boundary_ms) {
  if (boundary_ms == before.time_ms) return before.value;
  const Int128 part = static_cast<Int128>(after.value - before.value) * (boundary_ms - before.time_ms);
  return before.value + static_cast<std::int64_t>(part / (after.time_ms - before.time_ms));
}

}  // namespace

std::vector<ExpectedSpan> expected_spans(std::span<const Sample> samples) {
  std::vector<ExpectedSpan> spans;
  if (samples.size() < 2) return spans;
  const std::vector<int> stretch = stretches(samples);
  bool have_begin = false;
  int begin_stretch = kUnclear;
  std::int64_t begin_ms = 0;
  std::int64_t begin_value = 0;
  std::size_t i = 0;
  const std::int64_t last_ms = samples.back().time_ms;
  for (std::int64_t b = ceil_to(samples.front().time_ms, kQuarterMs); b <= last_ms; b += kQuarterMs) {
    while (i + 1 < samples.size() && samples[i + 1].time_ms <= b) ++i;
    const Sample& before = samples[i];
    const Sample& after = i + 1 < samples.size() ? samples[i + 1] : samples[i];
    const bool exact = before.time_ms == b;
    const bool same = stretch[i] != kUnclear && (exact || (i + 1 < samples.size() && stretch[i + 1] == stretch[i]));
    if (!same) {
      have_begin = have_begin && stretch[i] == begin_stretch;
      continue;
    }
    if (!exact && after.time_ms - before.time_ms > kInterpolateMs) continue;
    const std::int64_t value = at_boundary(before, after, b);
    if (have_begin && begin_stretch == stretch[i]) spans.push_back({begin_ms, b, value - begin_value});
    have_begin = true;
    begin_stretch = stretch[i];
    begin_ms = b;
    begin_value = value;
  }
  return spans;
}

}  // namespace wattring::sim
