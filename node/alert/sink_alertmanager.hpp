// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "node/alert/http_post.hpp"
#include "node/alert/sink_make.hpp"

namespace wattring::alert {

/// POST /api/v2/alerts of a Prometheus Alertmanager. It forgets an alert that it does not hear of, and everything when
/// it loses its disk, so alerts that fire are told again and again.
class AlertmanagerSink final : public Sink {
 public:
  AlertmanagerSink(const SinkOptions& options, const SinkContext& context);
  Answer tell(const Notification& notification, std::int64_t wall_ms) override;
  std::int64_t remind_every_ms() const override { return options_.resend_ms; }
  Answer remind(std::span<const Alert> firing, std::int64_t wall_ms) override;
  void cancel() override { poster_.cancel(); }

 private:
  const SinkOptions options_;
  const SinkContext context_;
  HttpPoster poster_;
};

}  // namespace wattring::alert
