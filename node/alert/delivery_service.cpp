// SPDX-License-Identifier: Apache-2.0
#include "node/alert/delivery_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <thread>

#include "base/check.hpp"

namespace wattring::alert {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kWatchEveryMs = 500;
constexpr std::int64_t kStopPollMs = 20;
constexpr std::int64_t kSweepEveryMs = kMsPerMinute;
constexpr std::int64_t kRestartMinMs = 100;
constexpr std::int64_t kRestartMaxMs = 30 * kMsPerSecond;
constexpr std::size_t kPageRows = 256;

/// A request may take this long in all; a sink that sends a byte now and then would hold its thread for ever.
std::int64_t request_max_ms(const SinkOptions& sink) {
  return 2 * sink.timeout_ms + 2 * kMsPerSecond;
}

}  // namespace

class DeliveryService::Impl {
 public:
  Impl(Options options, DeliveryDoors doors) : options_(std::move(options)), doors_(std::move(doors)) {
    for (const SinkOptions& sink : options_.sinks) workers_.emplace_back(sink, options_.context, doors_.metrics);
  }
  ~Impl() { WATTRING_CHECK(threads_.empty()); }

  void start() {
    Prng prng(options_.seed);
    for (Worker& worker : workers_) {
      running_.fetch_add(1);
      threads_.emplace_back([this, &worker, mine = prng.fork()](const std::stop_token& stop) {
        work(worker, mine, stop);
        running_.fetch_sub(1);
      });
    }
    threads_.emplace_back([this](const std::stop_token& stop) { watch(stop); });
  }

  void stop() {
    for (std::jthread& thread : threads_) thread.request_stop();
    // Again and again: a request may begin just after it was cancelled.
    while (running_.load() > 0) {
      for (Worker& worker : workers_) worker.sink->cancel();
      std::unique_lock lock(mutex_);
      stopped_.wait_for(lock, std::chrono::milliseconds(kStopPollMs), [this] { return running_.load() == 0; });
    }
    threads_.clear();
  }

  void wake() {
    for (Worker& worker : workers_) worker.board.woken = true;
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }

  std::vector<SinkState> sink_states() const {
    std::vector<SinkState> states;
    for (const Worker& worker : workers_) states.push_back(worker.board.state());
    return states;
  }

 private:
  struct Worker {
    Worker(const SinkOptions& options, const SinkContext& context, Metrics& metrics)
        : board(options, metrics), sink(make_sink(options, context)) {}
    SinkBoard board;
    const std::unique_ptr<Sink> sink;
  };

  void work(Worker& worker, Prng prng, const std::stop_token& stop) {
    std::int64_t restart_ms = kRestartMinMs;
    while (!stop.stop_requested()) {
      try {
        run(worker, prng.fork(), stop);
      } catch (const std::exception& failure) {
        worker.board.failed(failure.what(), doors_.clock.wall_ms());
        doors_.log->error("alert_sink_failed",
                          fmt::format("sink {}: {}; started anew in {}", worker.board.options().name, failure.what(),
                                      format_duration_ms(restart_ms)));
        wait(stop, restart_ms, [] { return false; });
        restart_ms = std::min(2 * restart_ms, kRestartMaxMs);
      }
    }
  }

  void run(Worker& worker, Prng prng, const std::stop_token& stop) {
    SinkQueue::Options queue = options_.queue;
    queue.give_up_after_ms = worker.board.options().give_up_after_ms;
    SinkRunner runner(doors_, *worker.sink, worker.board, queue, prng);
    while (!stop.stop_requested()) {
      const std::int64_t idle_ms = runner.step();
      if (idle_ms > 0) wait(stop, idle_ms, [&worker] { return worker.board.woken.load(); });
    }
  }

  void watch(const std::stop_token& stop) {
    std::int64_t sweep_at_ms = mono_ms();
    while (!stop.stop_requested()) {
      for (Worker& worker : workers_) {
        const std::int64_t since = worker.board.busy_since_ms;
        if (since != 0 && mono_ms() - since > request_max_ms(worker.board.options())) worker.sink->cancel();
      }
      if (mono_ms() >= sweep_at_ms) {
        sweep_at_ms = mono_ms() + kSweepEveryMs;
        try {
          sweep();
        } catch (const std::exception& failure) {
          doors_.log->error("alert_sweep_failed", failure.what());
        }
      }
      wait(stop, kWatchEveryMs, [] { return false; });
    }
  }

  /// Rows of sinks that nobody configures any more.
  void sweep() {
    std::vector<std::uint64_t> orphans;
    std::uint64_t cursor = 0;
    while (true) {
      const auto rows = doors_.outbox.pending(cursor, kPageRows);
      if (!rows || rows->empty()) break;
      for (const OutboxRow& row : *rows) {
        const bool known = std::any_of(workers_.begin(), workers_.end(), [&row](const Worker& worker) {
          return worker.board.options().name == row.notification.sink;
        });
        const std::int64_t age_ms = doors_.clock.wall_ms() - row.notification.created_ms;
        if (!known && age_ms >= options_.orphans_after_ms) orphans.push_back(row.sequence);
      }
      cursor = rows->back().sequence + 1;
    }
    if (orphans.empty()) return;
    const auto written = doors_.outbox.dead(orphans);
    doors_.log->error(
        "alert_given_up",
        written ? fmt::format("{} notifications for sinks that are not configured: dead letters", orphans.size())
                : written.error().text());
  }

  template <class Awake>
  void wait(const std::stop_token& stop, std::int64_t ms, Awake awake) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, std::chrono::milliseconds(ms), awake);
  }

  std::int64_t mono_ms() const { return doors_.clock.monotonic_ns() / kNsPerMs; }

  const Options options_;
  const DeliveryDoors doors_;
  std::deque<Worker> workers_;
  std::vector<std::jthread> threads_;
  std::atomic<int> running_{0};
  std::mutex mutex_;  // for the waits alone; guards nothing
  std::condition_variable_any changed_;
  std::condition_variable stopped_;
};

DeliveryService::DeliveryService(Options options, DeliveryDoors doors)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(doors))) {}
DeliveryService::~DeliveryService() = default;

void DeliveryService::start() {
  impl_->start();
}
void DeliveryService::stop() {
  impl_->stop();
}
void DeliveryService::wake() {
  impl_->wake();
}
std::vector<SinkState> DeliveryService::sink_states() const {
  return impl_->sink_states();
}

}  // namespace wattring::alert
