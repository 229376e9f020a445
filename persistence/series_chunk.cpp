// SPDX-License-Identifier: Apache-2.0
#include "persistence/series_chunk.hpp"

#include <algorithm>
#include <array>

#include "base/time.hpp"

namespace wattring::persistence {
namespace {

bool key_less(const Fact& a, const Fact& b) {
  return a.start_ms != b.start_ms ? a.start_ms < b.start_ms : a.end_ms < b.end_ms;
}
bool key_equal(const Fact& a, const Fact& b) {
  return a.start_ms == b.start_ms && a.end_ms == b.end_ms;
}

/// The facts of one key: the best kLosersPerKey + 1, best first. What falls out never comes back, because the set only
/// grows; so keeping the best of the best is the same in any order.
class Contest {
 public:
  explicit Contest(const Fact& winner) : count_(1) { facts_[0] = winner; }
  /// The next best, as it lies in a chunk.
  void append(const Fact& loser) { facts_[count_++] = loser; }

  void enter(const Fact& fact, MergeStats& stats) {
    std::size_t place = 0;
    for (; place < count_; ++place) {
      Fact& held = facts_[place];
      if (same_identity(held, fact)) {
        const auto flags = static_cast<std::uint8_t>(held.flags | fact.flags);
        stats.changed |= flags != held.flags;
        held.flags = flags;
        ++stats.duplicates;
        return;
      }
      if (compare_for_conflict(fact, held) > 0) break;
    }
    ++stats.conflicts;
    if (place == facts_.size()) return;
    stats.changed = true;
    count_ = std::min(count_ + 1, facts_.size());
    std::copy_backward(facts_.begin() + static_cast<std::ptrdiff_t>(place),
                       facts_.begin() + static_cast<std::ptrdiff_t>(count_) - 1,
                       facts_.begin() + static_cast<std::ptrdiff_t>(count_));
    facts_[place] = fact;
  }

  void leave_in(SeriesChunk& chunk) const {
    chunk.winners.push_back(facts_[0]);
    chunk.losers.insert(chunk.losers.end(), facts_.begin() + 1, facts_.begin() + static_cast<std::ptrdiff_t>(count_));
  }

