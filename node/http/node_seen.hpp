// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/json_writer.hpp"
#include "base/time.hpp"
#include "node/http/cluster_door.hpp"
#include "node/http/query_door.hpp"
#include "node/http/shard_door.hpp"

/// What one node knows of itself and, through its view, of the others: the ground of status, problems, members and
/// clusterz.

namespace wattring::http {

/// The node's listeners; empty when there is none.
struct NodeAddresses {
  std::string membership;
  std::string peers;
  std::string ingest;
  std::string http;
  std::string data{};
};

struct MemberCounts {
  std::size_t joining = 0;
  std::size_t up = 0;
  std::size_t suspect = 0;
  std::size_t down = 0;
  std::size_t draining = 0;
  std::size_t left = 0;
};

struct NodeSeen {
  NodeStatus status;                          ///< problems of the view are among its problems
  std::shared_ptr<const cluster::View> view;  ///< null: a node without membership
  std::int64_t monotonic_ns = 0;              ///< when it was looked at
  std::shared_ptr<const ShardBoard> board{};  ///< null: a node that knows of no ring
  [[nodiscard]] bool draining() const;
  [[nodiscard]] MemberCounts counts() const;
  /// "healthy", "degraded", "critical".
  [[nodiscard]] std::string_view verdict() const;
};
/// cluster: null for a node without membership; shards: for one without a ring.
[[nodiscard]] NodeSeen look(QueryDoor& query, ClusterDoor* cluster, ShardDoor* shards, const Clock& clock);

/// joining, up, suspect, down, draining or left. Only the node itself knows that it joins, and that it is on its way
/// out.
[[nodiscard]] std::string_view state_word(const cluster::View& view, const cluster::MemberView& member);
/// Seconds in this state.
[[nodiscard]] std::int64_t state_age_s(const cluster::MemberView& member, std::int64_t monotonic_ns);
/// 16 hex digits; equal among nodes that agree.
[[nodiscard]] std::string hash_text(std::uint64_t hash);
/// The name of a node, or the beginning of its id.
[[nodiscard]] std::string name_of(const cluster::View& view, const NodeId& id);

/// {"asked":1,"answered":1,"agree":true, ...}: one node speaks for itself alone.
void write_views(JsonWriter& json, const NodeSeen& seen);
void write_counts(JsonWriter& json, const MemberCounts& counts);
void write_problems(JsonWriter& json, const NodeStatus& status);
void write_endpoints(JsonWriter& json, const NodeAddresses& addresses);

}  // namespace wattring::http
