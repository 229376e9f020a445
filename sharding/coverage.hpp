// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace wattring::sharding {

/// A set of sequence numbers as sorted, disjoint, non-touching closed intervals. Never a bare high-water mark: a mark
/// moved past a gap claims what is not held.
class SequenceSet {
 public:
  struct Interval {
    std::uint64_t first;
    std::uint64_t last;
    friend bool operator==(const Interval&, const Interval&) = default;
  };
  void add(std::uint64_t first, std::uint64_t last);
  [[nodiscard]] bool contains(std::uint64_t sequence) const;
  [[nodiscard]] bool empty() const { return intervals_.empty(); }
  /// Every number of the other is in this one.
  [[nodiscard]] bool covers(const SequenceSet& other) const;
  [[nodiscard]] SequenceSet minus(const SequenceSet& other) const;
  [[nodiscard]] SequenceSet common(const SequenceSet& other) const;
  [[nodiscard]] const std::vector<Interval>& intervals() const { return intervals_; }
  friend bool operator==(const SequenceSet&, const SequenceSet&) = default;

 private:
  std::vector<Interval> intervals_;
};

/// Entries of one shard: for each writer sequences of its stream. What a node holds grows by add and join only.
class Coverage {
 public:
  void add(const WriterId& writer, Sequence sequence) { writers_[writer].add(sequence.value, sequence.value); }
  void add(const WriterId& writer, Sequence first, Sequence last) { writers_[writer].add(first.value, last.value); }
  void join(const Coverage& other);
  [[nodiscard]] bool contains(const WriterId& writer, Sequence sequence) const;
  [[nodiscard]] bool empty() const { return writers_.empty(); }
  /// Every entry of the other is in this one.
  [[nodiscard]] bool covers(const Coverage& other) const;
  [[nodiscard]] Coverage minus(const Coverage& other) const;
  [[nodiscard]] Coverage common(const Coverage& other) const;
  /// Entries.
  [[nodiscard]] std::uint64_t count() const;
  /// So many entries of it, of each writer the earliest.
  [[nodiscard]] Coverage first(std::uint64_t entries) const;
  /// Equal sets have equal hashes; stable on the wire.
  [[nodiscard]] std::uint64_t hash() const;
  [[nodiscard]] const std::map<WriterId, SequenceSet>& writers() const { return writers_; }

  /// version u8, then for each writer: 16 bytes, interval count, and each interval as two varints (gap to the one
  /// before, length - 1).
  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static Result<Coverage> decode(std::string_view bytes);
  friend bool operator==(const Coverage&, const Coverage&) = default;

 private:
  std::map<WriterId, SequenceSet> writers_;
};

}  // namespace wattring::sharding
