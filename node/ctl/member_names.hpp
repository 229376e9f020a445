// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "node/ctl/roster.hpp"

/// The ring has ids and no names. A node that has not met a member since it started calls it by the beginning of its
/// id.

namespace wattring::ctl {

/// A member by "node" and "id" whose name the asked node does not know.
[[nodiscard]] bool is_unnamed(const Json& member);
/// What anybody who answered calls the members that the first one that was asked cannot name; "id" -> name.
[[nodiscard]] std::map<std::string, std::string> names_by_id(const std::vector<Session::Reply>& replies);
/// The members with the names that are known; what stands for the others, and a line for people about them.
struct Named {
  Json members;
  std::map<std::string, std::string> renamed;  ///< beginning of the id -> name
  std::string note;                            ///< empty when all have names
};
[[nodiscard]] Named with_names(const Json& members, const std::vector<Session::Reply>& replies);
/// The same, asking all nodes when a name is missing.
[[nodiscard]] Named with_names(const Json& members, Session& session);

/// The one node that has this name or id.
[[nodiscard]] Outcome<NodeAddress> find_node(Session& session, const std::string& name_or_id);
/// The one member of the ring, by "node" and "id", that has this name or id.
[[nodiscard]] Outcome<Json> find_member(const Json& members, const std::string& name_or_id);

}  // namespace wattring::ctl
