// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/roster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace wattring::ctl {
namespace {

const Json& self_of(const Json& view) {
  static const Json kNobody;
  for (const Json& member : view["members"].items())
    if (member["self"].boolean()) return member;
  return kNobody;
}

/// A node that was named answers under another address than members tell of, for example through a tunnel: its own
/// word is whom that address leads to.
void add_named(const std::vector<Session::Reply>& views, std::map<std::string, NodeAddress>& by_id) {
  for (const Session::Reply& view : views) {
    const Json& self = self_of(view.body);
    if (view.status != 200 || self["id"].string().empty()) continue;
    NodeAddress node = view.node;
    node.name = self["node"].string();
    node.id = self["id"].string();
    by_id.try_emplace(self["id"].string(), std::move(node));
  }
}

void add_members(const Session::Reply& view, std::map<std::string, NodeAddress>& by_id) {
  const std::string& seen_by = view.body["node"].string();
  for (const Json& member : view.body["members"].items()) {
    const std::string& address = member["endpoints"]["http"].string();
    if (address.empty() || member["id"].string().empty() || member["state"].string() == "left") continue;
    NodeAddress node{address, fmt::format("a member, as {} has it", seen_by), member["node"].string(),
                     member["id"].string()};
    node.vouched = view.body["keys"].boolean();
    const auto [known, is_new] = by_id.try_emplace(member["id"].string(), node);
    if (!is_new && known->second.address == address) known->second.vouched |= node.vouched;
  }
}

/// A node that was named may have said goodbye.
bool has_left(const NodeAddress& node, const std::vector<Session::Reply>& views) {
  return std::ranges::any_of(views, [&](const Session::Reply& view) {
    return std::ranges::any_of(view.body["members"].items(), [&](const Json& member) {
      return member["state"].string() == "left" && member["endpoints"]["http"].string() == node.address;
    });
  });
}

}  // namespace

Roster find_nodes(Session& session) {
  session.look_anew();
  Roster roster;
  roster.views = session.ask_all("/api/v1/members");
  std::map<std::string, NodeAddress> by_id;
  add_named(roster.views, by_id);
  for (const Session::Reply& view : roster.views)
    if (view.status == 200) add_members(view, by_id);
  for (auto& [id, node] : by_id) roster.nodes.push_back(std::move(node));
  std::ranges::sort(roster.nodes, {}, &NodeAddress::name);
  for (const Session::Reply& view : roster.views) {
    const bool known =
        std::ranges::any_of(roster.nodes, [&](const NodeAddress& node) { return node.address == view.node.address; });
    const bool has_id = view.status == 200 && !self_of(view.body)["id"].string().empty();
    if (!known && !has_id && !(view.status == 0 && has_left(view.node, roster.views)))
      roster.nodes.push_back(view.node);
  }
  return roster;
}

std::vector<Session::Reply> all_views(Session& session, const Roster& roster) {
  std::vector<NodeAddress> others;
  for (const NodeAddress& node : roster.nodes) {
    const bool asked = std::ranges::any_of(
        roster.views, [&](const Session::Reply& view) { return view.node.address == node.address; });
    if (!asked) others.push_back(node);
  }
  const auto replies = session.ask_each(others, "/api/v1/members");
  std::map<std::string, const Session::Reply*> by_address;
  for (const Session::Reply& reply : roster.views) by_address[reply.node.address] = &reply;
  for (const Session::Reply& reply : replies) by_address[reply.node.address] = &reply;
  std::vector<Session::Reply> out;
  for (const NodeAddress& node : roster.nodes) {
    out.push_back(*by_address.at(node.address));
    out.back().node = node;
  }
  return out;
}

}  // namespace wattring::ctl
