// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/metrics.hpp"
#include "node/http/exchange.hpp"
#include "node/http/query_door.hpp"

namespace wattring::http {

/// The node's listeners; empty when there is none.
struct NodeAddresses {
  std::string membership;
  std::string peers;
  std::string ingest;
  std::string http;
};

/// What the node says of itself: status, members, problems, probes, metrics, and what Influx clients ask first. Any
/// thread; the addresses are set before the first request.
class NodeApi {
 public:
  NodeApi(QueryDoor& door, const Metrics& metrics, std::string version)
      : door_(door), metrics_(metrics), version_(std::move(version)) {}
  void set_addresses(NodeAddresses addresses) { addresses_ = std::move(addresses); }

  /// Where to go from "/".
  [[nodiscard]] Response root() const;
  [[nodiscard]] Response status() const;
  [[nodiscard]] Response members() const;
  [[nodiscard]] Response problems() const;
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
  const Metrics& metrics_;
  const std::string version_;
  NodeAddresses addresses_;
};

}  // namespace wattring::http
