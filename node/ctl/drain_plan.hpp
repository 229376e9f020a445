// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "node/ctl/shard_look.hpp"

namespace wattring::ctl {

/// What a drain of a node will do, from what the shards say now. Pure.
struct DrainPlan {
  std::string text;
  bool gives_up = false;  ///< its homes go to others
  bool drains = false;    ///< it does already
};
[[nodiscard]] DrainPlan drain_plan(const ShardLook& look, const NodeAddress& node);

}  // namespace wattring::ctl
