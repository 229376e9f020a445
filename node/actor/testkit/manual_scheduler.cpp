// SPDX-License-Identifier: Apache-2.0
#include "node/actor/testkit/manual_scheduler.hpp"

#include "node/actor/detail/cell.hpp"

namespace wattring::actor::testkit {

void ManualScheduler::start(const Clock& clock, TimerQueue&) {
  clock_ = &clock;
}

void ManualScheduler::stop() {
  ready_.clear();
}

void ManualScheduler::ready(detail::Cell& cell) {
  ready_.push_back(&cell);
}

std::int64_t ManualScheduler::coarse_now_ns() const {
  return clock_ == nullptr ? 0 : clock_->monotonic_ns();
}

bool ManualScheduler::run_inline() {
  run_until_idle();
  return true;
}

bool ManualScheduler::run_one() {
  if (ready_.empty()) return false;
  detail::Cell* cell = ready_.front();
  ready_.pop_front();
  if (cell->run(1) == detail::Cell::RunResult::again) ready_.push_back(cell);
  return true;
}

std::size_t ManualScheduler::run_until_idle(std::size_t steps_max) {
  std::size_t steps = 0;
  while (steps < steps_max && run_one()) ++steps;
  return steps;
}

}  // namespace wattring::actor::testkit
