// SPDX-License-Identifier: Apache-2.0
#include "node/alert/sink_log.hpp"

#include "node/alert/payload.hpp"

namespace wattring::alert {

Answer LogSink::tell(const Notification& notification, std::int64_t /*wall_ms*/) {
  // Not as a warning: the log thins those out when they come often.
  log_->info("alert", log_line(notification));
  return {};
}

}  // namespace wattring::alert
