// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/commands/rules.hpp"

#include <fmt/format.h>

#include <set>

#include "base/time.hpp"
#include "node/ctl/commands/alerts.hpp"
#include "node/ctl/meter_api.hpp"
#include "node/ctl/output.hpp"
#include "node/ctl/read_file.hpp"
#include "node/ctl/rule_files.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

constexpr std::int64_t kTestWaitMs = 60'000;  ///< a test reads back days of many meters

Outcome<RuleFiles> read_rules(const std::vector<std::string>& paths) {
  RuleFiles files;
  for (const std::string& path : paths) {
    const auto text = read_file(path, RuleFiles::kBytesMax);
    if (!text) return tl::unexpected(text.error());
    if (const auto added = files.add(path == "-" ? "standard input" : path, *text); !added)
      return tl::unexpected(added.error());
  }
  return files;
}

ApiRequest toml_request(const char* method, std::string target, const RuleFiles& files) {
  ApiRequest request;
  request.method = method;
  request.target = std::move(target);
  request.content_type = "application/toml";
  request.body = files.document();
  return request;
}

std::string names_of(const Json& names) {
  std::string text;
  for (const Json& name : names.items()) text += (text.empty() ? "" : ", ") + name.string();
  return text;
}

/// "current", "ended", "from 2026-03-01 00:00:00Z", "superseded".
std::string version_state(const Json& version, std::int64_t now_ms) {
  if (version["current"].boolean()) return version["disabled"].boolean() ? "ended" : "current";
  const auto effective = parse_rfc3339(version["effective"].string());
  return effective && *effective > now_ms ? "planned" : "superseded";
}

Table rules_table(const Json& rules, bool all, std::int64_t now_ms) {
  using enum Table::Align;
  Table table({{"NAME", left},
               {"KIND", left},
               {"SEV", left},
               {"STATE", left},
               {"SINCE", left},
               {"REV", right},
               {"METERS", right},
               {"FIRING", right},
               {"DOES", left}});
  for (const Json& rule : rules.items()) {
    const std::string state = version_state(rule, now_ms);
    if (!all && (state == "superseded" || state == "ended")) continue;
    table.add({rule["name"].string(), rule["kind"].string(), rule["severity"].string(), state,
               time_text(rule["effective"].string()), fmt::format("{}", rule["revision"].integer()),
               grouped(rule["meters"].integer()), grouped(rule["firing"].integer()), rule["does"].string()});
  }
  return table;
}

std::string profiles_text(const Json& profiles) {
  if (profiles.items().empty()) return {};
  Table table({{"PROFILE"}, {"METERS"}, {"LIMIT", Table::Align::right}, {"PERIOD", Table::Align::right}});
  for (const Json& profile : profiles.items()) {
    const Json& limit = profile["connection_limit_w"];
    const Json& period = profile["nominal_period_ms"];
    table.add({profile["name"].string(), names_of(profile["match"]),
               limit.is_integer() ? grouped(limit.integer()) + " W" : "-",
               period.is_integer() ? format_duration_ms(period.integer()) : "-"});
  }
  return "\n" + table.text();
}

std::string trial_text(const Json& trial, std::int64_t now_ms) {
  const auto& alerts = trial["alerts"].items();
  std::set<std::string> meters;
  for (const Json& alert : alerts) meters.insert(alert["meter"].string());
  const auto tried = static_cast<std::size_t>(trial["meters"].integer());
  if (alerts.empty())
    return fmt::format("{}: would not have fired on {}.\n", trial["rule"].string(), plural(tried, "meter"));
  std::string text = fmt::format("{}: would have fired {} on {} of {}.\n{}", trial["rule"].string(),
                                 plural(static_cast<std::size_t>(trial["total"].integer()), "time"),
                                 grouped(static_cast<std::int64_t>(meters.size())), plural(tried, "meter"),
                                 alerts_table(trial["alerts"], true, now_ms));
  if (!trial["complete"].boolean(true)) text += "Not every meter was tried: at most 1,000. Narrow --meter.\n";
  return text;
}

}  // namespace

