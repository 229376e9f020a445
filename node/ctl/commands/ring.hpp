// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "node/ctl/session.hpp"

namespace wattring::ctl {

/// Members, what waits to get in, and when.
[[nodiscard]] Outcome<Answer> ring_show(Session& session);

struct RingArguments {
  std::vector<std::string> add;
  std::vector<std::string> remove;
  std::vector<std::string> weight;  ///< NODE=WEIGHT
  std::string lose_shards;
  bool dry_run = false;
  bool yes = false;
};
/// What the change would move and cost; nothing is changed. Exit 5 when it would be refused.
[[nodiscard]] Outcome<Answer> ring_plan(Session& session, const RingArguments& arguments);
/// Without a change: those who wait. Asks before it takes a node out for good.
[[nodiscard]] Outcome<Answer> ring_commit(Session& session, RingArguments arguments);

struct DrainArguments {
  std::string node;
  bool dry_run = false;
  bool yes = false;
};
/// The node gives up its homes and gets as few new readings as possible.
[[nodiscard]] Outcome<Answer> node_drain(Session& session, const DrainArguments& arguments);
[[nodiscard]] Outcome<Answer> node_resume(Session& session, const std::string& node);

}  // namespace wattring::ctl
