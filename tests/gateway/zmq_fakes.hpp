// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "node/gateway/ingest_door.hpp"

/// A door that answers as the test wants it: at once, or when the test says so.

namespace wattring::gateway {

class FakeDoor final : public IngestDoor {
 public:
  struct Held {
    Batch batch;
    ReplyFunction reply;
  };
  /// Makes the reply to a batch; not set: everything is stored.
  std::function<IngestReply(const Batch&)> answer;
  std::atomic<bool> hold{false};
  AcceptWindow window{0, 4'000'000'000'000};

  void submit(Batch&& batch, ReplyFunction reply) override {
    if (hold) {
      const std::lock_guard lock(mutex_);
      held_.push_back({std::move(batch), std::move(reply)});
      return;
    }
    IngestReply answered = reply_to(batch);
    {
      const std::lock_guard lock(mutex_);
      taken_.push_back(std::move(batch));
    }
    reply(std::move(answered));
  }
  [[nodiscard]] AcceptWindow accept_window() const override { return window; }

  /// Answers what was held, on the calling thread; returns how many.
  std::size_t release() {
    std::vector<Held> held;
    {
      const std::lock_guard lock(mutex_);
      held.swap(held_);
    }
    for (Held& one : held) {
      IngestReply reply = reply_to(one.batch);
      {
        const std::lock_guard lock(mutex_);
        taken_.push_back(std::move(one.batch));
      }
      one.reply(std::move(reply));
    }
    return held.size();
  }
  [[nodiscard]] std::size_t held() const {
    const std::lock_guard lock(mutex_);
    return held_.size();
  }
  [[nodiscard]] std::vector<Batch> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(taken_, {});
  }
  [[nodiscard]] std::size_t taken() const {
    const std::lock_guard lock(mutex_);
    return taken_.size();
  }

 private:
  [[nodiscard]] IngestReply reply_to(const Batch& batch) const {
    if (answer) return answer(batch);
    IngestReply reply;
    reply.stored = batch.facts().size();
    reply.refusals = batch.refusals;
    reply.ack = AckClass::single;
    reply.copies = 1;
    reply.token = "token";
    return reply;
  }

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::vector<Held> held_;
  std::vector<Batch> taken_;
};

class FakeClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t wall_ms() const override { return 1'700'000'000'000 + monotonic_ns() / 1'000'000; }
  [[nodiscard]] std::int64_t monotonic_ns() const override { return now_ns_.load(); }
  void advance_ms(std::int64_t ms) { now_ns_ += ms * 1'000'000; }

 private:
  std::atomic<std::int64_t> now_ns_{1'000'000'000};
};

/// True as soon as the condition holds; false when it does not within the time. For what other threads do.
inline bool eventually(const std::function<bool()>& condition,
                       std::chrono::milliseconds within = std::chrono::seconds(20)) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace wattring::gateway
