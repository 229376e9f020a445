// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <vector>

#include "base/units.hpp"
#include "node/actor/supervision.hpp"

namespace wattring::actor {
namespace {

TEST(SupervisionProperty, CountsExactlyTheFailuresOfTheWindow) {
  EXPECT_TRUE(rc::check([] {
    const auto gaps_ms = *rc::gen::container<std::vector<int>>(40, rc::gen::inRange(0, 5'000));
    const std::int64_t window_ms = *rc::gen::inRange(1, 60'000);
    FailureHistory history;
    std::vector<std::int64_t> all;
    std::int64_t now_ns = 0;
    for (const int gap_ms : gaps_ms) {
      now_ns += gap_ms * kNsPerMs;
      history.record(now_ns, window_ms);
      all.push_back(now_ns);
    }
    std::size_t expected = 0;
    for (const std::int64_t at_ns : all) expected += now_ns - at_ns <= window_ms * kNsPerMs ? 1 : 0;
    RC_ASSERT(history.within(now_ns, window_ms) == expected);
  }));
}

TEST(SupervisionProperty, ADelayStaysWithinItsBoundsAndIsARestartsAlone) {
  EXPECT_TRUE(rc::check([] {
    Strategy strategy;
    strategy.failures_max = *rc::gen::inRange<std::uint32_t>(0, 100);
    strategy.backoff = {*rc::gen::inRange(0, 1'000), *rc::gen::inRange(1'000, 60'000),
                        1.0 + *rc::gen::inRange(0, 40) / 10.0, *rc::gen::inRange(0, 100) / 100.0};
    const auto directive =
        *rc::gen::element(Directive::resume, Directive::restart, Directive::stop, Directive::escalate);
    strategy.choose = [directive](const Failure&) { return directive; };
    FailureHistory history;
    const int failures = *rc::gen::inRange(1, 200);
    for (int i = 0; i < failures; ++i) history.record(i * kNsPerMs, strategy.window_ms);
    const double random = *rc::gen::inRange(0, 1'000) / 1'000.0;
    const Decision decision = decide(strategy, history, {}, failures * kNsPerMs, random);
    const auto upper = static_cast<double>(strategy.backoff.max_ms) * (1.0 + strategy.backoff.jitter) + 1;
    RC_ASSERT(decision.delay_ms >= 0);
    RC_ASSERT(static_cast<double>(decision.delay_ms) <= upper);
    if (decision.directive != Directive::restart) RC_ASSERT(decision.delay_ms == 0);
    if (directive != Directive::restart) RC_ASSERT(decision.directive == directive);
    if (failures > 100) RC_ASSERT(decision.directive != Directive::restart);
  }));
}

}  // namespace
}  // namespace wattring::actor
