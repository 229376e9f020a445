// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "node/actor/detail/worker.hpp"
#include "node/actor/scheduler.hpp"

namespace wattring::actor::detail {

/// Fires what is due, and sleeps until then.
class TimerThread {
 public:
  void start(const Clock& clock, TimerQueue& timers);
  void stop();

 private:
  void loop(const Clock& clock, TimerQueue& timers);

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  bool is_earlier_ = false;
  bool stopping_ = false;
  std::jthread thread_;
};

class ThreadScheduler final : public Scheduler {
 public:
  explicit ThreadScheduler(SchedulerOptions options);

  void start(const Clock& clock, TimerQueue& timers) override;
  void stop() override;
  void ready(Cell& cell) override;
  [[nodiscard]] std::int64_t coarse_now_ns() const override;

  // For workers.
  [[nodiscard]] Cell* steal(Worker& thief);
  void wake_one();
  [[nodiscard]] Sleepers& sleepers() { return sleepers_; }
  [[nodiscard]] std::uint32_t throughput() const { return options_.throughput; }

 private:
  [[nodiscard]] Worker& home_of(Cell& cell);
  [[nodiscard]] Worker& add_dedicated();
  /// For work from outside: somebody who sleeps, or the next in turn.
  [[nodiscard]] Worker& pick();

  const SchedulerOptions options_;
  const Clock* clock_ = nullptr;  ///< set by start()
  Sleepers sleepers_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::atomic<std::uint32_t> next_{0};
  TimerThread timer_thread_;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::vector<std::unique_ptr<Worker>> dedicated_;
  bool running_ = false;
};

}  // namespace wattring::actor::detail
