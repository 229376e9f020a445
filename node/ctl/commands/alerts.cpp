// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/commands/alerts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/time.hpp"
#include "node/ctl/meter_api.hpp"
#include "node/ctl/output.hpp"
#include "node/ctl/rule_texts.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

Outcome<std::string> alerts_target(const AlertsArguments& arguments, const Session& session) {
  std::string target = fmt::format("/api/v1/alerts?limit={}", arguments.limit);
  if (arguments.history) target += "&history=true";
  if (!arguments.state.empty()) target += "&state=" + arguments.state;
  if (!arguments.rule.empty()) target += "&rule=" + percent_encode(arguments.rule);
  if (!arguments.meter.empty()) target += "&meter=" + percent_encode(arguments.meter);
  const auto zone = find_zone(session.globals().zone);
  if (!zone) return tl::unexpected(zone.error());
  const std::int64_t now_ms = session.context().clock.wall_ms();
  for (const auto& [name, text] : {std::pair{"from", &arguments.from}, std::pair{"to", &arguments.to}}) {
    if (text->empty()) continue;
    const auto time = parse_when(*text, now_ms, *zone);
    if (!time) return tl::unexpected(time.error());
    target += fmt::format("&{}={}", name, *time);
  }
  return target;
}

/// How long it has fired, or did.
std::string duration_text(const Json& alert, std::int64_t now_ms) {
  const auto since = parse_rfc3339(alert["since"].string());
  if (!since) return "-";
  const auto resolved = parse_rfc3339(alert["resolved"].string());
  return age_text(std::max<std::int64_t>(0, (resolved ? *resolved : now_ms) - *since) / kMsPerSecond);
}

std::string counts_line(const Json& alerts, std::int64_t total, bool history) {
  std::map<std::string, std::size_t> states;
  for (const Json& alert : alerts.items()) ++states[alert["state"].string()];
  std::string text;
  for (const auto& [state, n] : states) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", n, state);
  const auto shown = static_cast<std::int64_t>(alerts.items().size());
  if (total > shown) text += fmt::format("; {} of {} shown", grouped(shown), grouped(total));
  return text + (history ? ".\n" : ".  More: wattringctl alerts explain KIND | ack ID | mute ID | history\n");
}

Answer explanation(const RuleText& text) {
  Answer answer;
  answer.text =
      fmt::format("{}\n\nMeaning    {}\nFormula    {}\nFires      {}\nClears     {}\nIt is not  {}\nFirst checks\n",
                  text.kind, text.meaning, text.formula, text.fires, text.clears, text.not_this);
  Json checks = Json::Array{};
  for (std::size_t i = 0; i < text.checks.size(); ++i) {
    answer.text += fmt::format("  {}. {}\n", i + 1, text.checks[i]);
    checks.push(Json(text.checks[i]));
  }
  answer.text += "More       docs/metering/alerts.md\n";
  answer.document.set("schema", "wattring.alerts-explain/1").set("kind", text.kind).set("meaning", text.meaning);
  answer.document.set("formula", text.formula).set("fires", text.fires).set("clears", text.clears);
  answer.document.set("not", text.not_this).set("checks", std::move(checks));
  answer.csv = flattened(answer.document);
  return answer;
}

}  // namespace

std::string painted_severity(const std::string& severity, const Globals& globals) {
  if (severity == "critical") return painted(severity, Colour::red, globals);
  return severity == "warn" ? painted(severity, Colour::yellow, globals) : severity;
}

std::string alerts_table(const Json& alerts, bool history, std::int64_t now_ms) {
  using enum Table::Align;
  std::vector<Table::Column> columns{{"SEV", left},   {"STATE", left}, {"RULE", left},
                                     {"METER", left}, {"PHASE", left}, {"SINCE", left},
                                     {"FOR", right},  {"PEAK", right}, {"COUNT", right}};
  columns.push_back({history ? "RESOLVED" : "ACKED BY", left});
  columns.push_back({"ID", left});
  Table table(std::move(columns));
  for (const Json& alert : alerts.items()) {
    const std::string& phase = alert["phase"].string();
    const std::string& last = alert[history ? "resolved" : "acked_by"].string();
    table.add({alert["severity"].string(), alert["state"].string() + (alert["flapping"].boolean() ? " flapping" : ""),
               alert["rule"].string(), alert["meter"].string(), phase.empty() ? "-" : phase,
               time_text(alert["since"].string()), duration_text(alert, now_ms), grouped(alert["value"].integer()),
               grouped(alert["count"].integer()),
               last.empty() ? "-"
               : history    ? time_text(last)
                            : last,
               alert["id"].string().substr(0, kShortIdDigits)});
  }
  return table.text();
}

Csv alerts_csv(const Json& alerts) {
  Csv csv;
  csv.columns = {"id",   "revision", "rule",  "meter", "phase", "state",    "severity", "since",    "fired",
                 "last", "resolved", "value", "count", "told",  "flapping", "note",     "acked_by", "acked_at"};
  for (const Json& alert : alerts.items()) csv.rows.push_back(cells_of(alert, csv.columns));
  return csv;
}

Outcome<Answer> alerts(Session& session, const AlertsArguments& arguments) {
  const auto target = alerts_target(arguments, session);
  if (!target) return tl::unexpected(target.error());
  auto body = session.get(*target);
  if (!body) return tl::unexpected(body.error());
  Answer answer;
  answer.rows_name = "alerts";
  const Json& rows = (*body)["alerts"];
  if (rows.items().empty()) {
    answer.text = arguments.history ? "No alert in that time.\n" : "No alert is open.\n";
  } else {
    answer.text = alerts_table(rows, arguments.history, session.context().clock.wall_ms()) +
                  counts_line(rows, (*body)["total"].integer(), arguments.history);
  }
  answer.csv = alerts_csv(rows);
  answer.document = std::move(*body);
  return answer;
}

Outcome<Answer> explain_rule(const std::string& kind) {
  if (const RuleText* text = find_rule_text(kind)) return explanation(*text);
  std::vector<std::string> kinds;
  for (const RuleText& one : rule_texts()) kinds.emplace_back(one.kind);
  std::string known;
  for (const std::string& one : kinds) known += (known.empty() ? "" : " ") + one;
  return tl::unexpected(Trouble{kExitNotFound, fmt::format("There is no kind of rule \"{}\"; the nearest is {}.\n"
                                                           "Kinds: {}\n"
                                                           "The kind of a rule: wattringctl rules show NAME\n",
                                                           kind, nearest_word(kind, kinds), known)});
}

}  // namespace wattring::ctl
