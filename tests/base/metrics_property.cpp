// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/metrics.hpp"

namespace wattring {
namespace {

/// 1 us to about 100 s, each order of magnitude as likely as the other.
rc::Gen<std::vector<std::uint64_t>> durations_ns() {
  return rc::gen::nonEmpty(
      rc::gen::container<std::vector<std::uint64_t>>(rc::gen::map(rc::gen::inRange(0, 8'000), [](int n) {
        return static_cast<std::uint64_t>(1000.0 * std::pow(10.0, n / 1000.0));
      })));
}

TEST(DurationHistogramProperty, AQuantileIsNeverTooSmallAndAtMostAQuarterTooLarge) {
  EXPECT_TRUE(rc::check([] {
    auto values = *durations_ns();
    DurationHistogram histogram;
    for (const std::uint64_t value : values) histogram.record_ns(value);
    std::sort(values.begin(), values.end());
    const double q = *rc::gen::inRange(0, 1001) / 1000.0;
    const auto rank = static_cast<std::size_t>(q * static_cast<double>(values.size() - 1));
    const double exact = static_cast<double>(values[rank]) * 1e-9;
    RC_ASSERT(histogram.quantile_seconds(q) >= exact);
    RC_ASSERT(histogram.quantile_seconds(q) <= std::max(exact * 1.2501, 1.1e-6));
  }));
}

TEST(DurationHistogramProperty, CountsUpToABoundOnlyGrowWithTheBound) {
  EXPECT_TRUE(rc::check([] {
    const auto values = *durations_ns();
    DurationHistogram histogram;
    for (const std::uint64_t value : values) histogram.record_ns(value);
    std::uint64_t before = 0;
    for (std::uint64_t bound = 1000; bound < 400'000'000'000; bound *= 2) {
      const std::uint64_t counted = histogram.count_up_to_ns(bound);
      RC_ASSERT(counted >= before);
      // By bucket, so a quarter more or less than the bound may be on either side.
      const auto up_to = [&](double ns) {
        return static_cast<std::uint64_t>(
            std::count_if(values.begin(), values.end(), [ns](auto value) { return static_cast<double>(value) <= ns; }));
      };
      RC_ASSERT(counted >= up_to(static_cast<double>(bound) * 0.75));
      RC_ASSERT(counted <= up_to(static_cast<double>(bound) * 1.2501));
      before = counted;
    }
    RC_ASSERT(before == values.size());
  }));
}

}  // namespace
}  // namespace wattring
