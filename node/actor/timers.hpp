// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace wattring::actor {

/// A deadline and a number that makes it unique.
struct TimerId {
  std::int64_t due_ns = 0;
  std::uint64_t sequence = 0;
  friend auto operator<=>(const TimerId&, const TimerId&) = default;
};

/// What is due when. A passive table: the scheduler's thread, or a test, fires what is due. Any thread.
class TimerQueue {
 public:
  /// `fire` runs on the firing thread; it must be short and must not throw.
  TimerId add(std::int64_t due_ns, std::function<void()> fire);
  /// False when it fires right now or has fired.
  bool cancel(TimerId timer);
  /// Fires what is due, in order of deadline, and returns how many. One thread at a time.
  std::size_t fire_due(std::int64_t now_ns);
  [[nodiscard]] std::optional<std::int64_t> next_due_ns() const;
  [[nodiscard]] std::size_t size() const;
  /// Called, outside the lock, when a timer is added that is due before all others. Set before threads start.
  void on_earlier(std::function<void()> notify) { notify_ = std::move(notify); }
  /// Drops all without firing.
  void clear();

 private:
  std::function<void()> notify_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::map<TimerId, std::function<void()>> timers_;
  std::uint64_t next_sequence_ = 1;
};

}  // namespace wattring::actor
