// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "sharding/replica_state.hpp"

namespace wattring::sharding {

/// What is on its way to each peer and not receipted (H38). Who takes too long is lagging: nothing is sent to it that
/// others can keep instead, and it fetches later what it lacks.
class ReplicaWindows {
 public:
  explicit ReplicaWindows(const ReplicaSettings& settings) : settings_(settings) {}

  /// True when the peer is lagging by it.
  bool sent(std::int64_t now_ns, const NodeId& to, std::uint64_t number, std::size_t bytes);
  /// True when the peer is no longer lagging by it.
  bool receipted(const NodeId& from, std::uint64_t number);
  void forget(const NodeId& peer) { peers_.erase(peer); }
  /// True when who lags has changed.
  bool tick(std::int64_t now_ns);
  [[nodiscard]] std::int64_t next_deadline() const;

  [[nodiscard]] bool lags(const NodeId& peer) const;
  [[nodiscard]] std::size_t in_flight(const NodeId& peer) const;

 private:
  struct Packet {
    std::int64_t sent_ns = 0;
    std::size_t bytes = 0;
  };
  struct Window {
    std::map<std::uint64_t, Packet> packets;  ///< by message number, so by time
    std::size_t bytes = 0;
    std::int64_t lagging_until_ns = INT64_MIN;  ///< then it is tried again
    bool lagging = false;
  };
  const ReplicaSettings& settings_;
  std::map<NodeId, Window> peers_;
};

}  // namespace wattring::sharding
