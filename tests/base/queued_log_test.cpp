// SPDX-License-Identifier: Apache-2.0
#include "base/queued_log.hpp"

#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <vector>

namespace wattring {
namespace {

/// Stands still until it is let go.
class StuckLog final : public Log {
 public:
  void write(LogLevel /*level*/, std::string_view event, std::string_view message) override {
    go_on_.wait();
    const std::lock_guard lock(mutex_);
    lines.push_back(std::string(event) + ": " + std::string(message));
  }
  void let_go() { gate_.set_value(); }

  std::vector<std::string> lines;  // read when the writer is gone

 private:
  std::promise<void> gate_;
  std::shared_future<void> go_on_ = gate_.get_future().share();
  std::mutex mutex_;
};

TEST(QueuedLog, HandsLinesOnInTheirOrder) {
  const auto to = std::make_shared<StuckLog>();
  to->let_go();
  {
    QueuedLog log(to);
    log.info("a", "1");
    log.error("b", "2");
  }
  EXPECT_EQ(to->lines, (std::vector<std::string>{"a: 1", "b: 2"}));
}

TEST(QueuedLog, AWriterNeverWaitsAndIsToldWhatWasLost) {
  const auto to = std::make_shared<StuckLog>();
  {
    QueuedLog log(to);
    for (int i = 0; i < 5000; ++i) log.info("line", std::to_string(i));
    to->let_go();
  }
  constexpr std::string_view kDropped = "log_lines_dropped: ";
  std::size_t written = 0;
  std::size_t dropped = 0;
  for (const std::string& line : to->lines) {
    if (line.starts_with(kDropped)) {
      dropped += std::stoul(line.substr(kDropped.size()));
    } else {
      ++written;
    }
  }
  EXPECT_LE(written, 1001U);
  EXPECT_EQ(written + dropped, 5000U);
}

}  // namespace
}  // namespace wattring
