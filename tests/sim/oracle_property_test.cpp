// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "node/sim/interval_oracle.hpp"

namespace wattring::sim {
namespace {

TEST(OracleProperty, SpansOfARisingRegisterAddUpToItsDifference) {
  EXPECT_TRUE(rc::check([] {
    const auto steps = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(1, 4 * 3'600'000), rc::gen::inRange(0, 50'000))));
    // Begins and ends on the grid, so that every reading's energy lies within the spans.
    std::vector<Sample> samples = {{900'000'000, 1'000'000}};
    for (const auto& [ms, wh] : steps) samples.push_back({samples.back().time_ms + ms, samples.back().value + wh});
    const std::int64_t last = samples.back().time_ms;
    samples.push_back({(last / kQuarterMs + 1) * kQuarterMs, samples.back().value + 1});
    std::int64_t sum = 0;
    std::int64_t at = samples.front().time_ms;
    for (const ExpectedSpan& span : expected_spans(samples)) {
      RC_ASSERT(span.begin_ms == at);
      RC_ASSERT(span.value >= 0);
      at = span.end_ms;
      sum += span.value;
    }
    RC_ASSERT(at == samples.back().time_ms);
    RC_ASSERT(sum == samples.back().value - samples.front().value);
  }));
}

}  // namespace
}  // namespace wattring::sim
