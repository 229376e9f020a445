// SPDX-License-Identifier: Apache-2.0
#include "node/actor/supervision.hpp"

#include <algorithm>
#include <cmath>

#include "base/units.hpp"

namespace wattring::actor {

void FailureHistory::record(std::int64_t now_ns, std::int64_t window_ms) {
  std::erase_if(at_ns_, [&](std::int64_t at_ns) { return now_ns - at_ns > window_ms * kNsPerMs; });
  if (at_ns_.size() == kLengthMax) at_ns_.erase(at_ns_.begin());
  at_ns_.push_back(now_ns);
}

void FailureHistory::forgive(std::size_t n) {
  at_ns_.resize(at_ns_.size() - std::min(n, at_ns_.size()));
}

std::size_t FailureHistory::within(std::int64_t now_ns, std::int64_t window_ms) const {
  const auto is_recent = [&](std::int64_t at_ns) { return now_ns - at_ns <= window_ms * kNsPerMs; };
  return static_cast<std::size_t>(std::ranges::count_if(at_ns_, is_recent));
}

std::int64_t backoff_delay_ms(const Backoff& backoff, std::size_t restart, double random) {
  const double exponent = static_cast<double>(restart > 0 ? restart - 1 : 0);
  const double grown = static_cast<double>(backoff.first_ms) * std::pow(backoff.factor, exponent);
  const double capped = std::min(grown, static_cast<double>(backoff.max_ms));
  return std::llround(capped * (1.0 + backoff.jitter * (2.0 * random - 1.0)));
}

Decision decide(const Strategy& strategy, const FailureHistory& history, const Failure& failure, std::int64_t now_ns,
                double random) {
  Decision decision;
  decision.directive = strategy.choose ? strategy.choose(failure) : Directive::restart;
  decision.failures = history.within(now_ns, strategy.window_ms);
  // The history's own bound counts as exhausted, whatever the strategy allows.
  const std::size_t allowed = std::min<std::size_t>(strategy.failures_max, FailureHistory::kLengthMax - 1);
  if (decision.directive == Directive::restart && decision.failures > allowed) {
    decision.directive = strategy.exhausted == Directive::escalate ? Directive::escalate : Directive::stop;
  }
  if (decision.directive == Directive::restart) {
    decision.delay_ms = backoff_delay_ms(strategy.backoff, decision.failures, random);
  }
  const bool ends_state = decision.directive == Directive::restart || decision.directive == Directive::stop;
  decision.siblings_too = strategy.scope == Scope::all_for_one && ends_state;
  return decision;
}

Failure current_failure(std::string during) {
  Failure failure{{}, std::move(during), std::current_exception()};
  try {
    throw;
  } catch (const std::exception& error) {
    failure.what = error.what();
  } catch (...) {
    failure.what = "an exception that is no std::exception";
  }
  return failure;
}

}  // namespace wattring::actor
