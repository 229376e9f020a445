// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/log.hpp"
#include "node/alert/sink.hpp"

namespace wattring::alert {

/// What sinks are told about the node.
struct SinkContext {
  std::string version;    ///< of wattring
  std::string generator;  ///< how links to alerts begin, before the id; empty = no links
  /// What an alert's rule says to people, for reminders; may be empty. Any thread.
  std::function<std::string(const Alert&)> summary_of;
  std::shared_ptr<Log> log;
};
[[nodiscard]] std::unique_ptr<Sink> make_sink(const SinkOptions& options, const SinkContext& context);

}  // namespace wattring::alert
