// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "node/ctl/session.hpp"

namespace wattring::ctl {

/// One look at the shards of all nodes. Who owns what is the same wherever the ring is; what is filled and what is held
/// for others each node knows of itself alone.
struct ShardLook {
  std::vector<Session::Reply> replies;  ///< GET /api/v1/shards, one a node
  std::size_t answered = 0;             ///< with a ring
  bool agree = true;                    ///< the rings of those that answered
  Json ring;                            ///< the newest
  Json members = Json::Array{};         ///< as a node with that ring has them; "filling", "held", ... by each
  /// {"shard","home","owners","reachable","state","ack","filling":[names],"held":[names],
  /// "arriving":[{"node","from","bytes","for_s"}]}
  Json shards = Json::Array{};
  std::string unnamed;  ///< lines for people about members that nobody can name
  [[nodiscard]] std::size_t count(const char* state) const;
};
[[nodiscard]] Outcome<ShardLook> look_at_shards(Session& session);

/// wattring.shards/1, with the rows that are wanted.
[[nodiscard]] Json shards_document(const ShardLook& look, Json rows);
/// What is not settled yet: "" when nothing is. members: rows of /api/v1/members.
[[nodiscard]] std::string unsettled(const ShardLook& look, const std::vector<Json>& members);

}  // namespace wattring::ctl
