// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace wattring {

/// Counts up only. Any thread.
class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// A value that goes both ways. Any thread.
class Gauge {
 public:
  void set(double v) { value_.store(v, std::memory_order_relaxed); }
  [[nodiscard]] double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

/// Durations in log-linear buckets (4 a doubling, 1 us to 137 s), so that a quantile is off by at most 25 %. Any
/// thread.
class DurationHistogram {
 public:
  void record_ns(std::uint64_t duration_ns);
  [[nodiscard]] std::uint64_t count() const { return count_.load(std::memory_order_relaxed); }
  [[nodiscard]] double sum_seconds() const {
    return static_cast<double>(sum_ns_.load(std::memory_order_relaxed)) * 1e-9;
  }
  /// Upper edge in seconds of the bucket that holds the q-quantile; 0 when empty.
  [[nodiscard]] double quantile_seconds(double q) const;
  /// Durations recorded that are <= the bound (by bucket).
  [[nodiscard]] std::uint64_t count_up_to_ns(std::uint64_t bound_ns) const;

 private:
  static constexpr std::size_t kBuckets = 112;
  static std::size_t bucket_of(std::uint64_t duration_ns);
  static std::uint64_t upper_edge_ns(std::size_t bucket);
  std::array<std::atomic<std::uint64_t>, kBuckets> buckets_{};
  std::atomic<std::uint64_t> count_{0};
  std::atomic<std::uint64_t> sum_ns_{0};
};

/// The metrics of one node, handed in by constructors. What it hands out lives as long as it does. Registration takes
/// a lock; recording does not. No label may hold a meter id: the number of series must not grow with the fleet.
class Metrics {
 public:
  /// labels: the inside of the braces, e.g. reason="TS_TOO_OLD"; may be empty. The same name and labels give the same
  /// object again.
  Counter& counter(std::string_view name, std::string_view help, std::string_view labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, std::string_view labels = {});
  DurationHistogram& histogram(std::string_view name, std::string_view help, std::string_view labels = {});
  /// A gauge that is asked for at each scrape. The function must be safe on any thread and outlive the Metrics' use.
  void gauge_function(std::string_view name, std::string_view help, std::function<double()> read);

  /// All counters of a name together whose labels hold this text; 0 when there is none.
  [[nodiscard]] std::uint64_t total(std::string_view name, std::string_view label_part = {}) const;

  /// Prometheus text exposition format 0.0.4.
  [[nodiscard]] std::string prometheus_text() const;

 private:
  template <class T>
  struct Series {
    std::string labels;
    T* object;
  };
  struct Family {
    std::string help;
    std::string type;
    std::vector<Series<Counter>> counters;
    std::vector<Series<Gauge>> gauges;
    std::vector<Series<DurationHistogram>> histograms;
    std::function<double()> read;
  };
  mutable std::mutex mutex_;
  // Guarded by mutex_; deques keep addresses stable.
  std::map<std::string, Family, std::less<>> families_;
  std::deque<Counter> counters_;
  std::deque<Gauge> gauges_;
  std::deque<DurationHistogram> histograms_;
};

}  // namespace wattring
