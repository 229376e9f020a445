// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace wattring::sim {

/// Durations in log-linear buckets: exact up to 127 ns, then 64 buckets a doubling, so that a quantile is off by at
/// most 1/64 (1.6 %). Covers the whole range of int64. A value; one thread, merged afterwards.
class LatencyHistogram {
 public:
  void record(std::int64_t duration_ns);
  void merge(const LatencyHistogram& other);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::int64_t max_ns() const { return max_ns_; }
  /// Upper edge of the bucket that holds the q-quantile (nearest rank), never more than the maximum; 0 when empty.
  [[nodiscard]] std::int64_t quantile_ns(double q) const;

 private:
  static constexpr std::size_t kSubBits = 6;
  static constexpr std::size_t kSub = std::size_t{1} << kSubBits;
  static constexpr std::size_t kBuckets = (64 - kSubBits) * kSub;
  static std::size_t bucket_of(std::uint64_t v);
  static std::uint64_t upper_edge(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::int64_t max_ns_ = 0;
};

}  // namespace wattring::sim
