// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/json_writer.hpp"
#include "node/alert/alert.hpp"

/// Alerts and notifications as JSON and as text. Documented field by field in docs/operations/alerts-delivery.md. Pure.

namespace wattring::alert {

/// One object: an alert as the HTTP API and every sink show it.
void write_alert(JsonWriter& json, const Alert& alert);
/// Member `name`: RFC 3339, or null when it is 0.
void write_time(JsonWriter& json, std::string_view name, std::int64_t time_ms);

/// "ID:REVISION"; for an acknowledgement, which has no revision of its own, "ID:REVISION:acked:TIME". The same key
/// always stands for the same event and alert.
[[nodiscard]] std::string idempotency_key(const Notification& notification);

/// The body of a webhook. sent_ms: wall clock of this attempt, the only part that differs between repeats.
[[nodiscard]] std::string webhook_body(const Notification& notification, std::int64_t sent_ms);

/// An alert and what its rule says about it to people; may be empty.
struct Told {
  const Alert* alert = nullptr;
  std::string_view summary;
};
/// The body of POST /api/v2/alerts of an Alertmanager. Firing alerts are told again every resend_ms; unheard of for
/// four times that, they end there. generator: how links to alerts begin, before the id; empty = no link.
[[nodiscard]] std::string alertmanager_body(std::span<const Told> alerts, std::int64_t now_ms, std::int64_t resend_ms,
                                            std::string_view generator);

/// "event=firing id=... rule=\"...\" ..." in one line.
[[nodiscard]] std::string log_line(const Notification& notification);

}  // namespace wattring::alert
