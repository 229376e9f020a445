// SPDX-License-Identifier: Apache-2.0
#include "node/http/submission.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace wattring::http {
namespace {

/// How often a wait looks whether the server stops; a reply ends it at once.
constexpr std::int64_t kCancelCheckMs = 200;

}  // namespace

struct Submission::Replies {
  struct Slot {
    std::uint64_t facts = 0;
    std::uint32_t lines_before = 0;
    std::optional<gateway::IngestReply> reply;
  };
  std::mutex mutex;
  std::condition_variable arrived;
  // Guarded by mutex; the oldest first. A deque keeps the slots where they are.
  std::deque<Slot> slots;
  std::size_t first = 0;  ///< slots before it are collected
  std::size_t in_flight = 0;
};

Submission::Submission(gateway::IngestDoor& door, const Clock& clock, std::int64_t wait_ms,
                       const std::atomic<bool>& cancelled)
    : door_(door),
      clock_(clock),
      until_ns_(clock.monotonic_ns() + wait_ms * 1'000'000),
      cancelled_(cancelled),
      replies_(std::make_shared<Replies>()) {}

void Submission::submit(gateway::Batch&& batch, std::uint32_t lines_before) {
  wait_for_room(kInFlightMax - 1);
  std::size_t index = 0;
  {
    const std::lock_guard lock(replies_->mutex);
    index = replies_->slots.size();
    replies_->slots.push_back({batch.facts().size(), lines_before, std::nullopt});
    ++replies_->in_flight;
  }
  door_.submit(std::move(batch), [replies = replies_, index](gateway::IngestReply&& reply) {
    const std::lock_guard lock(replies->mutex);
    replies->slots[index].reply = std::move(reply);
    --replies->in_flight;
    replies->arrived.notify_one();
  });
}

void Submission::wait_for_room(std::size_t in_flight_max) {
  std::unique_lock lock(replies_->mutex);
  while (replies_->in_flight > in_flight_max && !cancelled_.load(std::memory_order_relaxed)) {
    const std::int64_t left_ms = (until_ns_ - clock_.monotonic_ns()) / 1'000'000;
    if (left_ms <= 0) break;
    replies_->arrived.wait_for(lock, std::chrono::milliseconds(std::min(left_ms, kCancelCheckMs)));
  }
}

void Submission::collect() {
  const std::lock_guard lock(replies_->mutex);
  for (; replies_->first < replies_->slots.size(); ++replies_->first) {
    Replies::Slot& slot = replies_->slots[replies_->first];
    if (!slot.reply) return;
    outcome_.add(std::move(*slot.reply), slot.lines_before);
  }
}

bool Submission::stopped() {
  collect();
  return outcome_.total.turned_away || outcome_.total.unknown_total > 0 || clock_.monotonic_ns() >= until_ns_ ||
         cancelled_.load(std::memory_order_relaxed);
}

IngestOutcome Submission::finish() {
  wait_for_room(0);
  collect();
  const std::lock_guard lock(replies_->mutex);
  for (; replies_->first < replies_->slots.size(); ++replies_->first) {
    Replies::Slot& slot = replies_->slots[replies_->first];
    if (slot.reply) {
      outcome_.add(std::move(*slot.reply), slot.lines_before);
    } else {
      outcome_.total.unknown_total += slot.facts;
    }
  }
  return std::move(outcome_);
}

}  // namespace wattring::http
