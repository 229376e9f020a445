// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "node/meter/interval_draft.hpp"

namespace wattring::meter {
namespace {

Wide length_of(const Fact& fact) {
  return Wide{fact.end_ms} - fact.start_ms;
}

/// Which of two amounts over the same time counts: one that has a value, the finer one, then the better one.
struct Prefer {
  bool operator()(const Fact* a, const Fact* b) const {
    const bool a_missing = a->quality == Quality::missing;
    const bool b_missing = b->quality == Quality::missing;
    if (a_missing != b_missing) return b_missing;
    if (const Wide a_length = length_of(*a), b_length = length_of(*b); a_length != b_length) return a_length < b_length;
    if (a->quality != b->quality) return a->quality > b->quality;
    if (a->revision != b->revision) return a->revision > b->revision;
    return a->start_ms < b->start_ms;  // of equal length, so two keys never compare equal
  }
};

/// A stretch of time in which one amount counts.
struct Stretch {
  std::int64_t begin_ms;
  std::int64_t end_ms;
  const Fact* fact;
  bool contested;  ///< other amounts cover it too
};

/// facts: ascending by start.
std::vector<Stretch> stretches_of(const std::vector<const Fact*>& facts) {
  std::vector<Stretch> out;
  std::vector<const Fact*> by_end = facts;
  std::sort(by_end.begin(), by_end.end(), [](const Fact* a, const Fact* b) { return a->end_ms < b->end_ms; });
  std::set<const Fact*, Prefer> active;
  std::size_t next = 0;
  std::size_t done = 0;
  std::int64_t now_ms = 0;
  while (done < by_end.size()) {
    const std::int64_t end_ms = by_end[done]->end_ms;
    const bool begins = next < facts.size() && facts[next]->start_ms <= end_ms;
    const std::int64_t then_ms = begins ? facts[next]->start_ms : end_ms;
    if (!active.empty() && then_ms > now_ms) {
      const Fact* best = *active.begin();
      const bool contested = active.size() > 1;
      if (!out.empty() && out.back().fact == best && out.back().end_ms == now_ms && out.back().contested == contested)
        out.back().end_ms = then_ms;
      else
        out.push_back({now_ms, then_ms, best, contested});
    }
    now_ms = then_ms;
    if (begins)
      active.insert(facts[next++]);
    else
      active.erase(by_end[done++]);
  }
  return out;
}

class AmountFold {
 public:
  AmountFold(std::span<const Fact> winners, const FoldOptions& options, const Grid& grid,
             const ConflictedStarts& conflicted)
      : options_(options), grid_(grid), conflicted_(conflicted) {
    drafts_.reserve(static_cast<std::size_t>((grid.end_ms - grid.first_ms) / grid.step_ms));
    for (std::int64_t start_ms = grid.first_ms; start_ms < grid.end_ms; start_ms += grid.step_ms)
      drafts_.emplace_back(start_ms, start_ms + grid.step_ms);
    std::vector<const Fact*> spread;
    for (const Fact& fact : winners) {
      if (fact.end_ms < fact.start_ms || length_of(fact) > options.longest_amount_ms) continue;
      closed_ms_ = std::max(closed_ms_, fact.end_ms);
      if (fact.end_ms == fact.start_ms)
        add_instant(fact);
      else if (fact.start_ms < grid.end_ms && fact.end_ms > grid.first_ms)
        spread.push_back(&fact);
    }
    for (const Stretch& stretch : stretches_of(spread)) add(stretch);
  }

  std::vector<Interval> intervals() {
    std::vector<Interval> out;
    out.reserve(drafts_.size());
    for (Draft& draft : drafts_) out.push_back(draft.finish(draft.sum, closed_ms_));
    return out;
  }

 private:
  [[nodiscard]] Draft& draft_at(std::int64_t time_ms) {
    return drafts_[static_cast<std::size_t>((time_ms - grid_.first_ms) / grid_.step_ms)];
  }

  /// An amount without a period counts where it stands, and covers nothing.
  void add_instant(const Fact& fact) {
    if (fact.start_ms < grid_.first_ms || fact.start_ms >= grid_.end_ms || fact.quality == Quality::missing) return;
    Draft& draft = draft_at(fact.start_ms);
    draft.sum += fact.value;
    draft.has_value = true;
    draft.flag(conflicted_.flags_of(fact));
    draft.worsen(interval_quality(fact.quality), fact.method);
  }

  /// The share of an amount until a time, spread evenly; rounded so that shares add up to the amount.
  [[nodiscard]] static Wide share_until(const Fact& fact, std::int64_t time_ms) {
    return floor_div_wide(Wide{fact.value} * (Wide{time_ms} - fact.start_ms), length_of(fact));
  }

  void add(const Stretch& stretch) {
    const Fact& fact = *stretch.fact;
    std::int64_t from_ms = std::max(stretch.begin_ms, grid_.first_ms);
    const std::int64_t until_ms = std::min(stretch.end_ms, grid_.end_ms);
    while (from_ms < until_ms) {
      Draft& draft = draft_at(from_ms);
      const std::int64_t to_ms = std::min(until_ms, draft.interval.end_ms);
      draft.flag(conflicted_.flags_of(fact) | (stretch.contested ? kIntervalConflict : 0U));
      if (fact.quality != Quality::missing) {
        draft.sum += share_until(fact, to_ms) - share_until(fact, from_ms);
        draft.covered_ms += to_ms - from_ms;
        draft.has_value = true;
        draft.worsen(interval_quality(fact.quality), fact.method);
        if (fact.start_ms < draft.interval.start_ms || fact.end_ms > draft.interval.end_ms)
          draft.worsen(length_of(fact) <= options_.interpolate_max_ms ? IntervalQuality::interpolated
                                                                      : IntervalQuality::estimated,
                       0);
      }
      from_ms = to_ms;
    }
  }

  const FoldOptions& options_;
  const Grid grid_;
  const ConflictedStarts& conflicted_;
  std::vector<Draft> drafts_;
  std::int64_t closed_ms_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace

std::vector<Interval> derive_from_amounts(std::span<const Fact> winners, const FoldOptions& options, const Grid& grid,
                                          const ConflictedStarts& conflicted) {
  return AmountFold(winners, options, grid, conflicted).intervals();
}

}  // namespace wattring::meter
