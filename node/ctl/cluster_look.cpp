// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/cluster_look.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/time.hpp"
#include "node/ctl/roster.hpp"
#include "node/ctl/verdict.hpp"

namespace wattring::ctl {
namespace {

constexpr std::int64_t kSpreadMs = 1000;

void group_views(ClusterLook& look) {
  std::map<std::string, std::vector<std::string>> groups;
  for (const Session::Reply& reply : look.replies)
    if (reply.is_answer()) groups[reply.body["views"]["hash"].string()].push_back(reply.name());
  for (const auto& [hash, names] : groups) look.views.push_back(names);
  std::ranges::stable_sort(look.views, std::ranges::greater{}, &std::vector<std::string>::size);
  look.agree = groups.size() <= 1;
  for (const auto& [hash, names] : groups) {
    if (look.views.empty() || names != look.views.front()) continue;
    look.hash = hash;
    for (const Session::Reply& reply : look.replies)
      if (look.first.is_null() && reply.is_answer() && reply.body["views"]["hash"].string() == hash)
        look.first = reply.body;
  }
}

bool is_worse(const Json& a, const Json& b) {
  return a["severity"].string() == "critical" && b["severity"].string() != "critical";
}

/// The same trouble told by several nodes is one problem.
void add_problem(std::vector<Json>& problems, const Json& problem, const std::string& seen_by) {
  const auto known = std::ranges::find_if(problems, [&](const Json& one) {
    return one["code"].string() == problem["code"].string() && one["subject"].string() == problem["subject"].string();
  });
  if (known == problems.end()) {
    problems.push_back(problem);
    problems.back().set("seen_by", Json::Array{Json(seen_by)});
    return;
  }
  Json witnesses = (*known)["seen_by"];
  witnesses.push(Json(seen_by));
  if (is_worse(problem, *known)) known->set("severity", problem["severity"]).set("text", problem["text"]);
  const auto since = [](const Json& one) { return parse_rfc3339(one["since"].string()).value_or(0); };
  if (since(problem) < since(*known)) known->set("since", problem["since"]);
  known->set("seen_by", std::move(witnesses));
}

Json views_disagree(const ClusterLook& look) {
  std::string groups;
  for (const auto& names : look.views) {
    groups += groups.empty() ? "" : " | ";
    for (std::size_t i = 0; i < names.size(); ++i) groups += (i == 0 ? "" : " ") + names[i];
  }
  Json problem;
  problem.set("code", "VIEWS_DISAGREE").set("severity", "warn").set("subject", groups);
  problem.set("text", "these groups of nodes do not see the same members; each goes on with those it reaches");
  problem.set("do", "wattringctl members --views shows who misses whom: look at the network between them");
  return problem.set("since", look.first["at"]);
}

void judge(ClusterLook& look) {
  std::vector<Json> problems;
  for (const Session::Reply& reply : look.replies) {
    if (!reply.is_answer()) {
      if (severity_of(look.verdict) < severity_of("degraded")) look.verdict = "degraded";
      continue;
    }
    const std::string& verdict = reply.body["verdict"].string();
    if (severity_of(verdict) > severity_of(look.verdict)) look.verdict = verdict;
    for (const Json& problem : reply.body["problems"].items()) add_problem(problems, problem, reply.name());
  }
  if (!look.agree) {
    add_problem(problems, views_disagree(look), "wattringctl");
    if (look.verdict == "healthy") look.verdict = "degraded";
  }
  std::ranges::stable_sort(problems, is_worse);
  look.problems = std::move(problems);
}

ClusterLook look_once(Session& session, const std::vector<NodeAddress>& nodes) {
  ClusterLook look;
  look.replies = session.ask_each(nodes, "/api/v1/status");
  look.asked = nodes.size();
  look.answered = static_cast<std::size_t>(std::ranges::count_if(look.replies, &Session::Reply::is_answer));
  group_views(look);
  return look;
}

using Combine = double (*)(double, double);
double sum(double a, double b) {
  return a + b;
}
double largest(double a, double b) {
  return std::max(a, b);
}
double least(double a, double b) {
  return std::min(a, b);
}

struct Figure {
  const char* block;
  const char* name;
  Combine combine;
};
constexpr std::array<Figure, 25> kFigures{{{"shards", "owned", sum},
                                           {"shards", "recovering", sum},
                                           {"shards", "moving", sum},
                                           {"shards", "nobody", largest},
                                           {"shards", "total", largest},
                                           {"shards", "degraded", largest},
                                           {"shards", "homes", sum},
                                           {"shards", "missing", sum},
                                           {"shards", "held", sum},
                                           {"meters", "known", sum},
                                           {"ingest", "acked_per_s", sum},
                                           {"ingest", "p50_s", largest},
                                           {"ingest", "p99_s", largest},
                                           {"ingest", "stored_total", sum},
                                           {"ingest", "refused_total", sum},
                                           {"ingest", "duplicate_total", sum},
                                           {"ingest", "in_flight_bytes", sum},
                                           {"ingest", "in_flight_bytes_max", sum},
                                           {"journal", "used_bytes", sum},
                                           {"journal", "map_bytes", sum},
                                           {"journal", "reusable_bytes", sum},
                                           {"journal", "file_bytes", sum},
                                           {"journal", "disk_free_bytes", least},
                                           {"journal", "records", sum},
                                           {"journal", "unsealed_facts", sum}}};

/// What only nodes with a ring say.
bool is_of_the_ring(const Figure& figure) {
  static constexpr std::array<std::string_view, 5> kNames{"total", "degraded", "homes", "missing", "held"};
  return std::ranges::find(kNames, figure.name) != kNames.end();
}

/// Null when no node says it; a whole number stays one.
Json combined(const ClusterLook& look, const Figure& figure) {
  Json out;
  for (const Session::Reply& reply : look.replies) {
    const Json& value = reply.body[figure.block][figure.name];
    if (!reply.is_answer() || !value.is_number()) continue;
    if (out.is_null()) {
      out = value;
      continue;
    }
    const double both = figure.combine(out.number(), value.number());
    out = out.is_integer() && value.is_integer() ? Json(static_cast<std::int64_t>(both)) : Json(both);
  }
  return out;
}

/// What was not let in; older nodes do not say.
Json turned_away(const ClusterLook& look) {
  Json out;
  for (const char* name : {"keys", "handshakes", "malformed", "foreign", "requests"})
    if (const Json sum_of_it = combined(look, {"turned_away", name, sum}); !sum_of_it.is_null())
      out.set(name, sum_of_it);
  return out;
}

Json members_json(const ClusterLook& look) {
  Json out = Json::Array{};
  for (const Session::Reply& reply : look.replies) {
    Json row;
    row.set("node", reply.name()).set("address", reply.node.address).set("answered", reply.is_answer());
    for (const char* name : {"verdict", "ready", "version", "started", "at"}) row.set(name, reply.body[name]);
    out.push(std::move(row));
  }
  return out;
}

Json summed(const ClusterLook& look) {
  Json document;
  for (const char* name : {"schema", "cluster"}) document.set(name, look.first[name]);
  document.set("at", look.first["at"]);
  for (const Figure& figure : kFigures) {
    Json value = combined(look, figure);
    if (value.is_null() && is_of_the_ring(figure)) continue;
    Json block = document[figure.block];
    block.set(figure.name, std::move(value));
    document.set(figure.block, std::move(block));
  }
  Json journal = document["journal"];
  journal.set("commit_p99_s", combined(look, {"journal", "commit_p99_s", largest}));
  document.set("journal", std::move(journal));
  if (Json away = turned_away(look); !away.is_null()) document.set("turned_away", std::move(away));
  if (look.first.has("ring")) document.set("ring", look.first["ring"]);
  return document.set("nodes", look.first["nodes"]).set("members", members_json(look));
}

}  // namespace

Outcome<ClusterLook> look_at_cluster(Session& session, bool patient) {
  const std::vector<NodeAddress> nodes = find_nodes(session).nodes;
  ClusterLook look = look_once(session, nodes);
  if (patient && !look.agree) {
    session.context().sleep(kSpreadMs);
    look = look_once(session, nodes);
  }
  if (look.answered == 0) return tl::unexpected(session.nobody_useful(look.replies));
  judge(look);
  return look;
}

Json silent_json(const ClusterLook& look) {
  Json out = Json::Array{};
  for (const Session::Reply& reply : look.replies) {
    if (reply.is_answer()) continue;
    Json row;
    row.set("node", reply.node.name).set("address", reply.node.address).set("reason", reply.trouble());
    out.push(std::move(row));
  }
  return out;
}

std::string silent_lines(const Json& silent, std::string_view prefix) {
  std::string text;
  for (const Json& one : silent.items()) {
    const std::string& name = one["node"].string();
    text += fmt::format("{}{}{}{} did not answer: {}\n", prefix, name, name.empty() ? "" : " at ",
                        one["address"].string(), one["reason"].string());
  }
  return text;
}

Json status_document(const ClusterLook& look) {
  Json document = look.is_cluster() ? summed(look) : look.first;
  Json views = look.first["views"];
  views.set("asked", look.asked).set("answered", look.answered).set("agree", look.agree);
  document.set("verdict", look.verdict).set("views", std::move(views)).set("problems", look.problems);
  return document.set("silent", silent_json(look));
}

}  // namespace wattring::ctl
