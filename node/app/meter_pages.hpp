// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "node/app/shard_shared.hpp"
#include "node/http/query_door.hpp"

namespace wattring::app {

/// What is known of a resident meter. Texts that are on the disk are not looked up.
[[nodiscard]] http::MeterSummary summarise(const meter::ShardFold& fold, meter::MeterTable::MeterIndex meter);

/// Nothing is known of it any more: everything was erased, and is about to leave memory.
[[nodiscard]] bool is_erased(const meter::ShardFold& fold, meter::MeterTable::MeterIndex meter);

/// One worker's share of a page: the least `limit` ids after `after` that begin with `prefix`, ascending; resident and
/// passivated meters alike. `disk` was opened on the worker's thread, or is null when nothing is passivated.
[[nodiscard]] std::vector<http::MeterSummary> page_of(std::span<const std::unique_ptr<meter::ShardFold>> shards,
                                                      const sharding::ShardKey& key,
                                                      const persistence::ReadTransaction* disk,
                                                      const std::string& prefix, const std::string& after,
                                                      std::size_t limit);

}  // namespace wattring::app
