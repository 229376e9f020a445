// SPDX-License-Identifier: Apache-2.0
#include "node/sim/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace wattring::sim {

// Below 2 * kSub a value is its own bucket. Above, the top kSubBits + 1 bits name it: the shift says which doubling.
std::size_t LatencyHistogram::bucket_of(std::uint64_t v) {
  if (v < 2 * kSub) return static_cast<std::size_t>(v);
  const auto shift = static_cast<std::size_t>(std::bit_width(v)) - (kSubBits + 1);
  return shift * kSub + static_cast<std::size_t>(v >> shift);
}

std::uint64_t LatencyHistogram::upper_edge(std::size_t bucket) {
  if (bucket < 2 * kSub) return bucket;
  const std::size_t shift = bucket / kSub - 1;
  const std::uint64_t top = bucket - shift * kSub;
  return ((top + 1) << shift) - 1;
}

void LatencyHistogram::record(std::int64_t duration_ns) {
  const std::int64_t clamped = std::max<std::int64_t>(duration_ns, 0);
  ++buckets_[bucket_of(static_cast<std::uint64_t>(clamped))];
  ++count_;
  max_ns_ = std::max(max_ns_, clamped);
}

void LatencyHistogram::merge(const LatencyHistogram& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ns_ = std::max(max_ns_, other.max_ns_);
}

std::int64_t LatencyHistogram::quantile_ns(double q) const {
  if (count_ == 0) return 0;
  const double exact = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_));
  const std::uint64_t rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(exact), 1, count_);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i];
    if (seen >= rank) return std::min(static_cast<std::int64_t>(upper_edge(i)), max_ns_);
  }
  return max_ns_;
}

}  // namespace wattring::sim
