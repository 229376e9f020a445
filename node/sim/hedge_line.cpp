// SPDX-License-Identifier: Apache-2.0
#include "node/sim/hedge_line.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/units.hpp"

namespace wattring::sim {
namespace {

constexpr std::int64_t kReconnectPauseNs = 200 * kNsPerMs;
constexpr std::int64_t kReceiveMs = 2;

}  // namespace

void ReplyBox::put(Arrived arrived) {
  {
    const std::lock_guard lock(mutex_);
    arrived_.push_back(std::move(arrived));
  }
  filled_.notify_one();
}

std::vector<ReplyBox::Arrived> ReplyBox::take(std::int64_t timeout_ns) {
  std::unique_lock lock(mutex_);
  filled_.wait_for(lock, std::chrono::nanoseconds(timeout_ns), [this] { return !arrived_.empty(); });
  return std::exchange(arrived_, {});
}

LineThread::LineThread(std::size_t index, HedgeLine line, std::int64_t reply_timeout_ms, const Clock& clock,
                       ReplyBox& box)
    : index_(index),
      line_(std::move(line)),
      reply_timeout_ns_(reply_timeout_ms * kNsPerMs),
      clock_(clock),
      box_(box),
      thread_([this] { run(); }) {}

LineThread::~LineThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  thread_.join();
}

void LineThread::submit(std::uint64_t ticket, SharedReadings readings) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back({ticket, std::move(readings), clock_.monotonic_ns()});
  }
  work_.notify_one();
}

void LineThread::answer(const Job& job, SendReply reply, bool unreachable) {
  reply.ticket = job.ticket;
  reply.promise.node = line_.node;
  box_.put({index_, std::move(reply), unreachable});
}

void LineThread::run() {
  while (wait_for_work()) {
    if (!sender_) connect();
    send_waiting();
    if (!sender_ || sent_.empty()) continue;
    receive();
    give_up_silent();
  }
}

bool LineThread::wait_for_work() {
  std::unique_lock lock(mutex_);
  if (sent_.empty()) work_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
  return !stopping_;
}

void LineThread::connect() {
  if (clock_.monotonic_ns() < not_before_ns_) return;
  auto made = line_.connect();
  if (made) {
    sender_ = std::move(*made);
  } else {
    not_before_ns_ = clock_.monotonic_ns() + kReconnectPauseNs;
  }
}

void LineThread::send_waiting() {
  while (true) {
    Job job;
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.empty()) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
    }
    // What had to wait behind others for too long is not sent any more.
    const bool stale = clock_.monotonic_ns() - job.sent_ns >= reply_timeout_ns_;
    if (sender_ && sender_->credit() == 0 && !stale) {
      const std::lock_guard lock(mutex_);
      waiting_.push_front(std::move(job));
      return;
    }
    if (stale) {
      answer(job, {}, true);
      continue;
    }
    if (sender_ && sender_->send(job.ticket, *job.readings)) {
      job.sent_ns = clock_.monotonic_ns();
      sent_.push_back(std::move(job));
      continue;
    }
    answer(job, {}, true);
    if (sender_) lose_all();
  }
}

void LineThread::receive() {
  for (SendReply& reply : sender_->receive(kReceiveMs)) {
    const auto found =
        std::find_if(sent_.begin(), sent_.end(), [&](const Job& job) { return job.ticket == reply.ticket; });
    if (found == sent_.end()) continue;
    const Job job = std::move(*found);
    sent_.erase(found);
    answer(job, std::move(reply), false);
  }
}

void LineThread::give_up_silent() {
  const std::int64_t now_ns = clock_.monotonic_ns();
  const bool silent = std::any_of(sent_.begin(), sent_.end(),
                                  [&](const Job& job) { return now_ns - job.sent_ns >= reply_timeout_ns_; });
  if (silent) lose_all();
}

void LineThread::lose_all() {
  sender_.reset();
  SendReply lost;
  lost.kind = SendReply::Kind::lost;
  for (const Job& job : std::exchange(sent_, {})) answer(job, lost, false);
}

}  // namespace wattring::sim
