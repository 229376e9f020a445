// SPDX-License-Identifier: Apache-2.0
#include "node/sim/chaos_cli.hpp"

#include <CLI/CLI.hpp>

namespace wattring::sim {

void add_chaos(CLI::App& app, ChaosCommandLine& into) {
  app.require_subcommand(1);
  app.footer(
      "It hurts only nodes that it started itself. Exit codes: 0 PASS, 20 a limit was missed, 21 data is wrong,\n"
      "22 no verdict (a fault did not take hold, too little load, not all could be read), 130 interrupted.");
  CLI::App& run = *app.add_subcommand("run", "start a cluster, feed it, hurt it, heal it, read everything back");
  auto* plan = run.add_option("PLAN", into.run.plan, "TOML file, e.g. tests/chaos/plans/kill-one.toml");
  run.add_option("--random", into.run.random, "so many plans drawn from --seed, --seed + 1, ... instead of a file")
      ->check(CLI::Range(1, 100'000))
      ->excludes(plan);
  run.add_option("--seed", into.run.seed, "same seed and plan, same choices")->capture_default_str();
  run.add_option("--out", into.run.out, "folder for the report and, unless it passed, everything else; must be new");
  run.add_option("--wattringd", into.run.wattringd, "the program; default: the one beside this, or on PATH");
  run.add_option("--set", into.run.settings, "section.key=value for each node; repeatable")->expected(1)->take_all();
  run.add_flag("--keep", into.run.keep, "keep the nodes' data, their logs and the ledger also after a PASS");
  app.add_subcommand("list-faults", "what a plan can do, and how it is proved to have been done");
  CLI::App& report = *app.add_subcommand("report", "show a report again, and write its HTML page anew");
  report.add_option("DIR", into.report.dir, "folder of a run")->required();
}

Command chaos_command(const CLI::App& app, const ChaosCommandLine& parsed) {
  if (app.got_subcommand("list-faults")) return ChaosListOptions{};
  if (app.got_subcommand("report")) return parsed.report;
  if (parsed.run.plan.empty() && parsed.run.random == 0) {
    throw CLI::ValidationError("chaos run", "needs a PLAN, or --random N");
  }
  return parsed.run;
}

}  // namespace wattring::sim
