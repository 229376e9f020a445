// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/log.hpp"
#include "node/alert/sink.hpp"

namespace wattring::alert {

/// One line a notification in the node's log, event "alert".
class LogSink final : public Sink {
 public:
  explicit LogSink(std::shared_ptr<Log> log) : log_(std::move(log)) {}
  Answer tell(const Notification& notification, std::int64_t wall_ms) override;

 private:
  const std::shared_ptr<Log> log_;
};

}  // namespace wattring::alert
