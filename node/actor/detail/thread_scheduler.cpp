// SPDX-License-Identifier: Apache-2.0
#include "node/actor/detail/thread_scheduler.hpp"

#include <algorithm>
#include <chrono>

#include "node/actor/detail/cell.hpp"

namespace wattring::actor {
namespace detail {
namespace {

/// An hour: what is due later is looked at again, and no sum of times overflows.
constexpr std::int64_t kWaitNsMax = 3'600'000'000'000;

SchedulerOptions with_defaults(SchedulerOptions options) {
  if (options.workers == 0) options.workers = std::max(1U, std::thread::hardware_concurrency());
  options.throughput = std::max(1U, options.throughput);
  return options;
}

}  // namespace

void TimerThread::start(const Clock& clock, TimerQueue& timers) {
  timers.on_earlier([this] {
    const std::lock_guard lock(mutex_);
    is_earlier_ = true;
    changed_.notify_one();
  });
  thread_ = std::jthread([this, &clock, &timers] { loop(clock, timers); });
}

void TimerThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void TimerThread::loop(const Clock& clock, TimerQueue& timers) {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    is_earlier_ = false;
    lock.unlock();
    timers.fire_due(clock.monotonic_ns());
    const std::optional<std::int64_t> next_ns = timers.next_due_ns();
    lock.lock();
    const auto is_changed = [this] { return stopping_ || is_earlier_; };
    if (next_ns) {
      const std::int64_t wait_ns = std::min(*next_ns - clock.monotonic_ns(), kWaitNsMax);
      changed_.wait_for(lock, std::chrono::nanoseconds(wait_ns), is_changed);
    } else {
      changed_.wait(lock, is_changed);
    }
  }
}

ThreadScheduler::ThreadScheduler(SchedulerOptions options) : options_(with_defaults(options)) {
  for (std::uint32_t i = 0; i < options_.workers; ++i) workers_.push_back(std::make_unique<Worker>(*this, false));
}

void ThreadScheduler::start(const Clock& clock, TimerQueue& timers) {
  clock_ = &clock;
  timer_thread_.start(clock, timers);
  const std::lock_guard lock(mutex_);
  running_ = true;
  for (const auto& worker : workers_) worker->launch(clock);
  for (const auto& worker : dedicated_) worker->launch(clock);
}

void ThreadScheduler::stop() {
  timer_thread_.stop();
  std::vector<std::unique_ptr<Worker>> dedicated;
  {
    const std::lock_guard lock(mutex_);
    running_ = false;
    dedicated.swap(dedicated_);
  }
  for (const auto& worker : workers_) worker->request_stop();
  for (const auto& worker : dedicated) worker->request_stop();
  for (const auto& worker : workers_) worker->join();
  for (const auto& worker : dedicated) worker->join();
}

void ThreadScheduler::ready(Cell& cell) {
  const Dispatch& dispatch = cell.dispatch();
  if (dispatch.kind == Dispatch::Kind::shared && !dispatch.urgent) {
    Worker* here = Worker::current();
    if (here != nullptr && &here->scheduler() == this && !here->dedicated()) return here->push_own(cell);
    return pick().push(cell, Worker::Lane::shared);
  }
  home_of(cell).push(cell, dispatch.urgent ? Worker::Lane::urgent : Worker::Lane::pinned);
}

Worker& ThreadScheduler::home_of(Cell& cell) {
  if (cell.home_ == nullptr) {
    const Dispatch& dispatch = cell.dispatch();
    const std::uint64_t index = dispatch.kind == Dispatch::Kind::pinned ? dispatch.worker : cell.number();
    cell.home_ =
        dispatch.kind == Dispatch::Kind::dedicated ? &add_dedicated() : workers_[index % workers_.size()].get();
  }
  return *cell.home_;
}

Worker& ThreadScheduler::add_dedicated() {
  std::vector<std::unique_ptr<Worker>> finished;  // joined after the lock
  const std::lock_guard lock(mutex_);
  const auto first = std::stable_partition(dedicated_.begin(), dedicated_.end(),
                                           [](const auto& worker) { return !worker->finished(); });
  finished.assign(std::move_iterator(first), std::move_iterator(dedicated_.end()));
  dedicated_.erase(first, dedicated_.end());
  Worker& worker = *dedicated_.emplace_back(std::make_unique<Worker>(*this, true));
  if (running_) worker.launch(*clock_);
  return worker;
}

Worker& ThreadScheduler::pick() {
  if (sleepers_.asleep.load() > 0) {
    for (const auto& worker : workers_) {
      if (worker->asleep()) return *worker;
    }
  }
  return *workers_[next_.fetch_add(1, std::memory_order_relaxed) % workers_.size()];
}

std::int64_t ThreadScheduler::coarse_now_ns() const {
  const Worker* here = Worker::current();
  if (here != nullptr && &here->scheduler() == this) return here->now_ns();
  return clock_ == nullptr ? 0 : clock_->monotonic_ns();
}

Cell* ThreadScheduler::steal(Worker& thief) {
  for (const auto& worker : workers_) {
    if (worker.get() == &thief) continue;
    if (Cell* cell = worker->give(thief)) return cell;
  }
  return nullptr;
}

void ThreadScheduler::wake_one() {
  for (const auto& worker : workers_) {
    if (worker->asleep() && worker->wake()) return;
  }
}

}  // namespace detail

std::unique_ptr<Scheduler> make_thread_scheduler(SchedulerOptions options) {
  return std::make_unique<detail::ThreadScheduler>(options);
}

}  // namespace wattring::actor
