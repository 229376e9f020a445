// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/app/shard_worker.hpp"
#include "node/http/alert_door.hpp"

/// The actors of a node that are shards and meters, as people see them.

namespace wattring::app {

/// "/shards", "/shards/12", "/shards/12/M-1". invalid_argument when it is none of them.
struct ActorPath {
  std::optional<ShardId> shard;
  std::string meter;  ///< empty = none
  [[nodiscard]] static Result<ActorPath> parse(std::string_view text, std::size_t shards);
};

/// On the worker's thread. waiting: of the shard, at now_ns.
[[nodiscard]] http::ActorRow shard_row(ShardWorker& worker, ShardId shard, const ShardWorker::Waiting& waiting,
                                       std::int64_t now_ns);
[[nodiscard]] http::ActorRow meter_row(ShardWorker& worker, ShardId shard, std::string_view meter, std::int64_t now_ns);

}  // namespace wattring::app
