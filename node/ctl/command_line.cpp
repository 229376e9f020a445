// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <functional>
#include <ostream>

#include "node/ctl/backup_verbs.hpp"
#include "node/ctl/cluster_verbs.hpp"
#include "node/ctl/commands/commands.hpp"
#include "node/ctl/commands/complete.hpp"
#include "node/ctl/completion.hpp"
#include "node/ctl/globals.hpp"
#include "node/ctl/operator_verbs.hpp"
#include "node/ctl/output.hpp"
#include "node/ctl/shard_verbs.hpp"
#include "node/ctl/token_verbs.hpp"
#include "node/ctl/unknown_verb.hpp"

namespace wattring::ctl {
namespace {

/// What the parser fills in, and the verb it decides on.
struct Parsed {
  GlobalArguments globals;
  ClusterArguments cluster;
  TokenArguments token;
  MeterListArguments list;
  std::string meter;
  IntervalsArguments intervals;
  VerifyArguments verify;
  TailArguments tail;
  ImportArguments import;
  std::string shell;
  std::string list_name;
  std::string prefix;
  std::string tail_poll = "1s";
  std::string tail_for;
  std::string import_retry = "5m";
  OperatorArguments operators;
  ShardVerbArguments shards;
  BackupVerbArguments backup;
  VerbFunction verb;
};

/// Verbs that give an Answer are all run alike.
void answer_with(CLI::App& app, Parsed& parsed, Query query) {
  app.callback([&parsed, query = std::move(query)] {
    parsed.verb = [query](const Context& context, const Globals& globals) { return show(query, context, globals); };
  });
}

/// A duration in an option of a verb; a CLI::ValidationError when it is none.
void add_globals(CLI::App& root, GlobalArguments& globals) {
  root.add_option("--node", globals.nodes,
                  "HTTP address of a node; may be repeated. Else WATTRING_NODES, else 127.0.0.1:7414")
      ->type_name("HOST:PORT")
      ->expected(1)
      ->take_all();
  root.add_option("--timeout", globals.timeout, "Longest wait for each answer")
      ->type_name("DURATION")
      ->capture_default_str();
  root.add_option("-o,--output", globals.output, "table, json, jsonl or csv")
      ->type_name("FORMAT")
      ->capture_default_str();
  root.add_flag("--watch{2s}", globals.watch, "Ask again and again, every 2s or --watch=DURATION");
  root.add_option("--color", globals.colour, "never, auto or always")->type_name("WHEN")->capture_default_str();
  root.add_option("--token-file", globals.token_file,
                  "File with the token for nodes that ask for one; else WATTRING_TOKEN_FILE")
      ->type_name("FILE");
  root.add_option("--tz", globals.zone, "Time zone of days; else this machine's")->type_name("ZONE");
}

void add_meter_verbs(CLI::App& root, Parsed& parsed) {
  CLI::App& meter = *root.add_subcommand("meter", "Look at meters, announce them, quarantine");
  meter.require_subcommand(1);
  const auto add = [&meter](const char* name, const char* about, std::string& id) {
    CLI::App* app = meter.add_subcommand(name, about);
    app->add_option("METER", id, "Id of the meter")->required();
    return app;
  };
  CLI::App& list = *meter.add_subcommand("list", "Meters by id");
  list.add_option("--prefix", parsed.list.prefix, "Only ids that begin so")->type_name("TEXT");
  list.add_option("--limit", parsed.list.limit, "At most so many")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  answer_with(list, parsed, [&parsed](Session& session) { return meter_list(session, parsed.list); });
  answer_with(*add("show", "Last values, today's energy, the last 24 hours", parsed.meter), parsed,
              [&parsed](Session& session) { return meter_show(session, parsed.meter); });

  CLI::App& intervals = *add("intervals", "Energy per quarter-hour, hour, day or month", parsed.intervals.meter);
  intervals.add_option("--register", parsed.intervals.register_name, "OBIS code or alias; else the import register");
  intervals.add_option("--every", parsed.intervals.every, "15m, 1h, 1d or 1mo")->capture_default_str();
  intervals.add_option("--from", parsed.intervals.from, "Time, day or -24h; else 24 hours before --to");
  intervals.add_option("--to", parsed.intervals.to, "Time, day or -24h; else now");
  answer_with(intervals, parsed, [&parsed](Session& session) { return meter_intervals(session, parsed.intervals); });

  CLI::App& verify =
      *add("verify", "Check that intervals add up to the registers; exit 21 when not", parsed.verify.meter);
  verify.add_option("--from", parsed.verify.from, "Time, day or -31d; else 31 days before --to");
  verify.add_option("--to", parsed.verify.to, "Time, day or -24h; else now");
  answer_with(verify, parsed, [&parsed](Session& session) { return meter_verify(session, parsed.verify); });

  CLI::App& tail = *add("tail", "Readings as they come, a line each", parsed.tail.meter);
  tail.add_option("--register", parsed.tail.register_name, "Only this OBIS code or name");
  tail.add_option("--poll", parsed.tail_poll, "How often to ask")->type_name("DURATION")->capture_default_str();
  tail.add_option("--for", parsed.tail_for, "Stop after this; else at Ctrl-C")->type_name("DURATION");
  tail.callback([&parsed] {
    parsed.tail.poll_ms = duration_option("--poll", parsed.tail_poll);
    if (!parsed.tail_for.empty()) parsed.tail.for_ms = duration_option("--for", parsed.tail_for);
    parsed.verb = [&parsed](const Context& context, const Globals& globals) {
      return meter_tail(parsed.tail, context, globals);
    };
  });
  add_operator_verbs(root, meter, parsed.operators, parsed.verb);
}

void add_import(CLI::App& root, Parsed& parsed) {
  ImportArguments& import = parsed.import;
  CLI::App& app =
      *root.add_subcommand("import", "Send a file of readings: line protocol, JSON, NDJSON or P1 telegrams");
  app.add_option("FILE", import.file, "The file; - for standard input")->required();
  app.add_option("--format", import.format, "line, json or p1; else by the content")
      ->check(CLI::IsMember({"line", "json", "p1"}));
  app.add_option("--meter", import.meter, "P1: file the readings under this id")->type_name("ID");
  app.add_option("--precision", import.precision, "Line protocol: unit of its times, else ns")
      ->check(CLI::IsMember({"ns", "us", "ms", "s"}));
  app.add_option("--refused", import.refused_file, "Write what was refused to this file")->type_name("FILE");
  app.add_flag("--strict", import.strict, "Exit 7 when anything was refused");
  app.add_option("--chunk-bytes", import.chunk_bytes, "Size of a request")
      ->check(CLI::Range(1024, 64 << 20))
      ->capture_default_str();
  app.add_option("--retry", parsed.import_retry, "How long to try again when nodes are busy or silent")
      ->type_name("DURATION")
      ->capture_default_str();
  app.callback([&parsed] {
    parsed.import.retry_ms = duration_option("--retry", parsed.import_retry);
    parsed.verb = [&parsed](const Context& context, const Globals& globals) {
      return import_file(parsed.import, context, globals);
    };
  });
}

/// Options may stand before or after the verb.
void let_fall_through(CLI::App& app) {
  for (CLI::App* sub : app.get_subcommands([](CLI::App*) { return true; })) {
    sub->fallthrough();
    let_fall_through(*sub);
  }
}

/// above: the words before it, without the program's.
Verb tree_of(const CLI::App& app, const std::string& above = {}) {
  Verb verb{app.get_name(), app.get_description(), {}, {}};
  const bool is_root = app.get_parent() == nullptr;
  const std::string path = is_root ? "" : above.empty() ? app.get_name() : above + " " + app.get_name();
  verb.list = completion_list(path);
  for (const CLI::Option* option : app.get_options()) {
    const bool has_value = option->get_items_expected_min() > 0;
    verb.takes_words = verb.takes_words || option->get_positional();
    for (const std::string& name : option->get_lnames()) {
      verb.options.push_back("--" + name);
      if (has_value) verb.with_value.push_back("--" + name);
    }
    for (const std::string& name : option->get_snames())
      if (has_value) verb.with_value.push_back("-" + name);
  }
  // A group without a name hides a verb from people.
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); }))
    verb.verbs.push_back(tree_of(*sub, path));
  return verb;
}

