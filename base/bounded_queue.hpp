// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace wattring {

/// The only thing two threads share besides immutable snapshots. Bounded by count; memory is bounded by the bytes
/// budget of whoever admits the work. Any thread may call any method. After close() pushes are refused and pops
/// drain what is left.
template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  /// False when full or closed; the item is then untouched.
  [[nodiscard]] bool try_push(T&& item) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || items_.size() >= capacity_) return false;
      items_.push_back(std::move(item));
    }
    not_empty_.notify_one();
    return true;
  }

  /// Waits for room; false when closed.
  [[nodiscard]] bool push(T&& item) {
    {
      std::unique_lock lock(mutex_);
      not_full_.wait(lock, [&] { return closed_ || items_.size() < capacity_; });
      if (closed_) return false;
      items_.push_back(std::move(item));
    }
    not_empty_.notify_one();
    return true;
  }

  /// Waits for an item; nothing when closed and drained.
  [[nodiscard]] std::optional<T> pop() {
    std::optional<T> item;
    {
      std::unique_lock lock(mutex_);
      not_empty_.wait(lock, [&] { return closed_ || !items_.empty(); });
      if (items_.empty()) return std::nullopt;
      item.emplace(std::move(items_.front()));
      items_.pop_front();
    }
    not_full_.notify_one();
    return item;
  }

  /// As pop(), but gives up after the time-out.
  [[nodiscard]] std::optional<T> pop_for(std::chrono::milliseconds timeout) {
    std::optional<T> item;
    {
      std::unique_lock lock(mutex_);
      not_empty_.wait_for(lock, timeout, [&] { return closed_ || !items_.empty(); });
      if (items_.empty()) return std::nullopt;
      item.emplace(std::move(items_.front()));
      items_.pop_front();
    }
    not_full_.notify_one();
    return item;
  }

  /// Everything that is there now, without waiting.
  [[nodiscard]] std::vector<T> drain() {
    std::vector<T> taken;
    {
      const std::lock_guard lock(mutex_);
      taken.reserve(items_.size());
      for (T& item : items_) taken.push_back(std::move(item));
      items_.clear();
    }
    not_full_.notify_all();
    return taken;
  }

  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    not_empty_.notify_all();
    not_full_.notify_all();
  }

  /// Visits what waits, oldest first, under the lock: pushes and pops wait meanwhile.
  template <class Visit>
  void for_each(Visit&& visit) const {
    const std::lock_guard lock(mutex_);
    for (const T& item : items_) visit(item);
  }

  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return items_.size();
  }
  [[nodiscard]] bool closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
  }

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable not_empty_;
  std::condition_variable not_full_;
  // Guarded by mutex_.
  std::deque<T> items_;
  bool closed_ = false;
};

}  // namespace wattring
