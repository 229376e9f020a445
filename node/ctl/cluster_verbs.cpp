// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/cluster_verbs.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>

#include "node/ctl/commands/shards.hpp"
#include "node/ctl/output.hpp"
#include "node/ctl/schema.hpp"

namespace wattring::ctl {
namespace {

constexpr std::string_view kMembers = "members";

void look_with(CLI::App& app, VerbFunction& verb, Query query) {
  app.callback([&verb, query = std::move(query)] {
    verb = [query](const Context& context, const Globals& globals) { return show(query, context, globals); };
  });
}

void add_judging(CLI::App& root, ClusterArguments& arguments, VerbFunction& verb) {
  CLI::App& screen = *root.add_subcommand("status", "One screen: verdict, problems, numbers");
  screen.add_flag("--promises", arguments.promises, "Instead: what is promised while nodes are away");
  look_with(screen, verb,
            [&arguments](Session& session) { return arguments.promises ? promises(session) : status(session); });
  CLI::App& judge = *root.add_subcommand("health", "Judge: exit 0 healthy, 10 degraded, 11 critical, 3 no answer");
  judge.add_flag("--local", arguments.health.local, "Only whether the node itself is ready");
  judge.add_flag("--nagios", arguments.health.nagios, "One line with performance data; exit 0, 1, 2 or 3");
  look_with(judge, verb, [&arguments](Session& session) { return health(session, arguments.health); });
  CLI::App& nodes = *root.add_subcommand("members", "The nodes, as every node sees them");
  nodes.add_flag("--views", arguments.members.views, "Also who sees whom, when all agree too");
  look_with(nodes, verb, [&arguments](Session& session) { return members(session, arguments.members); });
  CLI::App& check =
      *root.add_subcommand("doctor", "Check ports, clocks, disks, limits, versions, configuration, views");
  look_with(check, verb, doctor);
  look_with(*root.add_subcommand("version", "Of this program and of the nodes"), verb, version);
}

void add_events(CLI::App& root, ClusterArguments& arguments, VerbFunction& verb) {
  CLI::App& app = *root.add_subcommand("events", "What happened to members, as every node saw it, by time");
  app.add_flag("-f,--follow", arguments.events.follow, "Go on with what comes");
  app.add_option("--since", arguments.events_since, "How far back")->type_name("DURATION")->capture_default_str();
  app.add_option("--for", arguments.events_for, "With -f: stop after this; else at Ctrl-C")->type_name("DURATION");
  app.callback([&arguments, &verb] {
    arguments.events.since_ms = duration_option("--since", arguments.events_since);
    if (!arguments.events_for.empty()) arguments.events.for_ms = duration_option("--for", arguments.events_for);
    verb = [&arguments](const Context& context, const Globals& globals) {
      if (arguments.events.follow) return follow_events(arguments.events, context, globals);
      return show([&arguments](Session& session) { return events(session, arguments.events); }, context, globals);
    };
  });
}

void add_problems(CLI::App& root, ClusterArguments& arguments, VerbFunction& verb) {
  CLI::App& trouble = *root.add_subcommand("problems", "What is wrong with nodes, disks and shards");
  CLI::App& explain = *trouble.add_subcommand("explain", "What a code means, what is at risk, what to check");
  explain.add_option("CODE", arguments.problem_code, "For example DISK_RESERVE")->required();
  look_with(explain, verb, [&arguments](Session&) { return explain_problem(arguments.problem_code); });
  trouble.callback([&explain, &verb] {
    if (explain.parsed()) return;
    verb = [](const Context& context, const Globals& globals) { return show(problems, context, globals); };
  });
}

void add_wait(CLI::App& root, ClusterArguments& arguments, VerbFunction& verb) {
  CLI::App& app = *root.add_subcommand("wait", "Wait until it is so; exit 6 when time is up");
  app.require_subcommand(1);
  app.add_option("--timeout", arguments.wait_timeout, "Longest wait in all")
      ->type_name("DURATION")
      ->capture_default_str();
  const auto add = [&](const char* name, const char* about, WaitArguments::For what) -> CLI::App& {
    CLI::App& one = *app.add_subcommand(name, about);
    one.callback([&arguments, &verb, what] {
      arguments.wait.what = what;
      verb = [&arguments](const Context& context, const Globals& globals) {
        return wait_for(arguments.wait, context, globals);
      };
    });
    return one;
  };
  add("healthy", "Every node answers, is healthy and sees the same members", WaitArguments::For::healthy);
  add("ready", "The nodes that are named are ready for readings and queries", WaitArguments::For::ready);
  add("shards-settled", "The ring has all live nodes, nothing is filling, nothing missing, nothing held for others",
      WaitArguments::For::shards_settled);
  add("node-up", "Every node that answers sees this one up", WaitArguments::For::node_up)
      .add_option("NAME", arguments.wait.node, "Name or id of the node")
      ->required();
  add(kMembers.data(), "Exactly so many nodes are up, each sees that, and all answer: members=3",
      WaitArguments::For::members)
      .add_option("N", arguments.wait.members, "How many")
      ->required()
      ->check(CLI::Range(1, 100'000));
}

void add_keygen(CLI::App& root, ClusterArguments& arguments, VerbFunction& verb) {
  KeygenArguments& keys = arguments.keygen;
  CLI::App& app = *root.add_subcommand("keygen", "Make the key file of a node or a client of the cluster");
  app.add_option("FILE", keys.file, "File to make; - for standard output")->required();
  app.add_option("--name", keys.name, "Whose it is; else the file's name without its ending")->type_name("NAME");
  app.add_option("--like", keys.like, "Key file of a node of the same cluster; else a new cluster")->type_name("FILE");
  app.add_flag("--client", keys.client, "Of a client: it can connect, and nobody to it");
  app.add_flag("--show-secret", keys.show_secret, "With -: also when standard output is a terminal");
  app.callback([&keys, &verb] {
    verb = [&keys](const Context& context, const Globals& globals) {
      return show([&keys](Session& session) { return keygen(keys, session.context()); }, context, globals);
    };
  });
}

int print_schema(const std::vector<std::string>& words, const Context& context) {
  std::string verb;
  for (const std::string& word : words) verb += (verb.empty() ? "" : " ") + word;
  std::string known;
  for (const SchemaText& text : schema_texts()) {
    known += fmt::format("  {}\n", text.verb);
    if (text.verb != verb) continue;
    context.out << json_schema(text).pretty() << "\n";
    return kExitDone;
  }
  context.err << fmt::format("There is no schema of \"{}\". Verbs with one:\n{}", verb, known);
  return kExitNotFound;
}

void add_schema(CLI::App& root, ClusterArguments& arguments, VerbFunction& verb) {
  CLI::App& app = *root.add_subcommand("schema", "Print the JSON Schema of what a verb prints with -o json");
  app.add_option("VERB", arguments.schema_verb, "For example status, or meter show")->required();
  app.callback([&arguments, &verb] {
    verb = [&arguments](const Context& context, const Globals&) {
      return print_schema(arguments.schema_verb, context);
    };
  });
}

}  // namespace

std::int64_t duration_option(const char* option, const std::string& text) {
  const auto value = parse_duration_ms(text);
  if (!value) throw CLI::ValidationError(option, text + " is not a duration, for example 60s");
  return *value;
}

void add_cluster_verbs(CLI::App& root, ClusterArguments& arguments, VerbFunction& verb) {
  add_judging(root, arguments, verb);
  add_events(root, arguments, verb);
  add_problems(root, arguments, verb);
  add_wait(root, arguments, verb);
  add_keygen(root, arguments, verb);
  add_schema(root, arguments, verb);
}

std::vector<std::string> split_counts(const std::vector<std::string>& arguments) {
  std::vector<std::string> out;
  for (const std::string& word : arguments) {
    if (!word.starts_with(fmt::format("{}=", kMembers)) || std::ranges::find(out, "wait") == out.end()) {
      out.push_back(word);
      continue;
    }
    out.emplace_back(kMembers);
    out.push_back(word.substr(kMembers.size() + 1));
  }
  return out;
}

}  // namespace wattring::ctl
