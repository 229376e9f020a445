// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/operator_verbs.hpp"

#include <CLI/CLI.hpp>

#include "node/ctl/verb_group.hpp"

namespace wattring::ctl {
namespace {

void add_filters(CLI::App& app, AlertsArguments& arguments) {
  app.add_option("--rule", arguments.rule, "Only of these rules")->type_name("PATTERN");
  app.add_option("--meter", arguments.meter, "Only of these meters")->type_name("PATTERN");
  app.add_option("--limit", arguments.limit, "At most so many")->check(CLI::Range(1, 10'000))->capture_default_str();
}

void add_alert_lists(CLI::App& alerts_app, OperatorArguments& arguments, VerbFunction& verb) {
  const Query list = [&arguments](Session& session) { return alerts(session, arguments.list); };
  VerbGroup verbs(alerts_app, verb);
  look_by_default(alerts_app, verb, list);
  CLI::App& open = verbs.look("list", "What is open", list);
  add_filters(open, arguments.list);
  open.add_option("--state", arguments.list.state, "Only firing or acked")->check(CLI::IsMember({"firing", "acked"}));
  arguments.history.history = true;
  CLI::App& past = verbs.look("history", "What was, newest first: resolved and retracted too",
                              [&arguments](Session& session) { return alerts(session, arguments.history); });
  add_filters(past, arguments.history);
  past.add_option("--state", arguments.history.state, "Only these")
      ->check(CLI::IsMember({"firing", "acked", "resolved", "retracted"}));
  past.add_option("--from", arguments.history.from, "That began at or after this time, day or -24h");
  past.add_option("--to", arguments.history.to, "That began before this time, day or -24h");
  verbs
      .look("explain", "What a kind of rule means, its formula, its default, what to check",
            [&arguments](Session&) { return explain_rule(arguments.kind); })
      .add_option("KIND", arguments.kind, "For example over_power")
      ->required();
  verbs.look("silences", "What is not told, until when, by whom and why", silences);
}

void add_alert_changes(CLI::App& alerts_app, OperatorArguments& arguments, VerbFunction& verb) {
  VerbGroup verbs(alerts_app, verb);
  AckArguments& ack = arguments.ack;
  CLI::App& acking = verbs.change("ack", "Say that you have seen an alert",
                                  [&ack](Session& session) { return acknowledge(session, ack); });
  acking.add_option("ID", ack.id, "First digits of the alert's id, at least 4")->required();
  acking.add_option("--note", ack.note, "For those who look after you")->type_name("TEXT");
  acking.add_option("--user", ack.user, "Who you are; else $USER")->type_name("NAME");

  MuteArguments& muting = arguments.mute;
  CLI::App& app = verbs.change("mute", "Tell nobody for a while: an alert's rule and meter, or patterns",
                               [&muting](Session& session) { return mute(session, muting); });
  app.add_option("ID", muting.id, "First digits of an open alert's id; or --rule and --meter");
  app.add_option("--rule", muting.rule, "Rules; else every rule")->type_name("PATTERN");
  app.add_option("--meter", muting.meter, "Meters; else every meter")->type_name("PATTERN");
  app.add_option("--for", muting.length, "How long from its start: 30m, 2h, 7d")->type_name("DURATION");
  app.add_option("--until", muting.until, "Or until then: time, day or +2h")->type_name("TIME");
  app.add_option("--from", muting.from, "Start of a maintenance window; else now")->type_name("TIME");
  app.add_option("--why", muting.why, "The reason")->type_name("TEXT")->required();
  app.add_option("--by", muting.by, "Who you are; else $USER")->type_name("NAME");

  verbs.change("unmute", "End a silence", [&arguments](Session& session) { return unmute(session, arguments.silence); })
      .add_option("SILENCE", arguments.silence, "Its id, as `alerts silences` lists it")
      ->required();
}

void add_rules(CLI::App& root, OperatorArguments& arguments, VerbFunction& verb) {
  CLI::App& rules = *root.add_subcommand("rules", "What must not stay unnoticed");
  rules.require_subcommand(1);
  VerbGroup verbs(rules, verb);
  verbs
      .change("apply", "Put rules and profiles in force: all files, or none when one has an error",
              [&arguments](Session& session) { return rules_apply(session, arguments.rule_files); })
      .add_option("FILE", arguments.rule_files, "TOML with [[rule]] and [[profile]]; - for standard input")
      ->required();
  verbs
      .look("list", "Rules and profiles in force",
            [&arguments](Session& session) { return rules_list(session, arguments.all_rules); })
      .add_flag("--all", arguments.all_rules, "Superseded versions too");
  verbs
      .look("show", "One rule or profile as TOML, every version",
            [&arguments](Session& session) { return rules_show(session, arguments.rule); })
      .add_option("NAME", arguments.rule, "Its name")
      ->required();
  RulesTestArguments& test = arguments.test;
  CLI::App& trial = verbs.look("test", "What a file's rules would have done; nothing is recorded or told",
                               [&test](Session& session) { return rules_test(session, test); });
  trial.add_option("FILE", test.file, "TOML with [[rule]]; - for standard input")->required();
  trial.add_option("--meter", test.meter, "On these meters, at most 1000")->type_name("PATTERN")->required();
  trial.add_option("--from", test.from, "Time, day or -7d; else 24 hours before --to");
  trial.add_option("--to", test.to, "Time, day or -24h; else now");
}

void add_actors(CLI::App& root, OperatorArguments& arguments, VerbFunction& verb) {
  ActorsArguments& shown = arguments.actors;
  CLI::App& app = *root.add_subcommand("actors", "What runs in a node, as a tree");
  look_by_default(app, verb, [&shown](Session& session) { return actors(session, shown); });
  app.add_option("PATH", shown.path, "Only from here down, for example /shards/12");
  app.add_option("--depth", shown.depth, "How many levels below it")->check(CLI::Range(0, 16))->capture_default_str();
  app.add_flag("--all", shown.all, "Draw those too that have nothing to tell");
  VerbGroup(app, verb)
      .change("resume", "Let a shard derive again that only wrote its journal",
              [&arguments](Session& session) { return actors_resume(session, arguments.actor); })
      .add_option("PATH", arguments.actor, "For example /shards/12")
      ->required();
}

void add_meter_changes(CLI::App& meter, OperatorArguments& arguments, VerbFunction& verb) {
  VerbGroup(meter, verb)
      .change("add", "Announce a meter, so that it is missed when it never sends",
              [&arguments](Session& session) { return meter_add(session, arguments.meter); })
      .add_option("METER", arguments.meter, "Id of the meter")
      ->required();
  EraseArguments& erase = arguments.erase;
  CLI::App& erasing = VerbGroup(meter, verb)
                          .change("erase", "Erase what a meter said before a time, on all nodes, for good",
                                  [&erase](Session& session) { return meter_erase(session, erase); });
  erasing.add_option("METER", erase.meter, "Id of the meter")->required();
  erasing.add_option("--before", erase.before, "Readings that start earlier go: time, day or -400d")
      ->type_name("TIME")
      ->required();
  erasing.add_option("--reason", erase.reason, "For the audit record of the node that is asked")->type_name("TEXT");
  erasing.add_flag("--dry-run", erase.dry_run, "Only count what would go");
  erasing.add_flag("--yes", erase.yes, "Do not ask");
  CLI::App& quarantine = *meter.add_subcommand("quarantine", "Readings that made their meter's actor fail");
  look_by_default(quarantine, verb, quarantine_list);
  VerbGroup verbs(quarantine, verb);
  verbs.look("list", "What is set aside, and why", quarantine_list);
  verbs
      .change("release", "Give the readings to the meter again",
              [&arguments](Session& session) { return quarantine_release(session, arguments.quarantined); })
      .add_option("ID", arguments.quarantined, "As `meter quarantine list` shows it")
      ->required();
  CLI::App& drop = verbs.change("drop", "Forget the readings for good", [&arguments](Session& session) {
    return quarantine_drop(session, arguments.quarantined, arguments.yes);
  });
  drop.add_option("ID", arguments.quarantined, "As `meter quarantine list` shows it")->required();
  drop.add_flag("--yes", arguments.yes, "Do not ask");
}

}  // namespace

void add_operator_verbs(CLI::App& root, CLI::App& meter, OperatorArguments& arguments, VerbFunction& verb) {
  CLI::App& alerts_app = *root.add_subcommand("alerts", "What rules found: open alerts, history, silences");
  add_alert_lists(alerts_app, arguments, verb);
  add_alert_changes(alerts_app, arguments, verb);
  add_rules(root, arguments, verb);
  add_actors(root, arguments, verb);
  add_meter_changes(meter, arguments, verb);
}

}  // namespace wattring::ctl
