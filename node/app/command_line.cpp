// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <ostream>

#include "node/app/commands/commands.hpp"

namespace wattring::app {
namespace {

/// What the parser fills in, and the verb it decides on.
struct Parsed {
  InitArguments init;
  RunArguments run;
  LeaveArguments leave;
  ConfigArguments config;
  JournalArguments journal;
  bool with_origin = false;
  std::function<int(const Context&)> verb;
};

void add_config_options(CLI::App& app, ConfigArguments& config) {
  app.add_option("--config", config.file, "Configuration file; conf.d/*.toml beside it is read after it")
      ->type_name("FILE");
  app.add_option("--set", config.sets, "Set one key; wins over files and environment")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->take_all();
}

void add_data_dir(CLI::App& app, std::string& data_dir) {
  app.add_option("--data-dir", data_dir, "The directory that is the node")->type_name("DIR")->required();
}

void add_init(CLI::App& root, Parsed& parsed) {
  CLI::App& app = *root.add_subcommand("init", "Make a data directory; without --join it founds a cluster");
  InitArguments& init = parsed.init;
  add_data_dir(app, init.data_dir);
  app.add_option("--cluster", init.cluster, "Name of the cluster; with --join what it must be")->type_name("NAME");
  app.add_option("--node", init.node, "Name of this node, unique in the cluster")->type_name("NAME")->required();
  app.add_option("--join", init.join, "Join the cluster at this membership address")
      ->type_name("HOST:PORT")
      ->expected(1)
      ->take_all();
  app.add_option("--timeout", init.timeout, "How long to try to reach that address")
      ->type_name("DURATION")
      ->capture_default_str();
  app.add_option("--copies", init.copies, "Nodes that keep each reading; of a new cluster")->capture_default_str();
  app.add_option("--acks", init.acks, "Disks a reading must be on before it is acknowledged; of a new cluster")
      ->capture_default_str();
  app.add_option("--shards", init.shards, "Shards of a new cluster; cannot change later")->default_str("1024");
  add_config_options(app, init.config);
  app.callback([&parsed] { parsed.verb = [&](const Context& context) { return init_node(parsed.init, context); }; });
}

void add_run(CLI::App& root, Parsed& parsed) {
  CLI::App& app = *root.add_subcommand("run", "Run the node until SIGTERM");
  add_data_dir(app, parsed.run.data_dir);
  add_config_options(app, parsed.run.config);
  app.add_option("--join", parsed.run.join, "Join the cluster at this membership address")
      ->type_name("HOST:PORT")
      ->expected(1)
      ->take_all();
  app.callback([&parsed] { parsed.verb = [&](const Context& context) { return run_node(parsed.run, context); }; });
}

void add_leave(CLI::App& root, Parsed& parsed) {
  CLI::App& app = *root.add_subcommand("leave", "Stop the running node gracefully and wait until it has ended");
  add_data_dir(app, parsed.leave.data_dir);
  app.add_option("--timeout", parsed.leave.timeout, "How long to wait")->type_name("DURATION")->capture_default_str();
  app.callback([&parsed] { parsed.verb = [&](const Context& context) { return leave_node(parsed.leave, context); }; });
}

void add_config(CLI::App& root, Parsed& parsed) {
  CLI::App& app = *root.add_subcommand("config", "Look at the configuration");
  app.require_subcommand(1);
  CLI::App& check = *app.add_subcommand("check", "Say everything that is wrong with it");
  add_config_options(check, parsed.config);
  check.callback(
      [&parsed] { parsed.verb = [&](const Context& context) { return config_check(parsed.config, context); }; });
  CLI::App& show = *app.add_subcommand("show", "Print the values in effect");
  add_config_options(show, parsed.config);
  show.add_flag("--origin", parsed.with_origin, "Also where each value comes from");
  show.callback([&parsed] {
    parsed.verb = [&](const Context& context) { return config_show(parsed.config, parsed.with_origin, context); };
  });
  app.add_subcommand("defaults", "Print a commented file with every key at its default")->callback([&parsed] {
    parsed.verb = config_defaults;
  });
  app.add_subcommand("docs", "Print the reference of all keys in Markdown")->callback([&parsed] {
    parsed.verb = config_docs;
  });
}

void add_journal(CLI::App& root, Parsed& parsed) {
  CLI::App& app = *root.add_subcommand("journal", "Look at the data of a node that is not running");
  app.require_subcommand(1);
  const auto add = [&](const char* name, const char* about, int (*verb)(const JournalArguments&, const Context&)) {
    CLI::App& sub = *app.add_subcommand(name, about);
    add_data_dir(sub, parsed.journal.data_dir);
    sub.callback([&parsed, verb] {
      parsed.verb = [&parsed, verb](const Context& context) { return verb(parsed.journal, context); };
    });
    return &sub;
  };
  add("verify", "Check every value and record; changes nothing", journal_verify);
  add("stat", "Count what is there; changes nothing", journal_stat);
  CLI::App& dump = *add("dump", "Print records and entries; changes nothing", journal_dump);
  dump.add_option("--shard", parsed.journal.shard, "Only entries of this shard")->type_name("N");
  dump.add_option("--limit", parsed.journal.limit, "At most so many records")->type_name("N");
  add("compact", "Give unused room in the file back to the disk", journal_compact);
}

}  // namespace

int run_command_line(const std::vector<std::string>& arguments, const Context& context) {
  Parsed parsed;
  CLI::App root("A node of a wattring cluster", "wattringd");
  root.require_subcommand(1);
  root.set_help_all_flag("--help-all", "Help for every verb");
  add_init(root, parsed);
  add_run(root, parsed);
  add_leave(root, parsed);
  add_config(root, parsed);
  add_journal(root, parsed);
  root.add_subcommand("version", "Print the version")->callback([&parsed] { parsed.verb = show_version; });
  try {
    // CLI11 takes a vector from its back.
    root.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    const bool is_help = root.exit(error, context.out, context.err) == static_cast<int>(CLI::ExitCodes::Success);
    return is_help ? kExitDone : kExitUsage;
  }
  return parsed.verb(context);
}

}  // namespace wattring::app
