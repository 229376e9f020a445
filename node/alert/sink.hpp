// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/http_url.hpp"
#include "base/time.hpp"
#include "node/alert/alert.hpp"

/// What a sink is: somebody who is told about alerts. docs/operations/alerts-delivery.md is for people.

namespace wattring::alert {

enum class SinkKind : std::uint8_t { webhook, alertmanager, log };

struct SinkOptions {
  std::string name;
  SinkKind kind = SinkKind::log;
  HttpUrl url{};             ///< webhook: where to POST; alertmanager: its base, without /api/v2
  std::string token_file{};  ///< its first line is the bearer token; read at each request; empty = none
  std::int64_t timeout_ms = 5 * kMsPerSecond;  ///< to connect, and for each wait for bytes
  Severity min_severity = Severity::info;
  std::int64_t resend_ms = kMsPerMinute;      ///< alertmanager: firing alerts are told again this often
  std::int64_t give_up_after_ms = kMsPerDay;  ///< a notification that is older and still fails is a dead letter
};
/// Whether the sink is told about this alert at all.
[[nodiscard]] inline bool wants(const SinkOptions& sink, const Alert& alert) {
  return alert.severity >= sink.min_severity;
}

/// What came of telling.
struct Answer {
  enum class Kind : std::uint8_t {
    taken,        ///< told for certain
    sink_failed,  ///< the sink takes nothing now: not reached, busy, does not accept our token
    row_failed,   ///< not certain, or not now, and it may be because of what was sent: no answer, cut off, 5xx
    refused       ///< never: the same again would be refused again
  };
  Kind kind = Kind::taken;
  std::int64_t retry_after_ms = 0;  ///< what the sink asked for; 0 = nothing
  std::string text;                 ///< for people: what was answered
};

/// One thread, but for cancel().
class Sink {
 public:
  virtual ~Sink() = default;
  /// wall_ms: now.
  [[nodiscard]] virtual Answer tell(const Notification& notification, std::int64_t wall_ms) = 0;
  /// How often remind() is wanted; 0 = never.
  [[nodiscard]] virtual std::int64_t remind_every_ms() const { return 0; }
  /// These are all that fire now.
  [[nodiscard]] virtual Answer remind(std::span<const Alert> /*firing*/, std::int64_t /*wall_ms*/) { return {}; }
  /// Any thread. Ends a call of tell() or remind() that waits for the sink; it then gives row_failed.
  virtual void cancel() {}
};

}  // namespace wattring::alert
