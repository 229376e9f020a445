// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/conservation.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

#include "base/time.hpp"

namespace wattring::ctl {
namespace {

__extension__ using Wide = __int128;

constexpr std::int64_t kInterpolationMaxMs = 2 * kMsPerHour;
constexpr std::array<std::string_view, 8> kCuttingFlags{"exchange", "glitch",  "rollover", "jitter",
                                                        "reset",    "suspect", "pending",  "partial"};

/// Why the slot cannot be judged; empty when it can.
std::string cut_of(const Slot& slot) {
  if (!slot.value) return "missing";
  for (const std::string& flag : slot.flags) {
    if (std::find(kCuttingFlags.begin(), kCuttingFlags.end(), flag) != kCuttingFlags.end()) return flag;
  }
  return {};
}

std::int64_t wide_floor_div(Wide a, std::int64_t b) {
  const Wide quotient = a / b;
  return static_cast<std::int64_t>((a % b != 0 && a < 0) ? quotient - 1 : quotient);
}

/// The register at a boundary, from the samples of one piece.
std::optional<std::int64_t> register_at(std::span<const Sample> samples, std::int64_t time_ms) {
  const auto after = std::lower_bound(samples.begin(), samples.end(), time_ms,
                                      [](const Sample& sample, std::int64_t time) { return sample.time_ms < time; });
  if (after == samples.end()) return std::nullopt;
  if (after->time_ms == time_ms) return after->value;
  if (after == samples.begin()) return std::nullopt;
  const Sample& before = *std::prev(after);
  const std::int64_t gap_ms = after->time_ms - before.time_ms;
  if (gap_ms > kInterpolationMaxMs) return std::nullopt;
  return before.value + wide_floor_div(Wide{after->value - before.value} * (time_ms - before.time_ms), gap_ms);
}

std::span<const Sample> samples_between(std::span<const Sample> samples, std::int64_t from_ms, std::int64_t to_ms) {
  const auto begin = std::lower_bound(samples.begin(), samples.end(), from_ms,
                                      [](const Sample& sample, std::int64_t time) { return sample.time_ms < time; });
  const auto end = std::upper_bound(begin, samples.end(), to_ms,
                                    [](std::int64_t time, const Sample& sample) { return time < sample.time_ms; });
  return {begin, end};
}

/// One piece of slots that follow each other and can all be judged, with the samples that may be believed.
void check_piece(std::span<const Sample> samples, std::span<const Slot> piece, Conservation& result) {
  std::size_t first = 0;
  std::optional<std::int64_t> low;
  while (first < piece.size() && !(low = register_at(samples, piece[first].start_ms))) ++first;
  std::size_t last = piece.size();
  std::optional<std::int64_t> high;
  while (last > first && !(high = register_at(samples, piece[last - 1].end_ms))) --last;
  if (last > first) {
    std::int64_t sum = 0;
    for (std::size_t i = first; i < last; ++i) sum += *piece[i].value;
    const std::int64_t rise = *high - *low;
    result.checked += last - first;
    result.sum += sum;
    result.rise += rise;
    if (sum != rise) result.differences.push_back({piece[first].start_ms, piece[last - 1].end_ms, sum, rise});
  }
  const std::size_t edges = piece.size() - (last - first);
  if (edges != 0) result.left_out["edge"] += edges;
}

}  // namespace

Conservation check_conservation(std::span<const Sample> samples, std::span<const Slot> slots) {
  Conservation result;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= slots.size(); ++i) {
    const std::string cut = i < slots.size() ? cut_of(slots[i]) : std::string();
    const bool ends = i == slots.size() || !cut.empty() || (i > begin && slots[i].start_ms != slots[i - 1].end_ms);
    if (!ends) continue;
    if (i > begin) {
      // What lies in a cut may have been dropped by whoever flagged it; before the first slot and after the last there
      // is no cut.
      const auto piece = slots.subspan(begin, i - begin);
      const std::int64_t from = begin == 0 ? std::numeric_limits<std::int64_t>::min() : piece.front().start_ms;
      const std::int64_t to = i == slots.size() ? std::numeric_limits<std::int64_t>::max() : piece.back().end_ms;
      check_piece(samples_between(samples, from, to), piece, result);
    }
    begin = cut.empty() ? i : i + 1;
    if (!cut.empty()) ++result.left_out[cut];
  }
  return result;
}

}  // namespace wattring::ctl
