// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.hpp"
#include "node/http/alert_door.hpp"
#include "node/http/exchange.hpp"
#include "node/http/peers_door.hpp"

namespace wattring::http {

/// The alerts of the whole cluster, on any node: asked of everybody and put together; acknowledged where they live.
/// Any thread.
class ClusterAlerts {
 public:
  static constexpr std::int64_t kAskMs = 4'000;
  static constexpr std::int64_t kAckMs = 10'000;

  /// peers may be null: there is nobody else.
  ClusterAlerts(AlertDoor& door, PeersDoor* peers, const Clock& clock) : door_(door), peers_(peers), clock_(clock) {}

  [[nodiscard]] Response alerts(const Request& request) const;
  [[nodiscard]] Response acknowledge(const Request& request, std::string_view id) const;

 private:
  AlertDoor& door_;
  PeersDoor* const peers_;
  const Clock& clock_;
};

}  // namespace wattring::http
