// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/time.hpp"
#include "node/ctl/commands/commands.hpp"
#include "node/ctl/doctor_checks.hpp"
#include "node/ctl/event_follower.hpp"
#include "node/ctl/output.hpp"
#include "node/ctl/roster.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

constexpr std::array<const char*, 4> kListeners{"membership", "peers", "data", "ingest"};
constexpr std::size_t kDoorsMax = 256;
constexpr std::int64_t kEventsMs = kMsPerHour;

void knock(Session& session, std::vector<Examination::Door>& doors) {
  std::vector<std::string> addresses;
  addresses.reserve(doors.size());
  for (const Examination::Door& door : doors) addresses.push_back(door.address);
  const auto outcomes = session.context().api.knock_each(addresses, session.globals().timeout_ms);
  for (std::size_t i = 0; i < doors.size(); ++i) doors[i].trouble = outcomes[i] ? "" : outcomes[i].error().message;
}

std::vector<Examination::Door> listeners_of(const Views& views) {
  std::vector<Examination::Door> doors;
  for (const Json& member : views.members) {
    if (member["state"].string() != "up") continue;
    for (const char* listener : kListeners) {
      const std::string& address = member["endpoints"][listener].string();
      if (!address.empty() && doors.size() < kDoorsMax)
        doors.push_back({member["node"].string(), listener, address, {}});
    }
  }
  return doors;
}

/// Addresses of cluster.join that no member has: members are looked at anyhow.
std::vector<Examination::Door> seeds_of(const Examination& seen) {
  std::set<std::string> known;
  for (const Json& member : seen.views.members) known.insert(member["endpoints"]["membership"].string());
  std::map<std::string, std::string> nodes;
  for (const Session::Reply& reply : seen.facts) {
    const std::string& list = reply.body["config"]["cluster.join"].string();
    for (std::size_t begin = list.find('"'); begin != std::string::npos;) {
      const std::size_t end = list.find('"', begin + 1);
      if (end == std::string::npos) break;
      const std::string seed = list.substr(begin + 1, end - begin - 1);
      begin = list.find('"', end + 1);
      if (known.contains(seed)) continue;
      std::string& named_by = nodes[seed];
      named_by += (named_by.empty() ? "" : " ") + reply.body["node"].string();
    }
  }
  std::vector<Examination::Door> seeds;
  for (const auto& [seed, named_by] : nodes)
    if (seeds.size() < kDoorsMax) seeds.push_back({named_by, {}, seed, {}});
  return seeds;
}

std::vector<Json> recent_events(Session& session, const std::vector<NodeAddress>& nodes) {
  auto found = EventFollower(session, nodes).next();
  if (!found) return {};
  const std::int64_t from_ms = session.context().clock.wall_ms() - kEventsMs;
  std::erase_if(*found, [&](const Json& event) { return parse_rfc3339(event["time"].string()).value_or(0) < from_ms; });
  return std::move(*found);
}

std::string_view word_of(Finding::Result result) {
  return result == Finding::Result::ok ? "OK" : result == Finding::Result::warn ? "WARN" : "FAIL";
}

Colour colour_of(Finding::Result result) {
  return result == Finding::Result::ok ? Colour::green : result == Finding::Result::warn ? Colour::yellow : Colour::red;
}

Answer answer_of(const std::vector<Finding>& findings, const Globals& globals) {
  Answer answer;
  answer.rows_name = "checks";
  answer.csv.columns = {"result", "check", "text", "fix"};
  std::array<std::size_t, 3> counts{};
  Json checks = Json::Array{};
  for (const Finding& finding : findings) {
    ++counts[static_cast<std::size_t>(finding.result)];
    const std::string word = fmt::format("{:<4}", word_of(finding.result));
    answer.text +=
        fmt::format("{}  {:<9} {}\n", painted(word, colour_of(finding.result), globals), finding.check, finding.text);
    if (!finding.fix.empty()) answer.text += fmt::format("      {:<9} do: {}\n", "", finding.fix);
    Json row;
    row.set("result", word_of(finding.result)).set("check", finding.check).set("text", finding.text);
    checks.push(row.set("fix", finding.fix));
    answer.csv.rows.push_back({std::string(word_of(finding.result)), finding.check, finding.text, finding.fix});
  }
  answer.text +=
      fmt::format("{}: {} OK, {} WARN, {} FAIL.\n", plural(findings.size(), "check"), counts[0], counts[1], counts[2]);
  answer.document.set("schema", "wattring.doctor/1").set("ok", counts[0]).set("warn", counts[1]);
  answer.document.set("fail", counts[2]).set("checks", std::move(checks));
  answer.exit_code = counts[2] > 0 ? kExitCritical : counts[1] > 0 ? kExitDegraded : kExitDone;
  return answer;
}

}  // namespace

Outcome<Answer> doctor(Session& session) {
  const Roster roster = find_nodes(session);
  Examination examination;
  examination.views = put_together(all_views(session, roster));
  examination.status = session.ask_each(roster.nodes, "/api/v1/status");
  if (std::ranges::all_of(examination.status, [](const auto& reply) { return reply.status == 0; }))
    return tl::unexpected(session.nobody_useful(examination.status));
  examination.facts = session.ask_each(roster.nodes, "/api/v1/facts");
  examination.events = recent_events(session, roster.nodes);
  examination.doors = listeners_of(examination.views);
  examination.seeds = seeds_of(examination);
  knock(session, examination.doors);
  knock(session, examination.seeds);
  return answer_of(examine(examination), session.globals());
}

}  // namespace wattring::ctl
