// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "node/ctl/session.hpp"

namespace wattring::ctl {

/// Who is to be asked, and what those that were named said about it.
struct Roster {
  /// Every member that is not gone for good, by name, at the address that was given for it or else the one the members
  /// tell; and addresses that were given but answer nothing.
  std::vector<NodeAddress> nodes;
  std::vector<Session::Reply> views;  ///< GET /api/v1/members of the nodes that were named
};
/// Asks the nodes that were named for the members; whoever knows of none stands for itself.
[[nodiscard]] Roster find_nodes(Session& session);
/// The views of all, those of the roster among them.
[[nodiscard]] std::vector<Session::Reply> all_views(Session& session, const Roster& roster);

}  // namespace wattring::ctl
