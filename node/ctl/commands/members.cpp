// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "node/ctl/commands/commands.hpp"
#include "node/ctl/output.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

struct Views {
  std::map<std::string, Json> members;                  ///< by id: as first seen
  std::map<std::string, std::set<std::string>> states;  ///< by id: every state it is said to be in
  std::map<std::string, std::size_t> seen_up;           ///< by id: answers that say "up"
  std::size_t asked = 0;
  std::size_t answered = 0;
  bool agree = true;
  std::vector<Silence> silent;
};

std::string identity_of(const Json& member) {
  return member["id"].string().empty() ? member["node"].string() : member["id"].string();
}

/// Who is in which state, as one answer has it.
std::map<std::string, std::string> states_in(const Json& body) {
  std::map<std::string, std::string> states;
  for (const Json& member : body["members"].items()) states[identity_of(member)] = member["state"].string();
  return states;
}

Views merge(const std::vector<Session::Reply>& replies) {
  Views views;
  views.asked = replies.size();
  std::map<std::string, std::string> first;
  for (const Session::Reply& reply : replies) {
    if (reply.status != 200) {
      views.silent.push_back({reply.node, reply.status == 0 ? reply.reason : fmt::format("answered {}", reply.status)});
      continue;
    }
    const auto states = states_in(reply.body);
    if (views.answered == 0) first = states;
    views.agree = views.agree && states == first;
    ++views.answered;
    for (const Json& member : reply.body["members"].items()) {
      const std::string id = identity_of(member);
      views.members.emplace(id, member);
      views.states[id].insert(member["state"].string());
      if (member["state"].string() == "up") ++views.seen_up[id];
    }
  }
  return views;
}

Json document_of(const Views& views) {
  Json document;
  document.set("schema", "wattring.members/1");
  Json counts;
  counts.set("asked", views.asked).set("answered", views.answered).set("agree", views.agree);
  document.set("views", std::move(counts)).set("members", Json::Array{}).set("silent", Json::Array{});
  Json members = Json::Array{};
  for (auto [id, member] : views.members) {
    const auto seen = views.seen_up.find(id);
    member.set("seen_up_by", seen == views.seen_up.end() ? 0 : seen->second);
    members.push(std::move(member));
  }
  Json silent = Json::Array{};
  for (const Silence& one : views.silent) {
    Json row;
    row.set("address", one.node.address).set("reason", one.reason);
    silent.push(std::move(row));
  }
  return document.set("members", std::move(members)).set("silent", std::move(silent));
}

std::string optional_count(const Json& value) {
  return value.is_integer() ? grouped(value.integer()) : "-";
}

/// "up", or "down/up" when the answers differ.
std::string state_text(const Views& views, const std::string& id) {
  std::string text;
  for (const std::string& state : views.states.at(id)) text += (text.empty() ? "" : "/") + state;
  return text;
}

std::string last_line(const Views& views) {
  std::map<std::string, std::size_t> by_state;
  for (const auto& [id, member] : views.members) ++by_state[state_text(views, id)];
  std::string text = plural(views.members.size(), "member") + ":";
  for (const auto& [state, n] : by_state) text += fmt::format(" {} {},", n, state);
  text.back() = '.';
  text += fmt::format("  {} of {} answered", views.answered, views.asked);
  if (views.answered > 1) text += views.agree ? ", views agree" : ", views DIFFER";
  return text + ".\n";
}

}  // namespace

Outcome<Answer> members(Session& session) {
  const Views views = merge(session.ask_all("/api/v1/members"));
  if (views.answered == 0) return tl::unexpected(session.nobody_answered(views.silent));
  Answer answer;
  answer.document = document_of(views);
  answer.rows_name = "members";
  using enum Table::Align;
  Table table({{"NODE", left},
               {"ADDRESS", left},
               {"STATE", left},
               {"FOR", right},
               {"VERSION", left},
               {"SHARDS", right},
               {"METERS", right},
               {"SEEN UP BY", left}});
  answer.csv.columns = {"node", "id", "address", "state", "for_s", "version", "shards", "meters", "seen_up_by"};
  for (const Json& member : answer.document["members"].items()) {
    table.add({member["node"].string(), member["address"].string(), state_text(views, identity_of(member)),
               age_text(member["for_s"].integer()), member["version"].string(), optional_count(member["shards"]),
               optional_count(member["meters"]),
               fmt::format("{} of {}", member["seen_up_by"].integer(), views.answered)});
    answer.csv.rows.push_back(cells_of(member, answer.csv.columns));
  }
  answer.text = table.text();
  for (const Silence& one : views.silent)
    answer.text += fmt::format("{} did not answer: {}\n", one.node.address, one.reason);
  answer.text += last_line(views);
  return answer;
}

}  // namespace wattring::ctl
