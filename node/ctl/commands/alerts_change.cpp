// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/time.hpp"
#include "node/ctl/commands/alerts.hpp"
#include "node/ctl/meter_api.hpp"
#include "node/ctl/output.hpp"
#include "node/ctl/session.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

/// Who is named, else who runs the program.
Outcome<std::string> who(const std::string& named, const char* option, const Context& context) {
  if (!named.empty()) return named;
  for (const char* name : {"USER", "LOGNAME"}) {
    const auto found = context.environment.find(name);
    if (found != context.environment.end() && !found->second.empty()) return found->second;
  }
  return usage_trouble(
      fmt::format("Nobody would know whom to ask: USER is not set.\nSay who you are: {} NAME\n", option));
}

/// "rule R of meter M, phase L1"
std::string subject_of(const Json& alert) {
  const std::string& phase = alert["phase"].string();
  return fmt::format("{} of {}{}", alert["rule"].string(), alert["meter"].string(), phase.empty() ? "" : " " + phase);
}

std::string silence_text(const Json& silence) {
  return fmt::format("{} of {}, {} to {}", silence["rule"].string(), silence["meter"].string(),
                     time_text(silence["from"].string()), time_text(silence["until"].string()));
}

/// The open alert whose id begins so.
Outcome<Json> find_alert(Session& session, const std::string& id) {
  const auto body = session.get("/api/v1/alerts?limit=10000");
  if (!body) return tl::unexpected(body.error());
  std::vector<const Json*> found;
  for (const Json& alert : (*body)["alerts"].items())
    if (alert["id"].string().starts_with(id)) found.push_back(&alert);
  if (found.size() == 1) return *found.front();
  if (found.empty()) {
    return tl::unexpected(Trouble{kExitNotFound, fmt::format("No open alert has an id that begins with \"{}\".\n"
                                                             "See: wattringctl alerts, or name --rule and --meter\n",
                                                             id)});
  }
  return usage_trouble(
      fmt::format("{} alerts have an id that begins with \"{}\"; give more digits\n", found.size(), id));
}

/// An instant as the API takes it, or nothing.
Outcome<Json> instant(Session& session, const std::string& text, std::int64_t now_ms) {
  if (text.empty()) return Json();
  const auto zone = find_zone(session.globals().zone);
  if (!zone) return tl::unexpected(zone.error());
  const auto time = parse_when(text, now_ms, *zone);
  if (!time) return tl::unexpected(time.error());
  return Json(format_rfc3339(*time));
}

/// The body of POST /api/v1/silences.
Outcome<Json> silence_body(Session& session, const MuteArguments& arguments) {
  Json body;
  if (!arguments.id.empty()) {
    if (!arguments.rule.empty() || !arguments.meter.empty())
      return usage_trouble("An alert's ID already says rule and meter; give either ID, or --rule and --meter\n");
    if (arguments.id.size() < 4) return usage_trouble("The first 4 digits of an alert's id, at least\n");
    const auto alert = find_alert(session, arguments.id);
    if (!alert) return tl::unexpected(alert.error());
    body.set("rule", (*alert)["rule"]).set("meter", (*alert)["meter"]);
  } else if (arguments.rule.empty() && arguments.meter.empty()) {
    return usage_trouble(
        "What to silence? Give an alert's ID, or --rule or --meter (patterns; everything is --rule '*')\n");
  } else {
    body.set("rule", arguments.rule.empty() ? "*" : arguments.rule);
    body.set("meter", arguments.meter.empty() ? "*" : arguments.meter);
  }
  if (arguments.until.empty() == arguments.length.empty())
    return usage_trouble("A silence must end: give either --for 2h or --until 2026-02-11T18:00:00Z\n");
  // One look at the clock: from +1h until +3h is two hours.
  const std::int64_t now_ms = session.context().clock.wall_ms();
  const auto from = instant(session, arguments.from, now_ms);
  if (!from) return tl::unexpected(from.error());
  const auto until = instant(session, arguments.until, now_ms);
  if (!until) return tl::unexpected(until.error());
  if (!from->is_null()) body.set("from", *from);
  if (until->is_null()) {
    body.set("for", arguments.length);
  } else {
    body.set("until", *until);
  }
  const auto by = who(arguments.by, "--by", session.context());
  if (!by) return tl::unexpected(by.error());
  return body.set("by", *by).set("why", arguments.why);
}

}  // namespace

Outcome<Answer> acknowledge(Session& session, const AckArguments& arguments) {
  const auto user = who(arguments.user, "--user", session.context());
  if (!user) return tl::unexpected(user.error());
  Json wanted;
  wanted.set("user", *user).set("note", arguments.note);
  auto body = session.post(fmt::format("/api/v1/alerts/{}/ack", percent_encode(arguments.id)), wanted);
  if (!body) return tl::unexpected(body.error());
  const Json& alert = (*body)["alert"];
  Answer answer;
  answer.text =
      fmt::format("Acknowledged {}: {}, {}\n", alert["id"].string(), subject_of(alert), alert["state"].string());
  answer.csv = flattened(*body);
  answer.document = std::move(*body);
  return answer;
}

Outcome<Answer> mute(Session& session, const MuteArguments& arguments) {
  const auto wanted = silence_body(session, arguments);
  if (!wanted) return tl::unexpected(wanted.error());
  auto body = session.post("/api/v1/silences", *wanted);
  if (!body) return tl::unexpected(body.error());
  const Json& silence = (*body)["silence"];
  Answer answer;
  answer.text = fmt::format(
      "Silenced {}: {}\nAlerts are still recorded; what fires when it ends is told then.\n"
      "Undo: wattringctl alerts unmute {}\n",
      silence["id"].string(), silence_text(silence), silence["id"].string());
  answer.csv = flattened(*body);
  answer.document = std::move(*body);
  return answer;
}

Outcome<Answer> unmute(Session& session, const std::string& id) {
  ApiRequest request;
  request.method = "DELETE";
  request.target = "/api/v1/silences/" + percent_encode(id);
  auto body = session.send(std::move(request));
  if (!body) return tl::unexpected(body.error());
  Answer answer;
  answer.text = fmt::format("Silence {} has ended. What it covered and still fires is told now.\n", id);
  answer.csv = flattened(*body);
  answer.document = std::move(*body);
  return answer;
}

Outcome<Answer> silences(Session& session) {
  auto body = session.get("/api/v1/silences");
  if (!body) return tl::unexpected(body.error());
  Answer answer;
  answer.rows_name = "silences";
  Table table({{"ID"}, {"NOW"}, {"RULE"}, {"METER"}, {"FROM"}, {"UNTIL"}, {"BY"}, {"WHY"}});
  answer.csv.columns = {"id", "active", "rule", "meter", "from", "until", "by", "why"};
  for (const Json& silence : (*body)["silences"].items()) {
    table.add({silence["id"].string(), silence["active"].boolean() ? "silent" : "later", silence["rule"].string(),
               silence["meter"].string(), time_text(silence["from"].string()), time_text(silence["until"].string()),
               silence["by"].string(), silence["why"].string()});
    answer.csv.rows.push_back(cells_of(silence, answer.csv.columns));
  }
  answer.text = table.size() == 0
                    ? "No silences.\n"
                    : table.text() + plural(table.size(), "silence") + ".  End one: wattringctl alerts unmute ID\n";
  answer.document = std::move(*body);
  return answer;
}

}  // namespace wattring::ctl
