// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/json_writer.hpp"
#include "base/time.hpp"
#include "node/http/doors.hpp"
#include "node/http/exchange.hpp"
#include "node/http/router.hpp"
#include "node/http/shard_door.hpp"
#include "node/http/shard_ranges.hpp"

namespace wattring::http {

/// The ring and the shards as this node knows them, and what an operator changes of them. Any thread.
class ShardApi {
 public:
  ShardApi(const Doors& doors, const Clock& clock) : shards_(doors.shards), cluster_(doors.cluster), clock_(clock) {}

  [[nodiscard]] Response handle(Target target, const Request& request, std::string_view id) const;

 private:
  [[nodiscard]] Response shards(const Request& request) const;
  [[nodiscard]] Response shard(std::string_view id) const;
  [[nodiscard]] Response promises() const;
  [[nodiscard]] Response drain(bool on) const;

  ShardDoor* const shards_;
  ClusterDoor* const cluster_;
  const Clock& clock_;
};

/// "ring": {...}
void write_ring(JsonWriter& json, const ShardBoard& board);

}  // namespace wattring::http
