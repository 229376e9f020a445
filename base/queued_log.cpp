// SPDX-License-Identifier: Apache-2.0
#include "base/queued_log.hpp"

#include <utility>

namespace wattring {
namespace {

constexpr std::size_t kLinesMax = 1000;

}  // namespace

QueuedLog::QueuedLog(std::shared_ptr<Log> to) : to_(std::move(to)), lines_(kLinesMax), thread_([this] { run(); }) {}

QueuedLog::~QueuedLog() {
  lines_.close();
  thread_.join();
}

void QueuedLog::write(LogLevel level, std::string_view event, std::string_view message) {
  if (!lines_.try_push({level, std::string(event), std::string(message)})) ++dropped_;
}

void QueuedLog::run() {
  while (const auto line = lines_.pop()) {
    tell_dropped();
    to_->write(line->level, line->event, line->message);
  }
  tell_dropped();
}

void QueuedLog::tell_dropped() {
  if (const std::uint64_t dropped = dropped_.exchange(0); dropped != 0)
    to_->warn("log_lines_dropped", std::to_string(dropped) + " lines, because the reader of this log stood still");
}

}  // namespace wattring
