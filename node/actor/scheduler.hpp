// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "base/time.hpp"
#include "node/actor/timers.hpp"

namespace wattring::actor {

namespace detail {
class Cell;
}

/// Who runs actors that have something to do, and who fires timers. One a System.
class Scheduler {
 public:
  virtual ~Scheduler() = default;
  virtual void start(const Clock& clock, TimerQueue& timers) = 0;
  /// Returns when no actor runs any more and all threads have ended. What is still queued stays unprocessed.
  virtual void stop() = 0;
  /// A scheduler without threads runs all that is ready on the caller's; false when it has threads.
  virtual bool run_inline() { return false; }
  /// The cell has work, and nobody else has it queued or runs it. Any thread.
  virtual void ready(detail::Cell& cell) = 0;
  /// The time of the current slice of work: cheap, and late by at most that slice. Any thread.
  [[nodiscard]] virtual std::int64_t coarse_now_ns() const = 0;
};

struct SchedulerOptions {
  std::uint32_t workers = 0;      ///< threads; 0: one a core
  std::uint32_t throughput = 64;  ///< messages an actor may process before others get their turn; >= 1
};

/// Worker threads with a queue each; who has nothing takes from others, and sleeps when there is nothing at all.
[[nodiscard]] std::unique_ptr<Scheduler> make_thread_scheduler(SchedulerOptions options = {});

}  // namespace wattring::actor
