// SPDX-License-Identifier: Apache-2.0
#include "sharding/coverage.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/hash.hpp"

namespace wattring::sharding {
namespace {

constexpr std::uint8_t kVersion = 1;

Failure malformed() {
  return fail(ErrorCode::corrupt, "coverage: malformed bytes");
}

}  // namespace

void SequenceSet::add(std::uint64_t first, std::uint64_t last) {
  WATTRING_CHECK(first >= 1 && first <= last);
  // The usual case: the stream goes on.
  if (!intervals_.empty() && intervals_.back().last + 1 == first) {
    intervals_.back().last = last;
    return;
  }
  // Everything from `low` to before `high` touches or overlaps [first, last] and melts into it.
  const auto low = std::partition_point(intervals_.begin(), intervals_.end(),
                                        [&](const Interval& i) { return i.last < first && i.last + 1 < first; });
  const auto high = std::partition_point(low, intervals_.end(),
                                         [&](const Interval& i) { return i.first <= last || i.first - 1 == last; });
  if (low != high) {
    first = std::min(first, low->first);
    last = std::max(last, std::prev(high)->last);
  }
  const auto at = intervals_.erase(low, high);
  intervals_.insert(at, Interval{first, last});
}

bool SequenceSet::contains(std::uint64_t sequence) const {
  const auto at =
      std::partition_point(intervals_.begin(), intervals_.end(), [&](const Interval& i) { return i.last < sequence; });
  return at != intervals_.end() && at->first <= sequence;
}

bool SequenceSet::covers(const SequenceSet& other) const {
  auto at = intervals_.begin();
  for (const Interval& wanted : other.intervals_) {
    while (at != intervals_.end() && at->last < wanted.first) ++at;
    if (at == intervals_.end() || at->first > wanted.first || at->last < wanted.last) return false;
  }
  return true;
}

SequenceSet SequenceSet::minus(const SequenceSet& other) const {
  SequenceSet rest;
  auto cut = other.intervals_.begin();
  for (const Interval& interval : intervals_) {
    std::uint64_t first = interval.first;
    while (cut != other.intervals_.end() && cut->last < first) ++cut;
    for (auto at = cut; at != other.intervals_.end() && at->first <= interval.last; ++at) {
      if (at->first > first) rest.add(first, at->first - 1);
      first = at->last + 1;
    }
    if (first <= interval.last) rest.add(first, interval.last);
  }
  return rest;
}

SequenceSet SequenceSet::common(const SequenceSet& other) const {
  SequenceSet both;
  auto b = other.intervals_.begin();
  for (auto a = intervals_.begin(); a != intervals_.end() && b != other.intervals_.end();) {
    const std::uint64_t first = std::max(a->first, b->first);
    const std::uint64_t last = std::min(a->last, b->last);
    if (first <= last) both.add(first, last);
    if (a->last < b->last) {
      ++a;
    } else {
      ++b;
    }
  }
  return both;
}

void Coverage::join(const Coverage& other) {
  for (const auto& [writer, set] : other.writers_)
    for (const SequenceSet::Interval& interval : set.intervals()) writers_[writer].add(interval.first, interval.last);
}

bool Coverage::contains(const WriterId& writer, Sequence sequence) const {
  const auto found = writers_.find(writer);
  return found != writers_.end() && found->second.contains(sequence.value);
}

bool Coverage::covers(const Coverage& other) const {
  return std::all_of(other.writers_.begin(), other.writers_.end(), [&](const auto& wanted) {
    const auto found = writers_.find(wanted.first);
    return found != writers_.end() && found->second.covers(wanted.second);
  });
}

Coverage Coverage::minus(const Coverage& other) const {
  Coverage rest;
  for (const auto& [writer, set] : writers_) {
    const auto found = other.writers_.find(writer);
    SequenceSet left = found == other.writers_.end() ? set : set.minus(found->second);
    if (!left.empty()) rest.writers_.emplace(writer, std::move(left));
  }
  return rest;
}

Coverage Coverage::common(const Coverage& other) const {
  Coverage both;
  for (const auto& [writer, set] : writers_) {
    const auto found = other.writers_.find(writer);
    if (found == other.writers_.end()) continue;
    SequenceSet shared = set.common(found->second);
    if (!shared.empty()) both.writers_.emplace(writer, std::move(shared));
  }
  return both;
}

std::uint64_t Coverage::count() const {
  std::uint64_t sum = 0;
  for (const auto& [writer, set] : writers_)
    for (const SequenceSet::Interval& interval : set.intervals()) sum += interval.last - interval.first + 1;
  return sum;
}

Coverage Coverage::first(std::uint64_t entries) const {
  Coverage some;
  for (const auto& [writer, set] : writers_) {
    for (const SequenceSet::Interval& interval : set.intervals()) {
      if (entries == 0) return some;
      const std::uint64_t taken = std::min(entries, interval.last - interval.first + 1);
      some.writers_[writer].add(interval.first, interval.first + taken - 1);
      entries -= taken;
    }
  }
  return some;
}

std::uint64_t Coverage::hash() const {
  return hash64(encode());
}

std::string Coverage::encode() const {
  std::string bytes;
  ByteWriter out(bytes);
  out.u8(kVersion);
  out.varint(writers_.size());
  for (const auto& [writer, set] : writers_) {
    out.bytes({reinterpret_cast<const char*>(writer.bytes.data()), writer.bytes.size()});
    out.varint(set.intervals().size());
    std::uint64_t end = 0;
    for (const SequenceSet::Interval& interval : set.intervals()) {
      out.varint(interval.first - end);
      out.varint(interval.last - interval.first);
      end = interval.last;
    }
  }
  return bytes;
}

Result<Coverage> Coverage::decode(std::string_view bytes) {
  ByteReader in(bytes);
  Coverage coverage;
  if (in.u8() != kVersion) return malformed();
  const std::uint64_t writers = in.varint();
  for (std::uint64_t w = 0; w < writers; ++w) {
    WriterId writer;
    const std::string_view id = in.bytes(writer.bytes.size());
    if (!in.ok()) return malformed();
    std::copy(id.begin(), id.end(), reinterpret_cast<char*>(writer.bytes.data()));
    if (!coverage.writers_.empty() && writer <= coverage.writers_.rbegin()->first) return malformed();
    const std::uint64_t count = in.varint();
    std::uint64_t end = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t gap = in.varint();
      const std::uint64_t length = in.varint();
      const std::uint64_t first = end + gap;
      const std::uint64_t last = first + length;
      if (!in.ok() || gap == 0 || first < end || last < first) return malformed();
      coverage.writers_[writer].add(first, last);
      end = last;
    }
  }
  if (!in.at_end()) return malformed();
  return coverage;
}

}  // namespace wattring::sharding