Outcome<Answer> rules_apply(Session& session, const std::vector<std::string>& paths) {
  const auto files = read_rules(paths);
  if (!files) return tl::unexpected(files.error());
  auto body = session.send(toml_request("PUT", "/api/v1/rules", *files));
  if (!body) return tl::unexpected(files->explained(body.error()));
  Answer answer;
  const auto line = [&](const char* word, const Json& names) {
    if (!names.items().empty()) answer.text += fmt::format("{:<10} {}\n", word, names_of(names));
  };
  line("New", (*body)["created"]);
  line("Unchanged", (*body)["unchanged"]);
  answer.csv.columns = {"name", "outcome"};
  for (const char* outcome : {"created", "unchanged"})
    for (const Json& name : (*body)[outcome].items()) answer.csv.rows.push_back({name.string(), outcome});
  answer.document = std::move(*body);
  return answer;
}

Outcome<Answer> rules_list(Session& session, bool all) {
  auto body = session.get("/api/v1/rules");
  if (!body) return tl::unexpected(body.error());
  Answer answer;
  answer.rows_name = "rules";
  const Table table = rules_table((*body)["rules"], all, session.context().clock.wall_ms());
  answer.text = table.size() == 0 ? "No rule is in force. Apply some: wattringctl rules apply FILE\n"
                                  : table.text() + plural(table.size(), all ? "version" : "rule") +
                                        ".  More: wattringctl rules show NAME\n";
  answer.text += profiles_text((*body)["profiles"]);
  answer.csv.columns = {"name",      "kind",     "severity", "current", "disabled",
                        "effective", "revision", "meters",   "firing",  "does"};
  for (const Json& rule : (*body)["rules"].items()) answer.csv.rows.push_back(cells_of(rule, answer.csv.columns));
  answer.document = std::move(*body);
  return answer;
}

Outcome<Answer> rules_show(Session& session, const std::string& name) {
  auto body = session.get("/api/v1/rules?name=" + percent_encode(name));
  if (!body) return tl::unexpected(body.error());
  Answer answer;
  const std::int64_t now_ms = session.context().clock.wall_ms();
  const auto add = [&](const std::string& head, const Json& toml) {
    answer.text += (answer.text.empty() ? "# " : "\n# ") + head + "\n" + toml.string();
    if (!answer.text.ends_with('\n')) answer.text += '\n';
  };
  for (const Json& rule : (*body)["rules"].items()) {
    add(fmt::format("{}, revision {}: {}; {}, {} firing", version_state(rule, now_ms), rule["revision"].integer(),
                    rule["does"].string(), plural(static_cast<std::size_t>(rule["meters"].integer()), "meter"),
                    grouped(rule["firing"].integer())),
        rule["toml"]);
  }
  for (const Json& profile : (*body)["profiles"].items())
    add(fmt::format("profile, revision {}", profile["revision"].integer()), profile["toml"]);
  body->set("schema", "wattring.rules-show/1");
  answer.csv = flattened(*body);
  answer.document = std::move(*body);
  return answer;
}

Outcome<Answer> rules_test(Session& session, const RulesTestArguments& arguments) {
  const auto files = read_rules({arguments.file});
  if (!files) return tl::unexpected(files.error());
  const std::int64_t now_ms = session.context().clock.wall_ms();
  const auto span = parse_span(arguments.from, arguments.to, kMsPerDay, now_ms, session.globals().zone);
  if (!span) return tl::unexpected(span.error());
  const std::string target = fmt::format("/api/v1/rules/test?meter={}&from={}&to={}", percent_encode(arguments.meter),
                                         span->from_ms, span->to_ms);
  auto body = session.send(toml_request("POST", target, *files), kTestWaitMs);
  if (!body) return tl::unexpected(files->explained(body.error()));
  Answer answer;
  answer.rows_name = "trials";
  for (const Json& trial : (*body)["trials"].items()) {
    answer.text += trial_text(trial, now_ms);
    for (auto& row : alerts_csv(trial["alerts"]).rows) answer.csv.rows.push_back(std::move(row));
  }
  answer.text += fmt::format("{} to {}. Nothing was recorded or told.\n", time_text((*body)["from"].string()),
                             time_text((*body)["to"].string()));
  answer.csv.columns = alerts_csv(Json()).columns;
  answer.document = std::move(*body);
  return answer;
}

}  // namespace wattring::ctl
