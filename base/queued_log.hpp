// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "base/bounded_queue.hpp"
#include "base/log.hpp"

namespace wattring {

/// For threads that must not wait when whoever reads the log does not (a full pipe, a stopped terminal): lines are
/// handed to `to` by a thread of its own, in their order. What finds a thousand lines waiting is counted, and told of
/// with the next line that gets through. Any thread. The destructor waits until `to` has taken what was queued.
class QueuedLog final : public Log {
 public:
  explicit QueuedLog(std::shared_ptr<Log> to);
  ~QueuedLog() override;
  QueuedLog(const QueuedLog&) = delete;
  QueuedLog& operator=(const QueuedLog&) = delete;

  void write(LogLevel level, std::string_view event, std::string_view message) override;

 private:
  struct Line {
    LogLevel level;
    std::string event;
    std::string message;
  };
  void run();
  void tell_dropped();

  const std::shared_ptr<Log> to_;
  BoundedQueue<Line> lines_;
  std::atomic<std::uint64_t> dropped_{0};
  std::thread thread_;
};

}  // namespace wattring
