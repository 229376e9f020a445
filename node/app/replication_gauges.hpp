// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/metrics.hpp"
#include "sharding/replica.hpp"

namespace wattring::app {

/// What replication shows of itself in /metrics.
struct ReplicationGauges {
  explicit ReplicationGauges(Metrics& metrics);
  /// Costs a look at every shard: once a second is enough.
  void show(const sharding::Replica& replica, std::size_t shard_count);

  Gauge& shards_owner;
  Gauge& shards_filling;
  Gauge& shards_holder;
  Gauge& shards_missing;
  Gauge& lagging;
  Gauge& writes_open;
  Gauge& contents_differed;
  Gauge& forks;
  Counter& appends;
  Counter& receipts;
  Counter& pulls;
  Counter& refused;
  Counter& ring_forks;
  Counter& repairs;
};

}  // namespace wattring::app