 private:
  std::array<Fact, kLosersPerKey + 1> facts_{};
  std::size_t count_;
};

bool strictly_ascending(std::span<const Fact> facts) {
  for (std::size_t i = 1; i < facts.size(); ++i)
    if (!key_less(facts[i - 1], facts[i])) return false;
  return true;
}

/// Cuts off what may be touched by facts from `key` on, so that everything before it stays where it is.
SeriesChunk cut_tail(SeriesChunk& base, const Fact& key) {
  const auto first_winner = std::lower_bound(base.winners.begin(), base.winners.end(), key, key_less);
  const auto first_loser = std::lower_bound(base.losers.begin(), base.losers.end(), key, key_less);
  SeriesChunk tail{{first_winner, base.winners.end()}, {first_loser, base.losers.end()}};
  base.winners.erase(first_winner, base.winners.end());
  base.losers.erase(first_loser, base.losers.end());
  return tail;
}

/// facts: ascending by key, several of a key in any order.
void merge_sorted(SeriesChunk& base, std::span<const Fact> facts, MergeStats& stats) {
  const SeriesChunk tail = cut_tail(base, facts.front());
  base.winners.reserve(base.winners.size() + tail.winners.size() + facts.size());
  auto winner = tail.winners.begin();
  auto loser = tail.losers.begin();
  std::size_t i = 0;
  while (i < facts.size()) {
    const Fact& key = facts[i];
    while (winner != tail.winners.end() && key_less(*winner, key)) base.winners.push_back(*winner++);
    while (loser != tail.losers.end() && key_less(*loser, key)) base.losers.push_back(*loser++);
    const bool is_held = winner != tail.winners.end() && key_equal(*winner, key);
    Contest contest(is_held ? *winner++ : key);
    if (!is_held) {
      ++stats.added;
      stats.changed = true;
      ++i;
    }
    while (loser != tail.losers.end() && key_equal(*loser, key)) contest.append(*loser++);
    while (i < facts.size() && key_equal(facts[i], key)) contest.enter(facts[i++], stats);
    contest.leave_in(base);
  }
  base.winners.insert(base.winners.end(), winner, tail.winners.end());
  base.losers.insert(base.losers.end(), loser, tail.losers.end());
}

}  // namespace

MergeStats merge(SeriesChunk& base, std::span<const Fact> facts) {
  MergeStats stats;
  if (facts.empty()) return stats;
  const bool goes_behind = base.winners.empty() || key_less(base.winners.back(), facts.front());
  if (goes_behind && strictly_ascending(facts)) {
    base.winners.insert(base.winners.end(), facts.begin(), facts.end());
    stats.added = facts.size();
    stats.changed = true;
    return stats;
  }
  if (std::is_sorted(facts.begin(), facts.end(), key_less)) {
    merge_sorted(base, facts, stats);
    return stats;
  }
  std::vector<Fact> sorted(facts.begin(), facts.end());
  std::sort(sorted.begin(), sorted.end(), key_less);
  merge_sorted(base, sorted, stats);
  return stats;
}

MergeStats merge(SeriesChunk& base, const SeriesChunk& other) {
  MergeStats stats = merge(base, std::span<const Fact>(other.winners));
  const MergeStats losers = merge(base, std::span<const Fact>(other.losers));
  stats.added += losers.added;
  stats.duplicates += losers.duplicates;
  stats.conflicts += losers.conflicts;
  stats.changed |= losers.changed;
  return stats;
}

bool well_formed(const SeriesChunk& chunk) {
  if (!strictly_ascending(chunk.winners)) return false;
  auto winner = chunk.winners.begin();
  const Fact* better = nullptr;
  std::size_t of_this_key = 0;
  for (const Fact& loser : chunk.losers) {
    if (better == nullptr || !key_equal(*better, loser)) {
      winner = std::lower_bound(winner, chunk.winners.end(), loser, key_less);
      if (winner == chunk.winners.end() || !key_equal(*winner, loser)) return false;
      better = &*winner;
      of_this_key = 0;
    }
    if (++of_this_key > kLosersPerKey || compare_for_conflict(*better, loser) <= 0) return false;
    better = &loser;
  }
  return true;
}

std::vector<std::pair<std::uint32_t, SeriesChunk>> partition(SeriesChunk&& whole_day, std::size_t target) {
  std::vector<std::pair<std::uint32_t, SeriesChunk>> parts;
  if (whole_day.empty()) return parts;
  target = std::clamp<std::size_t>(target, 1, kChunkWinnersMax);
  if (whole_day.winners.size() <= target) {
    parts.emplace_back(0, std::move(whole_day));
    return parts;
  }
  const std::vector<Fact>& winners = whole_day.winners;
  auto loser = whole_day.losers.begin();
  std::size_t begin = 0;
  while (begin < winners.size()) {
    std::size_t end = std::min(begin + target, winners.size());
    // Facts of one start stay together: go back to where theirs begin, or on to where they end.
    if (end < winners.size()) {
      std::size_t cut = end;
      while (cut > begin && winners[cut - 1].start_ms == winners[end].start_ms) --cut;
      if (cut == begin) {
        cut = end;
        while (cut < winners.size() && winners[cut].start_ms == winners[begin].start_ms) ++cut;
      }
      end = cut;
    }
    const auto from = winners.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto to = winners.begin() + static_cast<std::ptrdiff_t>(end);
    const auto loser_end = end == winners.size()
                               ? whole_day.losers.end()
                               : std::lower_bound(loser, whole_day.losers.end(), winners[end], key_less);
    const std::int64_t start = winners[begin].start_ms;
    const auto part = begin == 0 ? 0U : static_cast<std::uint32_t>(start - floor_to(start, kMsPerDay));
    parts.emplace_back(part, SeriesChunk{{from, to}, {loser, loser_end}});
    loser = loser_end;
    begin = end;
  }
  return parts;
}

}  // namespace wattring::persistence
