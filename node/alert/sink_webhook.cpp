// SPDX-License-Identifier: Apache-2.0
#include "node/alert/sink_webhook.hpp"

#include "node/alert/payload.hpp"

namespace wattring::alert {

WebhookSink::WebhookSink(const SinkOptions& options, const SinkContext& context)
    : poster_({options.url, options.token_file, options.timeout_ms, "wattring/" + context.version}) {}

Answer WebhookSink::tell(const Notification& notification, std::int64_t wall_ms) {
  return poster_.post(webhook_body(notification, wall_ms), {{"Idempotency-Key", idempotency_key(notification)}});
}

}  // namespace wattring::alert
