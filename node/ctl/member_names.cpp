// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/member_names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wattring::ctl {
namespace {

constexpr std::size_t kIdShown = 8;

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

tl::unexpected<Trouble> ambiguous(const std::string& name, const std::vector<std::string>& lines) {
  std::string text =
      fmt::format("{} nodes bear the name {}. Give the id of the one that is meant:\n", lines.size(), name);
  for (const std::string& line : lines) text += "  " + line + "\n";
  return usage_trouble(text);
}

}  // namespace

bool is_unnamed(const Json& member) {
  return !member["id"].string().empty() && member["node"].string() == member["id"].string().substr(0, kIdShown);
}

std::map<std::string, std::string> names_by_id(const std::vector<Session::Reply>& replies) {
  std::map<std::string, std::string> names;
  for (const Session::Reply& reply : replies)
    for (const Json& member : reply.body["members"].items())
      if (!member["node"].string().empty() && !is_unnamed(member))
        names.try_emplace(member["id"].string(), member["node"].string());
  return names;
}

Named with_names(const Json& members, const std::vector<Session::Reply>& replies) {
  const auto names = names_by_id(replies);
  Named out{Json::Array{}, {}, {}};
  for (const Json& member : members.items()) {
    Json row = member;
    if (is_unnamed(row)) {
      const std::string& id = row["id"].string();
      const auto name = names.find(id);
      if (name != names.end()) {
        out.renamed.emplace(row["node"].string(), name->second);
        row.set("node", name->second);
      } else {
        out.note += fmt::format(
            "{} is how the id {} begins: no node that answered has met it since its own start, so "
            "its name is not known\n",
            row["node"].string(), id);
      }
    }
    out.members.push(std::move(row));
  }
  return out;
}

Named with_names(const Json& members, Session& session) {
  if (std::ranges::none_of(members.items(), is_unnamed)) return {members, {}, {}};
  return with_names(members, all_views(session, find_nodes(session)));
}

Outcome<NodeAddress> find_node(Session& session, const std::string& name_or_id) {
  const Roster roster = find_nodes(session);
  std::vector<NodeAddress> found;
  std::vector<std::string> lines;
  std::vector<std::string> known;
  for (const NodeAddress& node : roster.nodes) {
    known.push_back(node.label());
    if (node.id == name_or_id) return node;
    if (node.name != name_or_id) continue;
    found.push_back(node);
    lines.push_back(fmt::format("{} at {}", node.id, node.address));
  }
  if (found.size() == 1) return found.front();
  if (found.size() > 1) return ambiguous(name_or_id, lines);
  const bool somebody = std::ranges::any_of(roster.views, [](const auto& view) { return view.status == 200; });
  if (!somebody) return tl::unexpected(session.nobody_useful(roster.views));
  return tl::unexpected(
      Trouble{kExitNotFound, fmt::format("No node {} is up. Known: {}\n", name_or_id, listed(known))});
}

Outcome<Json> find_member(const Json& members, const std::string& name_or_id) {
  std::vector<Json> found;
  std::vector<std::string> lines;
  std::vector<std::string> known;
  for (const Json& member : members.items()) {
    known.push_back(member["node"].string());
    if (member["id"].string() == name_or_id) return member;
    if (member["node"].string() != name_or_id) continue;
    found.push_back(member);
    lines.push_back(member["id"].string());
  }
  if (found.size() == 1) return found.front();
  if (found.size() > 1) return ambiguous(name_or_id, lines);
  return tl::unexpected(Trouble{
      kExitNotFound, fmt::format("No member of the ring is called {}. Members: {}\n", name_or_id, listed(known))});
}

}  // namespace wattring::ctl
