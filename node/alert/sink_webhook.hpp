// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "node/alert/http_post.hpp"
#include "node/alert/sink_make.hpp"

namespace wattring::alert {

/// One POST for each notification; see webhook_body().
class WebhookSink final : public Sink {
 public:
  WebhookSink(const SinkOptions& options, const SinkContext& context);
  Answer tell(const Notification& notification, std::int64_t wall_ms) override;
  void cancel() override { poster_.cancel(); }

 private:
  HttpPoster poster_;
};

}  // namespace wattring::alert
