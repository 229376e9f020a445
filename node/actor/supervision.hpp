// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <vector>

namespace wattring::actor {

/// What becomes of whoever failed. resume keeps its state, restart rebuilds it, stop ends it, escalate makes its parent
/// fail with the same failure.
enum class Directive : std::uint8_t { resume, restart, stop, escalate };

/// Whom the directive concerns: the failed child alone, or all children of the same parent.
enum class Scope : std::uint8_t { one_for_one, all_for_one };

struct Failure {
  std::string what;                    ///< text for people: the exception's own
  std::string during;                  ///< the type of the message, or "start"
  std::exception_ptr cause = nullptr;  ///< may be empty: whoever is no actor fails without an exception
};

/// Delay before the n-th restart in a window: first_ms * factor^(n - 1), at most max_ms, then moved by up to
/// +-jitter of itself so that many who failed together do not come back together.
struct Backoff {
  std::int64_t first_ms = 100;
  std::int64_t max_ms = 30'000;  ///< the delay before jitter; >= first_ms
  double factor = 2.0;           ///< >= 1
  double jitter = 0.2;           ///< in [0, 1]

  static Backoff none() { return {0, 0, 1.0, 0.0}; }
};

/// A parent's rule for its children. The default: restart with backoff, up to 10 failures a minute, then stop.
struct Strategy {
  Scope scope = Scope::one_for_one;
  std::function<Directive(const Failure&)> choose;  ///< pure, never throws; empty: always restart
  std::uint32_t failures_max = 10;                  ///< in one window; one more and `exhausted` holds
  std::int64_t window_ms = 60'000;
  Directive exhausted = Directive::stop;  ///< stop or escalate
  Backoff backoff{};
};

/// When somebody failed, newest last. A value without locks, owned by the supervisor; 24 bytes while nothing failed.
class FailureHistory {
 public:
  static constexpr std::size_t kLengthMax = 64;

  /// Remembers a failure and forgets those older than the window; the oldest goes when kLengthMax are kept.
  void record(std::int64_t now_ns, std::int64_t window_ms);
  /// Takes the newest n back: a quarantined message was to blame, not the actor.
  void forgive(std::size_t n);
  [[nodiscard]] std::size_t within(std::int64_t now_ns, std::int64_t window_ms) const;
  [[nodiscard]] bool empty() const { return at_ns_.empty(); }

 private:
  std::vector<std::int64_t> at_ns_;
};

struct Decision {
  Directive directive = Directive::stop;
  std::int64_t delay_ms = 0;  ///< for restart only
  bool siblings_too = false;  ///< all-for-one, and the directive is restart or stop
  std::size_t failures = 0;   ///< in the window, this one included
};

/// Pure. The history already holds the failure at now_ns; `random` is uniform in [0, 1).
[[nodiscard]] Decision decide(const Strategy& strategy, const FailureHistory& history, const Failure& failure,
                              std::int64_t now_ns, double random);

/// Pure. The delay before restart number `restart` (1 is the first) in a window.
[[nodiscard]] std::int64_t backoff_delay_ms(const Backoff& backoff, std::size_t restart, double random);

/// Pure. Whether a message that has failed `failures` times is set aside instead of tried again.
[[nodiscard]] constexpr bool is_poison(std::uint32_t failures, std::uint32_t poison_after) {
  return failures >= poison_after;
}
inline constexpr std::uint32_t kPoisonAfterDefault = 3;

/// The failure that an exception is; must be called inside a catch block.
[[nodiscard]] Failure current_failure(std::string during);

}  // namespace wattring::actor
