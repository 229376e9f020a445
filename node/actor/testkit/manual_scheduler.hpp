// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "base/time.hpp"
#include "node/actor/scheduler.hpp"

namespace wattring::actor::testkit {

/// Time that stands still until it is told to go on. Wall and monotonic time go together.
class ManualClock final : public Clock {
 public:
  static constexpr std::int64_t kStartWallMs = 1'700'000'000'000;

  [[nodiscard]] std::int64_t wall_ms() const override { return kStartWallMs + now_ns_ / 1'000'000; }
  [[nodiscard]] std::int64_t monotonic_ns() const override { return now_ns_; }
  void set_ns(std::int64_t now_ns) { now_ns_ = now_ns; }

 private:
  std::int64_t now_ns_ = 1'000'000'000;
};

/// Runs actors on the thread that asks for it, one message at a time, first ready first served; pinned, urgent and
/// dedicated actors are treated alike. The same program gives the same order each time. One thread.
class ManualScheduler final : public Scheduler {
 public:
  void start(const Clock& clock, TimerQueue& timers) override;
  void stop() override;
  bool run_inline() override;
  void ready(detail::Cell& cell) override;
  [[nodiscard]] std::int64_t coarse_now_ns() const override;

  /// One message of one actor; false when none is ready.
  bool run_one();
  /// Until none is ready, at most `steps_max` messages; returns how many.
  std::size_t run_until_idle(std::size_t steps_max = 1'000'000);

 private:
  const Clock* clock_ = nullptr;
  std::deque<detail::Cell*> ready_;
};

}  // namespace wattring::actor::testkit
