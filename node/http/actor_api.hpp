// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/time.hpp"
#include "node/http/alert_door.hpp"
#include "node/http/exchange.hpp"

namespace wattring::http {

/// The tree of actors, what was quarantined for them, and meters that are expected. Any thread.
class ActorApi {
 public:
  static constexpr std::size_t kDepthDefault = 2;
  static constexpr std::size_t kDepthMax = 16;

  ActorApi(AlertDoor& door, const Clock& clock) : door_(door), clock_(clock) {}

  [[nodiscard]] Response actors(const Request& request) const;
  [[nodiscard]] Response resume(const Request& request) const;
  [[nodiscard]] Response quarantine(const Request& request) const;
  [[nodiscard]] Response release(const Request& request, std::string_view id) const;
  [[nodiscard]] Response drop(const Request& request, std::string_view id) const;
  [[nodiscard]] Response announce(const Request& request) const;

 private:
  AlertDoor& door_;
  const Clock& clock_;
};

}  // namespace wattring::http
