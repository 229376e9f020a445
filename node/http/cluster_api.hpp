// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "base/time.hpp"
#include "node/http/cluster_door.hpp"
#include "node/http/doors.hpp"
#include "node/http/exchange.hpp"
#include "node/http/node_seen.hpp"

namespace wattring::http {

/// The cluster as this node sees it: members, events, the whole verdict. No other node is asked. Any thread.
class ClusterApi {
 public:
  static constexpr std::size_t kEventsDefault = 1000;
  static constexpr std::size_t kEventsMax = 10'000;
  static constexpr std::int64_t kWaitMsMax = 25'000;
  /// Requests that may wait for events together; each holds the thread of its connection. Others are answered at once.
  static constexpr std::size_t kWaitersMax = 16;

  /// Without a cluster door it is a cluster of one.
  ClusterApi(QueryDoor& query, const Doors& doors, const Clock& clock)
      : query_(query), cluster_(doors.cluster), shards_(doors.shards), clock_(clock) {}
  /// Before the first request.
  void set_addresses(NodeAddresses addresses) { addresses_ = std::move(addresses); }

  [[nodiscard]] Response members() const;
  [[nodiscard]] Response events(const Request& request);
  /// The verdict on the whole cluster, always with status 200: it must not be used as a probe.
  [[nodiscard]] Response clusterz(const Request& request) const;
  [[nodiscard]] Response leave();
  /// Ends all waits for events, from now on.
  void cancel();

 private:
  [[nodiscard]] std::vector<ClusterEvent> wait_for_events(std::uint64_t after, std::size_t limit, std::int64_t wait_ms);

  QueryDoor& query_;
  ClusterDoor* const cluster_;
  ShardDoor* const shards_;
  const Clock& clock_;
  NodeAddresses addresses_;
  std::mutex mutex_;
  std::condition_variable cancelled_changed_;
  bool cancelled_ = false;   // guarded by mutex_
  std::size_t waiters_ = 0;  // guarded by mutex_
};

}  // namespace wattring::http
