// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/prng.hpp"

namespace wattring::gateway {

/// Waits before a source is dialled again: doubling, each drawn from the upper half, so that many sources behind one
/// lost network do not come back in step. A value.
class ReconnectDelay {
 public:
  ReconnectDelay(std::int64_t min_ms, std::int64_t max_ms) : min_ms_(min_ms), max_ms_(max_ms), next_ms_(min_ms) {}

  std::int64_t next_ms(Prng& prng) {
    const std::int64_t full_ms = std::min(next_ms_, max_ms_);
    next_ms_ = std::min(full_ms * 2, max_ms_);
    return full_ms - static_cast<std::int64_t>(prng.unit() * static_cast<double>(full_ms) / 2);
  }
  void reset() { next_ms_ = min_ms_; }

 private:
  std::int64_t min_ms_;
  std::int64_t max_ms_;
  std::int64_t next_ms_;
};

/// Share of bad telegrams over the last 15 minutes, in buckets of a minute. Times are monotonic nanoseconds. A value.
class BadShare {
 public:
  void add(std::int64_t now_ns, std::uint64_t good, std::uint64_t bad) {
    Bucket& bucket = buckets_[static_cast<std::size_t>(minute(now_ns)) % kBuckets];
    if (bucket.minute != minute(now_ns)) bucket = Bucket{minute(now_ns), 0, 0};
    bucket.good += good;
    bucket.bad += bad;
  }
  /// 0 when nothing came.
  [[nodiscard]] double share(std::int64_t now_ns) const {
    std::uint64_t good = 0;
    std::uint64_t bad = 0;
    for (const Bucket& bucket : buckets_) {
      if (bucket.minute > minute(now_ns) - static_cast<std::int64_t>(kBuckets)) {
        good += bucket.good;
        bad += bucket.bad;
      }
    }
    return good + bad == 0 ? 0.0 : static_cast<double>(bad) / static_cast<double>(good + bad);
  }

 private:
  static constexpr std::size_t kBuckets = 15;
  struct Bucket {
    std::int64_t minute = -static_cast<std::int64_t>(kBuckets);
    std::uint64_t good = 0;
    std::uint64_t bad = 0;
  };
  static std::int64_t minute(std::int64_t now_ns) { return now_ns / 60'000'000'000; }
  std::array<Bucket, kBuckets> buckets_{};
};

}  // namespace wattring::gateway
