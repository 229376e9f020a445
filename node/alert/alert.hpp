// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "node/alert/rule.hpp"

/// An alert: what is on record of one episode, and the notification that tells a transition of it.

namespace wattring::alert {

/// FIRING with an acknowledgement shows as "acked". PENDING is not on record: it is derived.
enum class State : std::uint8_t { firing, resolved, retracted };

struct Alert {
  std::string id;  ///< 16 hex digits of hash(rule, meter, phase, onset window): the same wherever it is derived
  std::string rule;
  std::string meter;
  std::string phase;  ///< "", "L1", ...
  Severity severity = Severity::warn;
  State state = State::firing;
  std::int64_t onset_ms = 0;     ///< event time: first point that fired
  std::int64_t fired_ms = 0;     ///< event time: when the hold was over
  std::int64_t last_ms = 0;      ///< event time: last point that fired
  std::int64_t resolved_ms = 0;  ///< event time; 0 while firing
  std::int64_t peak = 0;         ///< farthest x
  std::uint64_t count = 0;       ///< points that fired
  bool flapping = false;
  std::string revision;  ///< "<count>.<8 hex digits>": same id and revision = same payload

  // Local decisions; outside the revision.
  bool told = false;          ///< its firing went to the outbox
  std::int64_t acked_ms = 0;  ///< wall clock; 0 = not acknowledged
  std::string acked_by;
  std::string ack_note;
  std::int64_t recorded_ms = 0;  ///< wall clock of the last change on record

  friend bool operator==(const Alert&, const Alert&) = default;
};

/// "firing", "acked", "resolved", "retracted".
[[nodiscard]] std::string_view state_name(const Alert& alert);

/// floor(onset to 15 min): episodes with the same one are one alert.
[[nodiscard]] std::int64_t onset_window(std::int64_t onset_ms);
[[nodiscard]] std::string alert_id(std::string_view rule, std::string_view meter, std::string_view phase,
                                   std::int64_t onset_ms);
/// Made of state, severity, flapping, onset, fired, last, resolved, peak and count.
[[nodiscard]] std::string revision_of(const Alert& alert);

/// What is kept in Table::alert. Grammar in alert.cpp; first byte is the version.
[[nodiscard]] std::string encode(const Alert& alert);
[[nodiscard]] Result<Alert> decode_alert(std::string_view bytes);

enum class Event : std::uint8_t { firing, resolved, retracted, acked };
[[nodiscard]] std::string_view to_string(Event event);

/// A row of Table::outbox: what one sink has to be told. It stays until the sink has taken it.
struct Notification {
  std::string sink;  ///< name of the sink
  Event event = Event::firing;
  Alert alert;
  std::string summary;          ///< of the rule
  std::int64_t created_ms = 0;  ///< wall clock
  friend bool operator==(const Notification&, const Notification&) = default;
};
[[nodiscard]] std::string encode(const Notification& notification);
[[nodiscard]] Result<Notification> decode_notification(std::string_view bytes);

}  // namespace wattring::alert
