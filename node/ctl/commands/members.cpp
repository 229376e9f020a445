// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <map>

#include "node/ctl/cluster_look.hpp"
#include "node/ctl/commands/commands.hpp"
#include "node/ctl/output.hpp"
#include "node/ctl/roster.hpp"
#include "node/ctl/views.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

Json document_of(const Views& views) {
  Json document;
  Json counts;
  counts.set("asked", views.asked).set("answered", views.answered).set("agree", views.agree);
  document.set("schema", "wattring.members/1").set("views", std::move(counts));
  Json silent = Json::Array{};
  for (const View& view : views.views) {
    if (view.answered) continue;
    Json row;
    row.set("node", view.node.name).set("address", view.node.address).set("reason", view.trouble);
    silent.push(std::move(row));
  }
  return document.set("members", views.members).set("silent", std::move(silent)).set("matrix", matrix_json(views));
}

std::string optional_count(const Json& value) {
  return value.is_integer() ? grouped(value.integer()) : "-";
}

/// "up", or "down/up" when the answers differ.
std::string state_text(const Json& member) {
  std::string text;
  for (const Json& state : member["states"].items()) text += (text.empty() ? "" : "/") + state.string();
  if (text.empty()) text = member["state"].string();
  return text + (member["flapping"].boolean() ? " flapping" : "");
}

std::string reasons(const Json& document) {
  std::string text;
  for (const Json& member : document["members"].items())
    if (const std::string& why = member["why"].string(); !why.empty() && member["state"].string() != "left")
      text += fmt::format("{}: {}\n", member["node"].string(), why);
  return text + silent_lines(document["silent"]);
}

std::string last_line(const Views& views) {
  std::map<std::string, std::size_t> by_state;
  for (const Json& member : views.members) ++by_state[state_text(member)];
  std::string text = plural(views.members.size(), "member") + ":";
  for (const auto& [state, n] : by_state) text += fmt::format(" {} {},", n, state);
  text.back() = '.';
  text += fmt::format("  {} of {} answered", views.answered, views.asked);
  if (views.answered > 1) text += views.agree ? ", views agree" : ", views DIFFER";
  return text + ".\n";
}

const std::vector<Table::Column>& columns() {
  using enum Table::Align;
  static const std::vector<Table::Column> kColumns{{"NODE", left},    {"ADDRESS", left},   {"STATE", left},
                                                   {"FOR", right},    {"VERSION", left},   {"SHARDS", right},
                                                   {"METERS", right}, {"SEEN UP BY", left}};
  return kColumns;
}

}  // namespace

Outcome<Answer> members(Session& session, const MembersArguments& arguments) {
  const Roster roster = find_nodes(session);
  const Views views = put_together(all_views(session, roster));
  if (views.answered == 0) return tl::unexpected(session.nobody_useful(roster.views));
  Answer answer;
  answer.rows_name = "members";
  answer.document = document_of(views);
  Table table(columns());
  answer.csv.columns = {"node",   "id",         "address",  "state", "for_s",       "version", "shards",
                        "meters", "seen_up_by", "flapping", "epoch", "incarnation", "zone",    "why"};
  for (const Json& member : answer.document["members"].items()) {
    table.add({member["node"].string(), member["address"].string(), state_text(member),
               age_text(member["for_s"].integer()), member["version"].string(), optional_count(member["shards"]),
               optional_count(member["meters"]),
               fmt::format("{} of {}", member["seen_up_by"].integer(), views.answered)});
    answer.csv.rows.push_back(cells_of(member, answer.csv.columns));
  }
  answer.text = table.text() + reasons(answer.document) + last_line(views);
  if (arguments.views || !views.agree) answer.text += "\n" + matrix_text(views);
  return answer;
}

}  // namespace wattring::ctl
