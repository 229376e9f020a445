// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "node/meter/interval_draft.hpp"
#include "node/meter/spacing.hpp"

namespace wattring::meter {
namespace {

/// A straight line between two readings, or the level of a mean that was given for a period.
struct Piece {
  std::int64_t begin_ms;  ///< of the line
  std::int64_t end_ms;
  std::int64_t from_ms;  ///< where it begins to count: periods before it come first
  const Fact* begin;
  const Fact* end;  ///< = begin for a mean

  /// Twice the area under the line from x to y, in value * ms, rounded down.
  [[nodiscard]] Wide double_area(std::int64_t x_ms, std::int64_t y_ms) const {
    const Wide width_ms = Wide{y_ms} - x_ms;
    if (begin == end) return 2 * Wide{begin->value} * width_ms;
    const Wide span_ms = Wide{end_ms} - begin_ms;
    const Wide rise = Wide{end->value} - begin->value;
    const Wide middle = Wide{x_ms} + y_ms - 2 * Wide{begin_ms};
    return floor_div_wide(width_ms * (2 * Wide{begin->value} * span_ms + rise * middle), span_ms);
  }
};

/// Pieces ascending by begin. A line over a gap longer than interpolate_max_ms is kept to flag the gap; a mean over a
/// longer period says nothing about its parts and is left out.
std::vector<Piece> pieces_of(std::span<const Fact> winners, const FoldOptions& options) {
  std::vector<Piece> pieces;
  const Fact* before = nullptr;
  std::optional<std::int64_t> taken_until_ms;
  const auto from = [&](std::int64_t begin_ms) { return std::max(begin_ms, taken_until_ms.value_or(begin_ms)); };
  for (const Fact& fact : winners) {
    if (fact.quality == Quality::missing) continue;
    if (fact.start_ms == fact.end_ms) {
      if (before != nullptr) pieces.push_back({before->start_ms, fact.start_ms, from(before->start_ms), before, &fact});
      before = &fact;
      continue;
    }
    before = nullptr;
    if (fact.end_ms < fact.start_ms || Wide{fact.end_ms} - fact.start_ms > options.interpolate_max_ms) continue;
    pieces.push_back({fact.start_ms, fact.end_ms, from(fact.start_ms), &fact, &fact});
    taken_until_ms = std::max(fact.end_ms, taken_until_ms.value_or(fact.end_ms));
  }
  return pieces;
}

class GaugeFold {
 public:
  GaugeFold(std::span<const Fact> winners, const FoldOptions& options, const ConflictedStarts& conflicted)
      : options_(options), conflicted_(conflicted), pieces_(pieces_of(winners, options)), nominal_(winners, options) {
    for (const Fact& fact : winners)
      if (fact.quality != Quality::missing) closed_ms_ = std::max(closed_ms_, fact.start_ms);
    for (const Piece& piece : pieces_) closed_ms_ = std::max(closed_ms_, piece.end_ms);
  }

  std::vector<Interval> intervals(const Grid& grid) {
    std::vector<Interval> out;
    out.reserve(static_cast<std::size_t>((grid.end_ms - grid.first_ms) / grid.step_ms));
    std::size_t first = 0;
    for (std::int64_t start_ms = grid.first_ms; start_ms < grid.end_ms; start_ms += grid.step_ms) {
      // What ends before the interval is done with, but for a short piece that hides behind a longer one.
      while (first < pieces_.size() && pieces_[first].end_ms <= start_ms) ++first;
      out.push_back(interval_at(start_ms, start_ms + grid.step_ms, first));
    }
    return out;
  }

 private:
  Interval interval_at(std::int64_t start_ms, std::int64_t end_ms, std::size_t first) {
    Draft draft(start_ms, end_ms);
    const std::int64_t nominal_ms = nominal_.at(start_ms);
    for (std::size_t i = first; i < pieces_.size() && pieces_[i].begin_ms < end_ms; ++i) {
      const Piece& piece = pieces_[i];
      const std::int64_t from_ms = std::max(start_ms, piece.from_ms);
      const std::int64_t until_ms = std::min(end_ms, piece.end_ms);
      if (until_ms <= from_ms) continue;
      draft.flag(conflicted_.flags_of(*piece.begin) | conflicted_.flags_of(*piece.end));
      if (!judge(draft, piece, nominal_ms)) continue;
      draft.sum += piece.double_area(from_ms, until_ms);
      draft.covered_ms += until_ms - from_ms;
      draft.has_value = true;
    }
    const Wide mean =
        draft.has_value ? floor_div_wide(draft.sum + draft.covered_ms, 2 * Wide{draft.covered_ms}) : Wide{0};
    return draft.finish(mean, closed_ms_);
  }

  /// False when the piece is a gap that nothing is known of.
  [[nodiscard]] bool judge(Draft& draft, const Piece& piece, std::int64_t nominal_ms) const {
    if (piece.begin != piece.end) {
      const Wide spacing_ms = Wide{piece.end_ms} - piece.begin_ms;
      const bool is_gap = spacing_ms > options_.interpolate_max_ms;
      if (is_gap || spacing_ms * 2 > Wide{nominal_ms} * 5) draft.flag(kIntervalGap);
      if (is_gap) return false;
      if (spacing_ms > Wide{nominal_ms} + kNearReadingMs) draft.worsen(IntervalQuality::interpolated, 0);
    }
    draft.worsen(interval_quality(piece.begin->quality), piece.begin->method);
    draft.worsen(interval_quality(piece.end->quality), piece.end->method);
    return true;
  }

  const FoldOptions& options_;
  const ConflictedStarts& conflicted_;
  std::vector<Piece> pieces_;
  NominalPeriod nominal_;
  std::int64_t closed_ms_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace

std::vector<Interval> derive_from_gauge(std::span<const Fact> winners, const FoldOptions& options, const Grid& grid,
                                        const ConflictedStarts& conflicted) {
  return GaugeFold(winners, options, conflicted).intervals(grid);
}

}  // namespace wattring::meter
