// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/result.hpp"

namespace wattring::app {

inline constexpr std::chrono::seconds kWorkerWait{10};

[[nodiscard]] inline Failure workers_are_busy() {
  return fail(ErrorCode::busy, "the node is still reading its journal, or has more queued than it can fold in 10 s",
              "ask again in a few seconds");
}

/// Waits for the value that a worker sets; nothing on time-out.
template <class T>
[[nodiscard]] std::optional<T> wait_for(std::future<T>& future) {
  if (future.wait_for(kWorkerWait) != std::future_status::ready) return std::nullopt;
  return future.get();
}

/// Collects what several visits on several threads find; done when as many have given as were expected.
template <class T>
class Gathering {
 public:
  explicit Gathering(std::size_t expected) : left_(expected), found_(done_.get_future()) {}
  void give(std::vector<T> part) {
    const std::lock_guard lock(mutex_);
    std::move(part.begin(), part.end(), std::back_inserter(all_));
    if (--left_ == 0) done_.set_value(std::move(all_));
  }
  [[nodiscard]] std::optional<std::vector<T>> wait() { return wait_for(found_); }

 private:
  std::mutex mutex_;
  // Guarded by mutex_.
  std::size_t left_;
  std::vector<T> all_;
  std::promise<std::vector<T>> done_;
  std::future<std::vector<T>> found_;
};

}  // namespace wattring::app
