// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "node/http/exchange.hpp"
#include "node/http/token.hpp"

/// Which handler a request goes to.

namespace wattring::http {

enum class Target {
  readings_in,
  line_v1,
  line_v2,
  telegrams_in,
  meters,
  meter_add,
  meter,
  readings,
  intervals,
  erasure,
  erase,
  status,
  facts,
  members,
  events,
  leave,
  shards,
  shard,
  promises,
  ring,
  ring_plan,
  ring_commit,
  drain,
  resume,
  backup_part,
  restore_readings,
  restore_rows,
  problems,
  alerts,
  alert_ack,
  silences,
  silence_add,
  silence_remove,
  rules,
  rules_apply,
  rules_test,
  actors,
  actor_resume,
  quarantine,
  quarantine_release,
  quarantine_drop,
  root,
  livez,
  readyz,
  healthz,
  clusterz,
  metrics,
  version,
  influx_ping,
  influx_health,
  influx_query,
};

struct Route {
  std::string_view method;  ///< a HEAD goes where a GET goes
  std::string_view path;    ///< template; "{id}" takes one segment
  Target target;
  Role role;  ///< what the caller's token must allow, on a node that asks for tokens
};
[[nodiscard]] std::span<const Route> routes();

struct Match {
  static constexpr std::size_t kNone = ~std::size_t{0};
  std::size_t route = kNone;  ///< index into routes()
  std::string id;             ///< what stood for "{id}", decoded
  Response refusal;           ///< 404, 405 or 400 when there is no route
};
[[nodiscard]] Match find_route(std::string_view method, std::string_view path);

}  // namespace wattring::http
