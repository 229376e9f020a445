// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/time.hpp"
#include "node/http/actor_api.hpp"
#include "node/http/alert_api.hpp"
#include "node/http/cluster_alerts.hpp"
#include "node/http/exchange.hpp"
#include "node/http/router.hpp"
#include "node/http/rule_api.hpp"

namespace wattring::http {

/// The operator's side: alerts, rules, actors, quarantine. Any thread.
class OperatorApi {
 public:
  /// door null: a node without alerts, which answers 503; peers null: there is nobody else.
  OperatorApi(AlertDoor* door, PeersDoor* peers, const Clock& clock) : door_(door), peers_(peers), clock_(clock) {}
  [[nodiscard]] Response handle(Target target, const Request& request, std::string_view id) const;

 private:
  AlertDoor* door_;
  PeersDoor* peers_;
  const Clock& clock_;
};

}  // namespace wattring::http
