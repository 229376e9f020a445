// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "node/ctl/session.hpp"

/// The verbs about alerts and silences.

namespace wattring::ctl {

struct AlertsArguments {
  bool history = false;
  std::string state;  ///< empty = every one that is open, or any with history
  std::string rule;   ///< pattern
  std::string meter;  ///< pattern
  std::string from;   ///< of the onset
  std::string to;
  std::int64_t limit = 1000;
};
[[nodiscard]] Outcome<Answer> alerts(Session& session, const AlertsArguments& arguments);
/// No node is asked.
[[nodiscard]] Outcome<Answer> explain_rule(const std::string& kind);

struct AckArguments {
  std::string id;    ///< its first digits, at least 4
  std::string user;  ///< empty = who runs the program
  std::string note;
};
[[nodiscard]] Outcome<Answer> acknowledge(Session& session, const AckArguments& arguments);

struct MuteArguments {
  std::string id;  ///< of an alert, whose rule and meter are taken; or empty
  std::string rule;
  std::string meter;
  std::string from;    ///< empty = now
  std::string until;   ///< either this
  std::string length;  ///< or this: "2h"
  std::string by;      ///< empty = who runs the program
  std::string why;
};
[[nodiscard]] Outcome<Answer> mute(Session& session, const MuteArguments& arguments);
[[nodiscard]] Outcome<Answer> unmute(Session& session, const std::string& id);
[[nodiscard]] Outcome<Answer> silences(Session& session);

// What other verbs show of alerts.
inline constexpr std::size_t kShortIdDigits = 8;  ///< of 16: enough for people, and for the verbs that take an id
[[nodiscard]] std::string alerts_table(const Json& alerts, bool history, std::int64_t now_ms);
[[nodiscard]] Csv alerts_csv(const Json& alerts);
[[nodiscard]] std::string painted_severity(const std::string& severity, const Globals& globals);

}  // namespace wattring::ctl
