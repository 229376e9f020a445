// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/metrics.hpp"
#include "node/http/doors.hpp"
#include "node/http/exchange.hpp"
#include "node/http/node_seen.hpp"

namespace wattring::http {

/// What the node says of itself: status, problems, probes, metrics, and what Influx clients ask first. Any
/// thread; the addresses are set before the first request.
class NodeApi {
 public:
  NodeApi(QueryDoor& door, const Doors& doors, const Clock& clock, const Metrics& metrics, std::string version)
      : door_(door),
        cluster_(doors.cluster),
        shards_(doors.shards),
        clock_(clock),
        metrics_(metrics),
        version_(std::move(version)) {}
  void set_addresses(NodeAddresses addresses) { addresses_ = std::move(addresses); }

  /// Where to go from "/".
  [[nodiscard]] Response root() const;
  [[nodiscard]] Response status() const;
  [[nodiscard]] Response problems() const;
  /// tokens: what there is of them, without secrets.
  [[nodiscard]] Response facts(std::string_view tokens) const;
  [[nodiscard]] Response alive() const;
  [[nodiscard]] Response ready() const;
  [[nodiscard]] Response version() const;
  [[nodiscard]] Response metrics() const;
  [[nodiscard]] Response influx_ping(const Request& request) const;
  [[nodiscard]] Response influx_health() const;
  /// Influx collectors create their database at start; anything else is refused with where to ask instead.
  [[nodiscard]] Response influx_query(const Request& request) const;

 private:
  QueryDoor& door_;
  ClusterDoor* const cluster_;
  ShardDoor* const shards_;
  const Clock& clock_;
  const Metrics& metrics_;
  const std::string version_;
  NodeAddresses addresses_;
};

}  // namespace wattring::http
