// SPDX-License-Identifier: Apache-2.0
#include "node/sim/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/prng.hpp"

namespace wattring::sim {
namespace {

TEST(LatencyHistogram, OfNothingHasNoQuantile) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.quantile_ns(0.5), 0);
}

TEST(LatencyHistogram, IsExactForSmallValues) {
  LatencyHistogram histogram;
  for (int i = 1; i <= 100; ++i) histogram.record(i);
  EXPECT_EQ(histogram.quantile_ns(0.5), 50);
  EXPECT_EQ(histogram.quantile_ns(0.99), 99);
  EXPECT_EQ(histogram.quantile_ns(1), 100);
}

TEST(LatencyHistogram, QuantilesAgreeWithASortedVectorWithinOneBucket) {
  Prng prng(42);
  LatencyHistogram histogram;
  std::vector<std::int64_t> values;
  for (int i = 0; i < 50'000; ++i) {
    // Spread over nine decades, as latencies are when something goes wrong.
    const auto value = static_cast<std::int64_t>(std::pow(10.0, 1 + 9 * prng.unit()));
    values.push_back(value);
    histogram.record(value);
  }
  std::sort(values.begin(), values.end());
  for (const double q : {0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
    const std::int64_t exact = values[std::max<std::size_t>(rank, 1) - 1];
    const std::int64_t estimate = histogram.quantile_ns(q);
    EXPECT_GE(estimate, exact) << q;
    EXPECT_LE(static_cast<double>(estimate), static_cast<double>(exact) * (1 + 1.0 / 64) + 1) << q;
  }
  EXPECT_EQ(histogram.max_ns(), values.back());
}

TEST(LatencyHistogram, MergedIsTheSameAsRecordedTogether) {
  LatencyHistogram left;
  LatencyHistogram right;
  LatencyHistogram both;
  Prng prng(7);
  for (int i = 0; i < 10'000; ++i) {
    const auto value = static_cast<std::int64_t>(prng.below(1'000'000'000));
    (i % 3 == 0 ? left : right).record(value);
    both.record(value);
  }
  left.merge(right);
  EXPECT_EQ(left.count(), both.count());
  for (const double q : {0.1, 0.5, 0.99, 1.0}) EXPECT_EQ(left.quantile_ns(q), both.quantile_ns(q));
}

TEST(LatencyHistogram, TakesTheExtremes) {
  LatencyHistogram histogram;
  histogram.record(-5);
  histogram.record(std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(histogram.quantile_ns(0.5), 0);
  EXPECT_EQ(histogram.quantile_ns(1), std::numeric_limits<std::int64_t>::max());
}

}  // namespace
}  // namespace wattring::sim
