// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/time.hpp"
#include "node/http/alert_door.hpp"
#include "node/http/exchange.hpp"

namespace wattring::http {

/// Alerts and silences. Any thread.
class AlertApi {
 public:
  static constexpr std::size_t kAlertsDefault = 1'000;
  static constexpr std::size_t kAlertsMax = 10'000;
  static constexpr std::int64_t kSilenceDaysMax = 366;

  AlertApi(AlertDoor& door, const Clock& clock) : door_(door), clock_(clock) {}

  /// What a request for alerts asks for, and which id stands in a path.
  [[nodiscard]] static Result<AlertQuery> query_of(const Request& request);
  [[nodiscard]] static Result<std::string> id_of(std::string_view text);

  [[nodiscard]] Response alerts(const Request& request) const;
  [[nodiscard]] Response acknowledge(const Request& request, std::string_view id) const;
  [[nodiscard]] Response silences(const Request& request) const;
  [[nodiscard]] Response silence(const Request& request) const;
  [[nodiscard]] Response unsilence(const Request& request, std::string_view id) const;

 private:
  AlertDoor& door_;
  const Clock& clock_;
};

}  // namespace wattring::http
