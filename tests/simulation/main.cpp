// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string_view>

#include "tests/simulation/figures.hpp"
#include "tests/simulation/lifeguard.hpp"
#include "tests/simulation/replication/run.hpp"
#include "tests/simulation/run.hpp"

/// wattring-simulate: a cluster's membership in virtual time, from one seed.

namespace wattring::simulation {
namespace {

void say(std::string_view line) {
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

/// Prints what came of it; true when all held.
bool run_one(const RunOptions& options, bool quiet) {
  const RunResult result = run(options);
  const bool good = result.violations.empty();
  if (!quiet || !good) {
    fmt::print("seed {}  trace {:016x}  {}  events {}  members {}  settled {}  false failures {}  faults {}\n",
               options.seed, result.hash, good ? "PASS" : "FAIL", result.events, result.members,
               result.settled_ns < 0 ? "never" : fmt::format("{:.1f} s", static_cast<double>(result.settled_ns) / 1e9),
               result.false_failures, to_text(result.chosen));
  }
  for (const Violation& violation : result.violations) fmt::print("  {}\n", to_text(violation));
  if (!good) fmt::print("  replay: {}\n", replay_command(options));
  std::fflush(stdout);
  return good;
}

int run_many(RunOptions options, std::uint64_t count, std::uint64_t step) {
  std::uint64_t failed = 0;
  for (std::uint64_t i = 0; i < count; ++i, options.seed += step) failed += run_one(options, count > 1) ? 0 : 1;
  if (count > 1) fmt::print("{} seeds, {} failed\n", count, failed);
  return failed == 0 ? 0 : 1;
}

struct ReplicationOptions {
  replication::RunOptions run;
  std::string faults = "all";
  std::uint64_t count = 1;
};

CLI::App* add_replication(CLI::App& app, ReplicationOptions& options) {
  CLI::App* command = app.add_subcommand("replication", "entries, copies and rings instead of membership");
  command->add_option("--seed", options.run.seed, "decides everything")->capture_default_str();
  command->add_option("--seeds", options.count, "so many runs, one seed after the other")->capture_default_str();
  command->add_option("--nodes", options.run.nodes, "at the start")->capture_default_str()->check(CLI::Range(1, 8));
  command->add_option("--seconds", options.run.seconds, "of faults, virtual")->capture_default_str();
  command
      ->add_option("--faults", options.faults,
                   "all, none, or of: " + replication::to_text(replication::FaultSet().set()))
      ->capture_default_str();
  command->add_option("--trace", options.run.trace, "a file for a line about each event");
  return command;
}

void print_tally(const replication::Tally& tally, const replication::FaultSet& allowed) {
  const replication::Figures& f = tally.figures;
  fmt::print(
      "acks: {} DURABLE, {} other, {} unknown, {} without room; answers: {} complete, {} not, {} of homes, {} by "
      "token\n",
      f.durable, f.held, f.unknown, f.refused, f.complete, f.incomplete, f.home_reads, f.token_reads);
  fmt::print("rehomes {}, drops {}, fills {}, transfers {}, pulls {}, amnesia {}\n", f.rehomes, f.drops, f.fills,
             f.transfers, f.pulls, f.amnesia);
  for (std::size_t i = 0; i < replication::kFaults; ++i)
    fmt::print("{}{} {}", i == 0 ? "faults: " : ", ", to_string(static_cast<replication::Fault>(i)), tally.bitten[i]);
  const std::string unknown = tally.unknown(allowed);
  fmt::print("\n{} seeds, {} failed{}{}\n", tally.runs, tally.failed,
             unknown.empty() ? "" : ", UNKNOWN, seldom: ", unknown);
}

int run_replication(ReplicationOptions options) {
  const auto faults = replication::parse_faults(options.faults);
  if (!faults) {
    fmt::print(stderr, "wattring-simulate: {}\n", faults.error().text());
    return 2;
  }
  options.run.faults = *faults;
  replication::Tally tally;
  for (std::uint64_t i = 0; i < options.count; ++i, ++options.run.seed) {
    const replication::RunResult result = run(options.run);
    tally.add(result);
    if (options.count == 1)
      fmt::print("seed {}  trace {:016x}  events {}  settled {} ms  faults {}\n", options.run.seed, result.hash,
                 result.events, result.settled_ns / 1'000'000, replication::to_text(result.chosen));
    if (result.violations.empty()) continue;
    fmt::print("seed {} FAIL  {}\n  replay: {}\n", options.run.seed, to_text(result.violations.front()),
               replay_command(options.run));
    std::fflush(stdout);
  }
  print_tally(tally, *faults);
  return tally.failed == 0 ? 0 : 1;
}

int simulate(int argc, char** argv) {
  CLI::App app("A cluster's membership in virtual time, decided by one seed.", "wattring-simulate");
  RunOptions options;
  std::string faults = "all";
  std::uint64_t count = 1;
  std::uint64_t step = 1;
  app.add_option("--seed", options.seed, "decides everything")->capture_default_str();
  app.add_option("--seeds", count, "so many runs, with seeds one step apart")->capture_default_str();
  app.add_option("--step", step, "between seeds")->capture_default_str();
  app.add_option("--nodes", options.nodes, "at the start")->capture_default_str()->check(CLI::Range(1, 400));
  app.add_option("--faults", faults, "all, none, or of: " + to_text(FaultSet().set()))->capture_default_str();
  app.add_option("--minutes", options.minutes, "of faults, virtual")->capture_default_str()->check(CLI::Range(0, 1440));
  app.add_flag("--codec", options.codec, "every message goes as bytes");
  app.add_option("--trace", options.trace, "a file for a line about each event");
  FiguresOptions figures;
  CLI::App* figures_command = app.add_subcommand("figures", "how long a cluster of some size takes for what");
  figures_command->add_option("--seed", figures.seed)->capture_default_str();
  figures_command->add_option("--nodes", figures.nodes)->capture_default_str()->check(CLI::Range(4, 20'000));
  figures_command->add_flag("!--no-splits", figures.splits, "leave out what takes long with thousands of nodes");
  figures_command->add_option("--minutes", figures.minutes, "virtual time in all, at least")->capture_default_str();
  std::uint64_t lifeguard_seed = 1;
  std::size_t lifeguard_nodes = 128;
  CLI::App* lifeguard_command = app.add_subcommand(
      "lifeguard", "who is wrongly held dead while some members stall, with and without local health");
  lifeguard_command->add_option("--seed", lifeguard_seed)->capture_default_str();
  lifeguard_command->add_option("--nodes", lifeguard_nodes)->capture_default_str()->check(CLI::Range(40, 1'000));
  ReplicationOptions replication_options;
  CLI::App* replication_command = add_replication(app, replication_options);
  CLI11_PARSE(app, argc, argv);
  if (*replication_command) return run_replication(std::move(replication_options));
  if (*figures_command) return measure_figures(figures, say) ? 0 : 1;
  if (*lifeguard_command) {
    measure_lifeguard(lifeguard_seed, lifeguard_nodes, say);
    return 0;
  }
  const auto parsed = parse_faults(faults);
  if (!parsed) {
    fmt::print(stderr, "wattring-simulate: {}\n", parsed.error().text());
    return 2;
  }
  options.faults = *parsed;
  return run_many(options, count, step);
}

}  // namespace
}  // namespace wattring::simulation

int main(int argc, char** argv) {
  return wattring::simulation::simulate(argc, argv);
}
