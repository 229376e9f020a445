// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "node/ctl/session.hpp"

namespace wattring::ctl {

/// The home of every shard in a character.
[[nodiscard]] Outcome<Answer> shards_map(Session& session);
struct ShardsArguments {
  std::string state;  ///< only these: ok, degraded, filling, nobody; empty = all
  std::string node;   ///< only those that this node owns; name or id
};
[[nodiscard]] Outcome<Answer> shards_list(Session& session, const ShardsArguments& arguments);
/// Where something may be missing, and who keeps something for others.
[[nodiscard]] Outcome<Answer> shards_moving(Session& session);
[[nodiscard]] Outcome<Answer> shards_where(Session& session, const std::string& meter);
[[nodiscard]] Outcome<Answer> shards_show(Session& session, const std::string& shard);
/// What is promised while nodes are away.
[[nodiscard]] Outcome<Answer> promises(Session& session);

}  // namespace wattring::ctl
