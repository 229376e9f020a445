// SPDX-License-Identifier: Apache-2.0
#include "sharding/coverage.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "base/check.hpp"

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

void Coverage::join(const Coverage& other) {
  for (const auto& [writer, set] : other.writers_)
    for (const SequenceSet::Interval& interval : set.intervals()) writers_[writer].add(interval.first, interval.last);
}

bool Coverage::contains(const WriterId& writer, Sequence sequence) const {
  const auto found = writers_.find(writer);
  return found != writers_.end() && found->second.contains(sequence.value);
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
