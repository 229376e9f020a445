// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/fact.hpp"

/// A series is the set of facts of one (meter, register); a chunk holds those of (part of) a day. Merging is a set
/// union: commutative, associative, idempotent, so every copy ends with the same chunk whatever arrived first.

namespace wattring::persistence {

/// Competing values kept of a key beside its winner.
inline constexpr std::size_t kLosersPerKey = 3;
inline constexpr std::size_t kChunkWinnersMax = 2048;
inline constexpr std::size_t kChunkWinnersTarget = 1024;

/// Values; all facts have the same register. What merge(), decode_chunk() and partition() leave is always in this
/// shape:
struct SeriesChunk {
  std::vector<Fact> winners;  ///< one a key, ascending by (start, end)
  std::vector<Fact> losers;   ///< the next kLosersPerKey of a key: ascending by key, then descending by rank

  [[nodiscard]] std::size_t size() const { return winners.size() + losers.size(); }
  [[nodiscard]] bool empty() const { return winners.empty(); }
  friend bool operator==(const SeriesChunk&, const SeriesChunk&) = default;
};

/// Each fact given counts once. For this node's counters only: it depends on the order of arrival.
struct MergeStats {
  std::size_t added = 0;       ///< a key that was not there
  std::size_t duplicates = 0;  ///< a fact that was there already
  std::size_t conflicts =
      0;                 ///< another value for a key that was there, whether it won, was kept or is too low to keep
  bool changed = false;  ///< the chunk differs from before: it has to be written
  friend bool operator==(const MergeStats&, const MergeStats&) = default;
};

/// Adds facts in any order, of the chunk's register. A winner is decided by compare_for_conflict; the flags of equal
/// facts are or-ed. Linear when the facts come sorted; facts behind the last winner are only appended.
MergeStats merge(SeriesChunk& base, std::span<const Fact> facts);
MergeStats merge(SeriesChunk& base, const SeriesChunk& other);

/// Whether the chunk has the shape above; what decode_chunk() accepts.
[[nodiscard]] bool well_formed(const SeriesChunk& chunk);

/// Cuts the facts of one UTC day (by start) into chunks of about `target` winners. Each goes with its part: the
/// millisecond of the day from which on starts belong to it, 0 for the first; parts ascend. Facts of one start are
/// never parted: only when more than kChunkWinnersMax share a start does a chunk hold more than that. Where the cuts
/// fall depends on history; the set of facts does not.
[[nodiscard]] std::vector<std::pair<std::uint32_t, SeriesChunk>> partition(SeriesChunk&& whole_day,
                                                                           std::size_t target = kChunkWinnersTarget);

}  // namespace wattring::persistence
