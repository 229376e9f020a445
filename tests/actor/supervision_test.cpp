// SPDX-License-Identifier: Apache-2.0
#include "node/actor/supervision.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace wattring::actor {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

FailureHistory failures_at(std::initializer_list<std::int64_t> seconds) {
  FailureHistory history;
  for (const std::int64_t second : seconds) history.record(second * kSecond, 60'000);
  return history;
}

Strategy exact_backoff(std::uint32_t failures_max) {
  Strategy strategy;
  strategy.failures_max = failures_max;
  strategy.backoff = {100, 1'000, 2.0, 0.0};
  return strategy;
}

TEST(Decide, AFirstFailureIsARestartAfterTheFirstDelay) {
  const Decision decision = decide(exact_backoff(3), failures_at({1}), {}, kSecond, 0.5);
  EXPECT_EQ(decision.directive, Directive::restart);
  EXPECT_EQ(decision.delay_ms, 100);
  EXPECT_FALSE(decision.siblings_too);
  EXPECT_EQ(decision.failures, 1U);
}

TEST(Decide, EachFurtherFailureInTheWindowDoublesTheDelayUpToTheMaximum) {
  const Strategy strategy = exact_backoff(10);
  EXPECT_EQ(decide(strategy, failures_at({1, 2}), {}, 2 * kSecond, 0.5).delay_ms, 200);
  EXPECT_EQ(decide(strategy, failures_at({1, 2, 3}), {}, 3 * kSecond, 0.5).delay_ms, 400);
  EXPECT_EQ(decide(strategy, failures_at({1, 2, 3, 4, 5, 6}), {}, 6 * kSecond, 0.5).delay_ms, 1'000);
}

TEST(Decide, MoreFailuresThanAllowedInTheWindowStopTheChild) {
  EXPECT_EQ(decide(exact_backoff(2), failures_at({1, 2}), {}, 2 * kSecond, 0).directive, Directive::restart);
  EXPECT_EQ(decide(exact_backoff(2), failures_at({1, 2, 3}), {}, 3 * kSecond, 0).directive, Directive::stop);
}

TEST(Decide, AnExhaustedStrategyEscalatesWhenItSaysSo) {
  Strategy strategy = exact_backoff(0);
  strategy.exhausted = Directive::escalate;
  EXPECT_EQ(decide(strategy, failures_at({1}), {}, kSecond, 0).directive, Directive::escalate);
}

TEST(Decide, FailuresOlderThanTheWindowDoNotCount) {
  const Decision decision = decide(exact_backoff(2), failures_at({1, 2, 100}), {}, 100 * kSecond, 0);
  EXPECT_EQ(decision.directive, Directive::restart);
  EXPECT_EQ(decision.failures, 1U);
  EXPECT_EQ(decision.delay_ms, 100);
}

TEST(Decide, TheChooserSeesTheFailureAndResumeIsNeverExhausted) {
  Strategy strategy = exact_backoff(0);
  strategy.choose = [](const Failure& failure) {
    return failure.what == "harmless" ? Directive::resume : Directive::restart;
  };
  const FailureHistory history = failures_at({1, 2, 3});
  EXPECT_EQ(decide(strategy, history, {"harmless", "", nullptr}, 3 * kSecond, 0).directive, Directive::resume);
  EXPECT_EQ(decide(strategy, history, {"other", "", nullptr}, 3 * kSecond, 0).directive, Directive::stop);
}

TEST(Decide, AllForOneConcernsSiblingsWhenStateEndsButNotOnResumeOrEscalate) {
  Strategy strategy = exact_backoff(5);
  strategy.scope = Scope::all_for_one;
  for (const Directive directive : {Directive::resume, Directive::restart, Directive::stop, Directive::escalate}) {
    strategy.choose = [directive](const Failure&) { return directive; };
    const bool ends_state = directive == Directive::restart || directive == Directive::stop;
    EXPECT_EQ(decide(strategy, failures_at({1}), {}, kSecond, 0).siblings_too, ends_state);
  }
}

TEST(Decide, AStrategyThatAllowsMoreThanTheHistoryRemembersStillEnds) {
  Strategy strategy = exact_backoff(1'000'000);
  FailureHistory history;
  for (std::size_t i = 0; i < FailureHistory::kLengthMax + 10; ++i) history.record(kSecond, 60'000);
  EXPECT_EQ(decide(strategy, history, {}, kSecond, 0).directive, Directive::stop);
}

TEST(Backoff, JitterMovesTheDelayBothWaysByItsShare) {
  const Backoff backoff{1'000, 10'000, 2.0, 0.2};
  EXPECT_EQ(backoff_delay_ms(backoff, 1, 0.0), 800);
  EXPECT_EQ(backoff_delay_ms(backoff, 1, 0.5), 1'000);
  EXPECT_EQ(backoff_delay_ms(backoff, 1, 1.0), 1'200);
}

TEST(Backoff, NoneIsNoDelay) {
  EXPECT_EQ(backoff_delay_ms(Backoff::none(), 7, 0.9), 0);
}

TEST(FailureHistory, ForgivesTheNewestFirstAndNoMoreThanThereAre) {
  FailureHistory history = failures_at({1, 50});
  history.forgive(1);
  EXPECT_EQ(history.within(2 * kSecond, 5'000), 1U);
  history.forgive(9);
  EXPECT_TRUE(history.empty());
}

TEST(Poison, IsReachedByTheLastAllowedFailure) {
  EXPECT_FALSE(is_poison(2, kPoisonAfterDefault));
  EXPECT_TRUE(is_poison(3, kPoisonAfterDefault));
}

TEST(CurrentFailure, TellsWhatAnExceptionSaysAndSurvivesWhatIsNone) {
  try {
    throw std::runtime_error("disk on fire");
  } catch (...) {
    const Failure failure = current_failure("Reading");
    EXPECT_EQ(failure.what, "disk on fire");
    EXPECT_EQ(failure.during, "Reading");
    EXPECT_TRUE(failure.cause != nullptr);
  }
  try {
    throw 42;
  } catch (...) {
    EXPECT_EQ(current_failure("x").what, "an exception that is no std::exception");
  }
}

}  // namespace
}  // namespace wattring::actor
