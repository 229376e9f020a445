// SPDX-License-Identifier: Apache-2.0
#include "node/actor/timers.hpp"

namespace wattring::actor {

TimerId TimerQueue::add(std::int64_t due_ns, std::function<void()> fire) {
  TimerId timer{due_ns, 0};
  bool is_first = false;
  {
    const std::lock_guard lock(mutex_);
    timer.sequence = next_sequence_++;
    const auto [entry, added] = timers_.emplace(timer, std::move(fire));
    is_first = entry == timers_.begin();
  }
  if (is_first && notify_) notify_();
  return timer;
}

bool TimerQueue::cancel(TimerId timer) {
  std::function<void()> dropped;  // destroyed after the lock: it may hold the last handle of something
  const std::lock_guard lock(mutex_);
  const auto found = timers_.find(timer);
  if (found == timers_.end()) return false;
  dropped = std::move(found->second);
  timers_.erase(found);
  return true;
}

std::size_t TimerQueue::fire_due(std::int64_t now_ns) {
  std::size_t fired = 0;
  while (true) {
    std::function<void()> fire;
    {
      const std::lock_guard lock(mutex_);
      const auto first = timers_.begin();
      if (first == timers_.end() || first->first.due_ns > now_ns) return fired;
      fire = std::move(first->second);
      timers_.erase(first);
    }
    fire();
    ++fired;
  }
}

std::optional<std::int64_t> TimerQueue::next_due_ns() const {
  const std::lock_guard lock(mutex_);
  if (timers_.empty()) return std::nullopt;
  return timers_.begin()->first.due_ns;
}

std::size_t TimerQueue::size() const {
  const std::lock_guard lock(mutex_);
  return timers_.size();
}

void TimerQueue::clear() {
  std::map<TimerId, std::function<void()>> dropped;
  const std::lock_guard lock(mutex_);
  dropped.swap(timers_);
}

}  // namespace wattring::actor