void add_completion(CLI::App& root, Parsed& parsed) {
  CLI::App& app = *root.add_subcommand("completion", "Print a completion script for a shell");
  app.add_option("SHELL", parsed.shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  app.callback([&parsed, &root] {
    parsed.verb = [&parsed, &root](const Context& context, const Globals&) {
      context.out << completion_script(parsed.shell, tree_of(root));
      return int{kExitDone};
    };
  });
}

/// For the scripts above alone.
void add_complete(CLI::App& root, Parsed& parsed) {
  CLI::App& app = *root.add_subcommand("complete", "Words for a completion script")->group("");
  app.add_option("LIST", parsed.list_name, "Which")->required();
  app.add_option("PREFIX", parsed.prefix, "Their beginning");
  app.callback([&parsed] {
    parsed.verb = [&parsed](const Context& context, const Globals& globals) {
      return complete_words(parsed.list_name, parsed.prefix, context, globals);
    };
  });
}

}  // namespace

int run_command_line(const std::vector<std::string>& arguments, const Context& context) {
  Parsed parsed;
  CLI::App root("Look at a wattring cluster and feed it", "wattringctl");
  root.require_subcommand(1);
  root.set_help_all_flag("--help-all", "Help for every verb");
  add_globals(root, parsed.globals);
  add_cluster_verbs(root, parsed.cluster, parsed.verb);
  add_shard_verbs(root, parsed.shards, parsed.verb);
  add_backup_verbs(root, parsed.backup, parsed.verb);
  add_meter_verbs(root, parsed);
  add_token_verbs(root, parsed.token, parsed.verb);
  add_import(root, parsed);
  add_completion(root, parsed);
  add_complete(root, parsed);
  let_fall_through(root);
  try {
    // CLI11 takes a vector from its back.
    const std::vector<std::string> words = split_counts(arguments);
    root.parse(std::vector<std::string>(words.rbegin(), words.rend()));
    parsed.cluster.wait.timeout_ms = duration_option("--timeout", parsed.cluster.wait_timeout);
  } catch (const CLI::ParseError& error) {
    const bool is_help = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success);
    const auto unknown = is_help ? std::nullopt : unknown_verb(tree_of(root), arguments);
    if (unknown) {
      context.err << *unknown;
    } else {
      (void)root.exit(error, context.out, context.err);
    }
    return is_help ? kExitDone : kExitUsage;
  }
  const auto globals = resolve(parsed.globals, context);
  if (!globals) {
    context.err << globals.error().text() << "\n";
    return kExitUsage;
  }
  context.api.use_token(globals->token);
  return parsed.verb(context, *globals);
}

}  // namespace wattring::ctl
