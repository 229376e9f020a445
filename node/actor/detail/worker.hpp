// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "base/time.hpp"

namespace wattring::actor::detail {

class Cell;
class ThreadScheduler;

/// Cells that wait for a thread, linked through themselves.
class RunList {
 public:
  [[nodiscard]] bool empty() const { return first_ == nullptr; }
  void push_back(Cell& cell);
  [[nodiscard]] Cell* pop_front();

 private:
  Cell* first_ = nullptr;
  Cell* last_ = nullptr;
};

/// How many workers sleep, shared by all of a scheduler. A worker that sleeps while others work looks around once a
/// millisecond, since work may be stuck behind a slow actor; when all sleep, they sleep until they are woken.
struct Sleepers {
  std::atomic<std::int32_t> active{0};
  std::atomic<std::int32_t> asleep{0};
  std::atomic<std::int32_t> deep{0};  ///< of those asleep: without looking around
};

/// One thread and its queues. Bound cells (urgent and pinned) stay here; shared ones may be taken by idle workers.
class Worker {
 public:
  enum class Lane : std::uint8_t { urgent, pinned, shared };

  Worker(ThreadScheduler& scheduler, bool dedicated) : scheduler_(scheduler), dedicated_(dedicated) {}
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void launch(const Clock& clock);
  /// Ends after the slice it is at; then join by destroying it.
  void request_stop();
  void join();

  /// Any thread. Wakes the worker when it sleeps.
  void push(Cell& cell, Lane lane);
  /// This worker's own thread; wakes another one when there is more than this one will do next.
  void push_own(Cell& cell);
  /// Another worker's thread: takes half of the shared cells; returns the first and queues the rest at `thief`.
  [[nodiscard]] Cell* give(Worker& thief);
  /// Any thread: true when it was asleep and is not any more.
  bool wake();

  /// The worker whose thread this is; null for others.
  [[nodiscard]] static Worker* current();
  [[nodiscard]] const ThreadScheduler& scheduler() const { return scheduler_; }
  [[nodiscard]] bool dedicated() const { return dedicated_; }
  [[nodiscard]] bool asleep() const { return asleep_.load(std::memory_order_relaxed); }
  /// A dedicated worker whose actor has ended.
  [[nodiscard]] bool finished() const { return finished_.load(std::memory_order_acquire); }
  [[nodiscard]] std::int64_t now_ns() const { return now_ns_; }

 private:
  void loop(const Clock& clock);
  [[nodiscard]] Cell* next();
  /// False when the worker shall end.
  [[nodiscard]] bool park();
  void run(Cell& cell);

  ThreadScheduler& scheduler_;
  const bool dedicated_;
  std::jthread thread_;

  std::mutex mutex_;
  std::condition_variable woken_;
  // Guarded by mutex_; the atomics are read without it, as hints.
  std::array<RunList, 3> lanes_;
  std::atomic<std::uint32_t> shared_size_{0};
  std::atomic<bool> asleep_{false};
  bool stopping_ = false;

  // The worker's thread alone.
  std::int64_t now_ns_ = 0;
  std::uint32_t turn_ = 0;
  std::atomic<bool> finished_{false};
};

}  // namespace wattring::actor::detail
