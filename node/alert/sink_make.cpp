// SPDX-License-Identifier: Apache-2.0
#include "node/alert/sink_make.hpp"

#include "node/alert/sink_alertmanager.hpp"
#include "node/alert/sink_log.hpp"
#include "node/alert/sink_webhook.hpp"

namespace wattring::alert {

std::unique_ptr<Sink> make_sink(const SinkOptions& options, const SinkContext& context) {
  switch (options.kind) {
    case SinkKind::webhook:
      return std::make_unique<WebhookSink>(options, context);
    case SinkKind::alertmanager:
      return std::make_unique<AlertmanagerSink>(options, context);
    case SinkKind::log:
      break;
  }
  return std::make_unique<LogSink>(context.log);
}

}  // namespace wattring::alert
