// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "node/http/cluster_door.hpp"
#include "node/http/exchange.hpp"
#include "node/http/shard_door.hpp"

namespace wattring::http {

/// The ring: what it is, what a change of it would mean, and the change. Any thread.
class RingApi {
 public:
  RingApi(ShardDoor& door, ClusterDoor* cluster, const Clock& clock) : door_(door), cluster_(cluster), clock_(clock) {}

  [[nodiscard]] Response show() const;
  [[nodiscard]] Response plan(const Request& request) const;
  [[nodiscard]] Response commit(const Request& request) const;

 private:
  [[nodiscard]] Result<NodeId> node_of(std::string_view name, const ShardBoard& board) const;
  [[nodiscard]] Result<std::vector<NodeId>> nodes_of(std::string_view names, const ShardBoard& board) const;
  struct Wanted {
    RingRequest request;
    std::string made_from;  ///< id of the ring it was planned on; empty: whichever is in force
  };
  [[nodiscard]] Result<Wanted> read(const Request& request) const;

  ShardDoor& door_;
  ClusterDoor* const cluster_;
  const Clock& clock_;
};

}  // namespace wattring::http
