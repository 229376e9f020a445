// SPDX-License-Identifier: Apache-2.0
#include "node/meter/intervals.hpp"

#include <algorithm>
#include <limits>

#include "node/meter/interval_draft.hpp"
#include "node/meter/register_falls.hpp"
#include "node/meter/spacing.hpp"
#include "node/meter/wide.hpp"

namespace wattring::meter {
namespace {

std::uint32_t flags_of(const RegisterLink& link) {
  const std::uint32_t glitch = link.skips_glitch ? kIntervalGlitch : 0U;
  switch (link.kind) {
    case LinkKind::rise:
      return glitch;
    case LinkKind::leap:
    case LinkKind::suspect:
      return glitch | kIntervalSuspect;
    case LinkKind::rollover:
      return glitch | kIntervalRollover;
    case LinkKind::settle:
      return glitch | kIntervalJitter;
    case LinkKind::restart:
    case LinkKind::reset:
      return glitch | kIntervalReset;
    case LinkKind::exchange:
      return glitch | kIntervalExchange;
  }
  return glitch;
}

/// One link with what its two readings pass on.
struct Segment {
  std::int64_t begin_ms;
  std::int64_t end_ms;
  std::int64_t energy;
  bool known;
  std::uint32_t flags;
  const Fact* begin;
  const Fact* end;

  /// Energy from the segment's begin to a time inside it: the register is rounded, not the interval, so that
  /// intervals add up to the register's difference.
  [[nodiscard]] Wide energy_until(std::int64_t time_ms) const {
    return Wide{energy} * (Wide{time_ms} - begin_ms) / (Wide{end_ms} - begin_ms);
  }
};

class RegisterFold {
 public:
  RegisterFold(std::span<const Fact> winners, const FoldOptions& options, const ConflictedStarts& conflicted,
               const RegisterTrace& trace)
      : winners_(winners), options_(options), conflicted_(conflicted), trace_(trace), nominal_(winners, options) {
    if (!trace.points.empty()) closed_ms_ = trace.points.back().time_ms;
  }

  std::vector<Interval> intervals(const Grid& grid) {
    std::vector<Interval> out;
    out.reserve(static_cast<std::size_t>((grid.end_ms - grid.first_ms) / grid.step_ms));
    std::size_t link = first_link_behind(grid.first_ms);
    for (std::int64_t start_ms = grid.first_ms; start_ms < grid.end_ms; start_ms += grid.step_ms) {
      while (link < trace_.links.size() && trace_.points[link + 1].time_ms <= start_ms) ++link;
      out.push_back(interval_at(start_ms, start_ms + grid.step_ms, link));
    }
    return out;
  }

 private:
  /// The first link that ends behind the time.
  [[nodiscard]] std::size_t first_link_behind(std::int64_t time_ms) const {
    const auto point =
        std::upper_bound(trace_.points.begin(), trace_.points.end(), time_ms,
                         [](std::int64_t time, const RegisterPoint& each) { return time < each.time_ms; });
    const auto index = static_cast<std::size_t>(point - trace_.points.begin());
    return index == 0 ? 0 : index - 1;
  }

  [[nodiscard]] Segment segment_at(std::size_t link) const {
    const RegisterPoint& a = trace_.points[link];
    const RegisterPoint& b = trace_.points[link + 1];
    const Fact* begin = &winners_[a.index];
    const Fact* end = &winners_[b.index];
    const std::uint32_t jitter = a.levelled || b.levelled ? kIntervalJitter : 0U;
    const std::uint32_t flags =
        flags_of(trace_.links[link]) | jitter | conflicted_.flags_of(*begin) | conflicted_.flags_of(*end);
    return {a.time_ms, b.time_ms, trace_.links[link].energy, trace_.links[link].known(), flags, begin, end};
  }

