// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/views.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "node/ctl/table.hpp"

namespace wattring::ctl {
namespace {

/// All that is said of one member.
struct Sayings {
  const Json* self = nullptr;  ///< its own row
  std::vector<const Json*> rows;
};

bool only_self_knows(const std::string& state) {
  return state == "joining" || state == "draining";
}

/// Worse states last, so that the worst of equally many sayings counts.
int badness(const std::string& state) {
  static constexpr std::array<std::string_view, 5> kOrder{"up", "draining", "left", "suspect", "down"};
  return static_cast<int>(std::ranges::find(kOrder, state) - kOrder.begin());
}

const Json& row_of_most(const Sayings& sayings) {
  std::map<std::string, std::size_t> counts;
  for (const Json* row : sayings.rows) ++counts[(*row)["state"].string()];
  const auto better = [&](const Json* a, const Json* b) {
    const std::string& left = (*a)["state"].string();
    const std::string& right = (*b)["state"].string();
    return std::pair(counts[left], badness(left)) < std::pair(counts[right], badness(right));
  };
  return **std::ranges::max_element(sayings.rows, better);
}

Json merged(const Sayings& sayings) {
  const Json& most = row_of_most(sayings);
  Json member = most;
  if (sayings.self != nullptr) {
    for (const auto& [name, value] : sayings.self->members()) member.set(name, value);
    if (!only_self_knows((*sayings.self)["state"].string()))
      for (const char* name : {"state", "for_s", "why", "accusers", "flapping"})
        if (!most[name].is_null()) member.set(name, most[name]);
  }
  std::size_t seen_up = 0;
  std::set<std::string> states;
  for (const Json* row : sayings.rows) {
    const std::string& state = (*row)["state"].string();
    if (state == "up") ++seen_up;
    if (!only_self_knows(member["state"].string())) states.insert(state);
  }
  Json differing = Json::Array{};
  if (states.size() > 1)
    for (const std::string& state : states) differing.push(Json(state));
  return member.set("seen_up_by", seen_up).set("states", std::move(differing));
}

/// Who is live, as a node has it; what only a member itself knows counts as up.
std::map<std::string, std::string> live(const View& view) {
  std::map<std::string, std::string> out;
  for (const auto& [id, state] : view.states) {
    if (state == "down" || state == "left") continue;
    out[id] = only_self_knows(state) ? "up" : state;
  }
  return out;
}

View view_of(const Session::Reply& reply) {
  View view{reply.node,
            reply.status == 200,
            reply.trouble(),
            reply.body["views"]["hash"].string(),
            reply.body["local_health"].integer(),
            {}};
  if (view.node.name.empty()) view.node.name = reply.body["node"].string();
  if (view.answered)
    for (const Json& member : reply.body["members"].items())
      view.states[identity_of(member)] = member["state"].string();
  return view;
}

}  // namespace

std::string identity_of(const Json& member) {
  return member["id"].string().empty() ? member["node"].string() : member["id"].string();
}

Views put_together(const std::vector<Session::Reply>& replies) {
  Views out;
  out.asked = replies.size();
  std::map<std::string, Sayings> sayings;
  const View* first = nullptr;
  out.views.reserve(replies.size());
  for (const Session::Reply& reply : replies) {
    out.views.push_back(view_of(reply));
    const View& view = out.views.back();
    if (!view.answered) continue;
    ++out.answered;
    if (first == nullptr) first = &view;
    out.agree = out.agree && live(view) == live(*first);
    for (const Json& member : reply.body["members"].items()) {
      Sayings& of_it = sayings[identity_of(member)];
      of_it.rows.push_back(&member);
      if (member["self"].boolean()) of_it.self = &member;
    }
  }
  for (const auto& [id, of_it] : sayings) out.members.push_back(merged(of_it));
  std::ranges::stable_sort(out.members, {}, [](const Json& member) { return member["node"].string(); });
  return out;
}

std::string matrix_text(const Views& views) {
  std::vector<Table::Column> columns{{""}};
  for (const Json& member : views.members) columns.push_back({member["node"].string()});
  columns.push_back({"VIEW"});
  Table table(columns);
  for (const View& view : views.views) {
    std::vector<std::string> cells{view.node.label()};
    for (const Json& member : views.members) {
      const auto state = view.states.find(identity_of(member));
      cells.push_back(!view.answered ? "?" : state == view.states.end() ? "-" : state->second);
    }
    cells.push_back(view.answered ? (view.hash.empty() ? "-" : view.hash) : "no answer");
    table.add(std::move(cells));
  }
  return "rows see columns\n" + table.text();
}

Json matrix_json(const Views& views) {
  Json out = Json::Array{};
  for (const View& view : views.views) {
    Json row;
    row.set("node", view.node.label()).set("address", view.node.address).set("answered", view.answered);
    row.set("hash", view.hash.empty() ? Json(nullptr) : Json(view.hash));
    Json sees = Json::Object{};
    for (const Json& member : views.members) {
      const auto state = view.states.find(identity_of(member));
      if (state != view.states.end()) sees.set(member["node"].string(), state->second);
    }
    out.push(row.set("sees", std::move(sees)));
  }
  return out;
}

}  // namespace wattring::ctl
