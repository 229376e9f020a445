// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>

namespace wattring::http {

/// Bytes that all request bodies in memory may take together. Any thread.
class BodyBudget {
 public:
  explicit BodyBudget(std::size_t bytes) : free_(bytes) {}

  /// A part of the budget, given back when it dies. One thread.
  class Share {
   public:
    explicit Share(BodyBudget& budget) : budget_(budget) {}
    ~Share() { shrink_to(0); }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    /// Makes the share at least that large; false, unchanged, when there is not enough left.
    [[nodiscard]] bool grow_to(std::size_t bytes) {
      if (bytes <= held_) return true;
      std::size_t free = budget_.free_.load(std::memory_order_relaxed);
      do {
        if (free < bytes - held_) return false;
      } while (!budget_.free_.compare_exchange_weak(free, free - (bytes - held_), std::memory_order_relaxed));
      held_ = bytes;
      return true;
    }
    void shrink_to(std::size_t bytes) {
      if (bytes >= held_) return;
      budget_.free_.fetch_add(held_ - bytes, std::memory_order_relaxed);
      held_ = bytes;
    }
    [[nodiscard]] std::size_t bytes() const { return held_; }

   private:
    BodyBudget& budget_;
    std::size_t held_ = 0;
  };

  [[nodiscard]] std::size_t free_bytes() const { return free_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> free_;
};

}  // namespace wattring::http
