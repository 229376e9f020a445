// SPDX-License-Identifier: Apache-2.0
#include "node/actor/detail/worker.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "node/actor/detail/cell.hpp"
#include "node/actor/detail/thread_scheduler.hpp"

namespace wattring::actor::detail {
namespace {

thread_local Worker* current_worker = nullptr;

constexpr std::uint32_t kClockEverySlices = 16;
constexpr std::uint32_t kStolenMax = 64;
constexpr std::chrono::milliseconds kLookAround{1};

}  // namespace

void RunList::push_back(Cell& cell) {
  cell.run_next_ = nullptr;
  if (last_ == nullptr) {
    first_ = &cell;
  } else {
    last_->run_next_ = &cell;
  }
  last_ = &cell;
}

Cell* RunList::pop_front() {
  Cell* cell = first_;
  if (cell == nullptr) return nullptr;
  first_ = cell->run_next_;
  if (first_ == nullptr) last_ = nullptr;
  return cell;
}

Worker* Worker::current() {
  return current_worker;
}

void Worker::launch(const Clock& clock) {
  thread_ = std::jthread([this, &clock] { loop(clock); });
}

void Worker::request_stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  woken_.notify_one();
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::push(Cell& cell, Lane lane) {
  const std::lock_guard lock(mutex_);
  lanes_[static_cast<std::size_t>(lane)].push_back(cell);
  if (lane == Lane::shared) shared_size_.fetch_add(1, std::memory_order_relaxed);
  if (asleep_.exchange(false, std::memory_order_relaxed)) woken_.notify_one();
}

void Worker::push_own(Cell& cell) {
  std::uint32_t before = 0;
  {
    const std::lock_guard lock(mutex_);
    lanes_[static_cast<std::size_t>(Lane::shared)].push_back(cell);
    before = shared_size_.load(std::memory_order_relaxed);
    shared_size_.store(before + 1, std::memory_order_relaxed);
  }
  const Sleepers& sleepers = scheduler_.sleepers();
  // One alone is what this worker does next, unless the actor that runs now takes long; then whoever looks around finds
  // it.
  const auto& relevant = before > 0 ? sleepers.asleep : sleepers.deep;
  if (relevant.load() > 0) scheduler_.wake_one();
}

Cell* Worker::give(Worker& thief) {
  if (shared_size_.load(std::memory_order_relaxed) == 0) return nullptr;
  RunList taken;
  std::uint32_t count = 0;
  Cell* first = nullptr;
  {
    const std::lock_guard lock(mutex_);
    RunList& shared = lanes_[static_cast<std::size_t>(Lane::shared)];
    const std::uint32_t size = shared_size_.load(std::memory_order_relaxed);
    const std::uint32_t half = std::min((size + 1) / 2, kStolenMax);
    while (count < half) {
      Cell* cell = shared.pop_front();
      ++count;
      if (first == nullptr) {
        first = cell;
      } else {
        taken.push_back(*cell);
      }
    }
    shared_size_.store(size - count, std::memory_order_relaxed);
  }
  while (Cell* cell = taken.pop_front()) thief.push_own(*cell);
  return first;
}

bool Worker::wake() {
  const std::lock_guard lock(mutex_);
  if (!asleep_.exchange(false, std::memory_order_relaxed)) return false;
  woken_.notify_one();
  return true;
}

Cell* Worker::next() {
  const std::lock_guard lock(mutex_);
  if (stopping_) return nullptr;
  if (Cell* urgent = lanes_[static_cast<std::size_t>(Lane::urgent)].pop_front()) return urgent;
  RunList& pinned = lanes_[static_cast<std::size_t>(Lane::pinned)];
  RunList& shared = lanes_[static_cast<std::size_t>(Lane::shared)];
  const bool pinned_first = ++turn_ % 2 == 0 || shared.empty();
  if (Cell* cell = pinned_first ? pinned.pop_front() : nullptr) return cell;
  Cell* cell = shared.pop_front();
  if (cell != nullptr) shared_size_.store(shared_size_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  return cell;
}

bool Worker::park() {
  Sleepers& sleepers = scheduler_.sleepers();
  std::unique_lock lock(mutex_);
  if (stopping_) return false;
  for (const RunList& lane : lanes_) {
    if (!lane.empty()) return true;
  }
  asleep_.store(true, std::memory_order_relaxed);
  const auto is_woken = [this] { return stopping_ || !asleep_.load(std::memory_order_relaxed); };
  if (dedicated_) {
    woken_.wait(lock, is_woken);
    return !stopping_;
  }
  sleepers.active.fetch_sub(1);
  sleepers.asleep.fetch_add(1);
  // In this order: whoever becomes active now either is seen here, or sees us.
  sleepers.deep.fetch_add(1);
  if (sleepers.active.load() > 0) {
    sleepers.deep.fetch_sub(1);
    woken_.wait_for(lock, kLookAround, is_woken);
  } else {
    woken_.wait(lock, is_woken);
    sleepers.deep.fetch_sub(1);
  }
  asleep_.store(false, std::memory_order_relaxed);
  sleepers.asleep.fetch_sub(1);
  sleepers.active.fetch_add(1);
  return !stopping_;
}

void Worker::run(Cell& cell) {
  // After idle and ended the cell belongs to others.
  switch (cell.run(scheduler_.throughput())) {
    case Cell::RunResult::idle:
      return;
    case Cell::RunResult::ended:
      if (dedicated_) finished_.store(true, std::memory_order_release);
      return;
    case Cell::RunResult::again:
      scheduler_.ready(cell);
      return;
  }
}

void Worker::loop(const Clock& clock) {
  current_worker = this;
  if (!dedicated_) scheduler_.sleepers().active.fetch_add(1);
  std::uint32_t slices = 0;
  now_ns_ = clock.monotonic_ns();
  while (!finished()) {
    Cell* cell = next();
    if (cell == nullptr && !dedicated_) cell = scheduler_.steal(*this);
    if (cell == nullptr) {
      if (!park()) return;
      now_ns_ = clock.monotonic_ns();
      continue;
    }
    if (++slices % kClockEverySlices == 0) now_ns_ = clock.monotonic_ns();
    run(*cell);
  }
}

}  // namespace wattring::actor::detail