  Interval interval_at(std::int64_t start_ms, std::int64_t end_ms, std::size_t link) {
    Draft draft(start_ms, end_ms);
    const std::int64_t nominal_ms = nominal_.at(start_ms);
    bool before_known = false;
    std::optional<Segment> open;  // the last known segment, whose end may turn out to be an end of what is known
    for (; link < trace_.links.size() && trace_.points[link].time_ms < end_ms; ++link) {
      const Segment segment = segment_at(link);
      draft.flag(segment.flags);
      if ((Wide{segment.end_ms} - segment.begin_ms) * 2 > Wide{nominal_ms} * 5) draft.flag(kIntervalGap);
      if (!segment.known) {
        if (before_known) judge(draft, *open, open->end_ms, nominal_ms);
        before_known = false;
        continue;
      }
      const std::int64_t from_ms = std::max(start_ms, segment.begin_ms);
      const std::int64_t until_ms = std::min(end_ms, segment.end_ms);
      draft.sum += segment.energy_until(until_ms) - segment.energy_until(from_ms);
      draft.covered_ms += until_ms - from_ms;
      draft.has_value = true;
      if (!before_known) judge(draft, segment, from_ms, nominal_ms);
      before_known = true;
      open = segment;
    }
    if (before_known) judge(draft, *open, std::min(end_ms, open->end_ms), nominal_ms);
    return draft.finish(draft.sum, closed_ms_);
  }

  /// How well the register is known at a time inside the segment.
  void judge(Draft& draft, const Segment& segment, std::int64_t time_ms, std::int64_t nominal_ms) const {
    if (time_ms != segment.end_ms) draft.worsen(interval_quality(segment.begin->quality), segment.begin->method);
    if (time_ms != segment.begin_ms) draft.worsen(interval_quality(segment.end->quality), segment.end->method);
    if (time_ms == segment.begin_ms || time_ms == segment.end_ms) return;
    const Wide spacing_ms = Wide{segment.end_ms} - segment.begin_ms;
    if (Wide{time_ms} - segment.begin_ms <= kNearReadingMs || Wide{segment.end_ms} - time_ms <= kNearReadingMs) return;
    if (spacing_ms > options_.interpolate_max_ms) {
      draft.worsen(IntervalQuality::estimated, 0);
      draft.flag(kIntervalGap);
    } else if (spacing_ms > Wide{nominal_ms} + kNearReadingMs) {
      draft.worsen(IntervalQuality::interpolated, 0);
    }
  }

  std::span<const Fact> winners_;
  const FoldOptions& options_;
  const ConflictedStarts& conflicted_;
  const RegisterTrace& trace_;
  NominalPeriod nominal_;
  std::int64_t closed_ms_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace

std::vector<Interval> derive_from_register(std::span<const Fact> winners,
                                           std::span<const std::int64_t> exchange_times_ms, const FoldOptions& options,
                                           const Grid& grid, const ConflictedStarts& conflicted) {
  const RegisterTrace trace = trace_register(winners, exchange_times_ms, options);
  return RegisterFold(winners, options, conflicted, trace).intervals(grid);
}

std::vector<Interval> derive_intervals(std::span<const Fact> winners, std::span<const std::int64_t> exchange_times_ms,
                                       const FoldOptions& options, std::int64_t from_ms, std::int64_t to_ms,
                                       std::span<const std::int64_t> conflicted_starts) {
  FoldOptions bounded = options;
  bounded.interpolate_max_ms = std::clamp<std::int64_t>(options.interpolate_max_ms, 0, kInterpolateMaxMs);
  const Grid grid = grid_of(bounded, from_ms, to_ms);
  const ConflictedStarts conflicted(conflicted_starts);
  std::vector<std::int64_t> exchanges(exchange_times_ms.begin(), exchange_times_ms.end());
  std::sort(exchanges.begin(), exchanges.end());
  switch (options.kind) {
    case Kind::cumulative:
      return derive_from_register(winners, exchanges, bounded, grid, conflicted);
    case Kind::gauge:
      return derive_from_gauge(winners, bounded, grid, conflicted);
    case Kind::interval:
      return derive_from_amounts(winners, bounded, grid, conflicted);
    case Kind::event:
      break;
  }
  return {};
}

std::vector<std::int64_t> conflicted_starts(std::span<const Fact> winners, std::span<const Fact> losers) {
  std::vector<std::int64_t> starts;
  auto winner = winners.begin();
  for (const Fact& loser : losers) {
    while (winner != winners.end() && !same_key(*winner, loser)) ++winner;
    const bool differs = winner == winners.end() || winner->value != loser.value;
    if (differs && (starts.empty() || starts.back() != loser.start_ms)) starts.push_back(loser.start_ms);
  }
  return starts;
}

}  // namespace wattring::meter
