// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.hpp"
#include "node/http/alert_door.hpp"
#include "node/http/exchange.hpp"

namespace wattring::http {

/// Rules and profiles: what there is, new versions, and what a rule would have done. Any thread.
class RuleApi {
 public:
  static constexpr std::size_t kTrialRulesMax = 32;
  static constexpr std::int64_t kTrialDaysMax = 400;

  RuleApi(AlertDoor& door, const Clock& clock) : door_(door), clock_(clock) {}

  [[nodiscard]] Response rules(const Request& request) const;
  /// The body is a document of [[rule]] and [[profile]]; all of it or nothing is applied.
  [[nodiscard]] Response apply(const Request& request) const;
  /// The body is such a document; its rules are tried on recorded readings, as if they had counted all the time.
  [[nodiscard]] Response test(const Request& request) const;

 private:
  AlertDoor& door_;
  const Clock& clock_;
};

}  // namespace wattring::http
