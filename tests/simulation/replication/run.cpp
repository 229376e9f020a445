// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/replication/run.hpp"

#include "tests/simulation/replication/clients.hpp"
#include "tests/simulation/replication/settle.hpp"

namespace wattring::replication {
namespace {

constexpr std::int64_t kSettleWithin = 60 * kSecond;

/// Every tunable at a value of its own, so that no order of timeouts is taken for granted.
sharding::ReplicaSettings some_settings(Prng& prng) {
  const auto ms = [&](std::uint64_t low, std::uint64_t high) {
    return static_cast<std::int64_t>(low + prng.below(high - low)) * kMs;
  };
  sharding::ReplicaSettings settings;
  settings.hedge_ns = ms(50, 300);
  settings.resend_max_ns = ms(400, 2'000);
  settings.write_timeout_ns = ms(1'500, 6'000);
  settings.digest_ns = ms(400, 2'000);
  settings.answer_ns = ms(200, 1'000);
  settings.exchange_timeout_ns = ms(300, 2'000);
  settings.pull_timeout_ns = ms(800, 4'000);
  settings.drop_wait_ns = ms(500, 4'000);
  settings.window_bytes = prng.chance(0.2) ? 4'096 + prng.below(16'384) : settings.window_bytes;
  settings.window_ns = ms(300, 1'000);
  settings.home_steady_ns = ms(500, 3'000);
  settings.home_steady_max_ns = 4 * settings.home_steady_ns;
  settings.fresh_ns = ms(200, 1'500);
  settings.content_ns = 2 * settings.fresh_ns;
  return settings;
}

WorldOptions some_world(const RunOptions& options, Prng& prng) {
  WorldOptions how;
  how.seed = prng.next();
  how.nodes = options.nodes;
  how.slots = 1 + prng.below(3);
  how.zones = prng.chance(0.35) ? 2 + prng.below(2) : 0;
  how.founder_first = prng.chance(0.15);
  how.news_ns = static_cast<std::int64_t>(200 + prng.below(4'000)) * kMs;
  how.clock_ppm_max = prng.chance(0.5) ? 100'000 : 0;
  how.settings = some_settings(prng);
  how.settings.mutant = options.mutant;
  how.shell = options.shell;
  how.trace = options.trace;
  return how;
}

}  // namespace

RunResult run(const RunOptions& options) {
  Prng prng(options.seed);
  World world(some_world(options, prng));
  Clients clients(world, prng.next());
  Faults faults(world, options.faults, prng.next());
  clients.begin();
  faults.gossip();
  world.run_for(500 * kMs);
  faults.begin(world.now_ns() + options.seconds * kSecond);
  world.run_for(options.seconds * kSecond);
  faults.late_loss();
  clients.stop();
  faults.heal();
  const std::int64_t healed_ns = world.now_ns();
  std::string left = "?";
  while (!left.empty() && world.now_ns() < healed_ns + kSettleWithin) {
    if (!world.run_until(world.now_ns() + 250 * kMs)) break;
    left = unrest(world);
  }
  RunResult result;
  if (left.empty()) {
    result.settled_ns = world.now_ns() - healed_ns;
    check_end(world);
  } else if (world.checker().violations().empty()) {
    world.checker().add(9, kNoNode, "no calm a minute after everything was mended: " + left);
  }
  result.hash = world.trace().hash();
  result.events = world.executed();
  result.chosen = faults.chosen();
  result.bitten = faults.bitten();
  result.bitten[static_cast<std::size_t>(Fault::loss)] += world.network().counts.lost;
  result.bitten[static_cast<std::size_t>(Fault::duplicate)] += world.network().counts.duplicated;
  result.bitten[static_cast<std::size_t>(Fault::reorder)] += world.network().counts.overtaken;
  result.figures = world.figures;
  result.violations = world.checker().violations();
  return result;
}

std::string replay_command(const RunOptions& options) {
  return "wattring-simulate replication --seed " + std::to_string(options.seed) +
         (options.nodes == 5 ? "" : " --nodes " + std::to_string(options.nodes)) +
         (options.faults.all() ? "" : " --faults " + to_text(options.faults)) +
         (options.seconds == 12 ? "" : " --seconds " + std::to_string(options.seconds)) + " --trace trace.txt";
}

void Tally::add(const RunResult& result) {
  ++runs;
  failed += result.violations.empty() ? 0 : 1;
  for (std::size_t i = 0; i < kFaults; ++i) bitten[i] += result.bitten[i];
  const Figures& f = result.figures;
  figures.durable += f.durable;
  figures.held += f.held;
  figures.unknown += f.unknown;
  figures.refused += f.refused;
  figures.complete += f.complete;
  figures.incomplete += f.incomplete;
  figures.home_reads += f.home_reads;
  figures.token_reads += f.token_reads;
  figures.rehomes += f.rehomes;
  figures.drops += f.drops;
  figures.fills += f.fills;
  figures.transfers += f.transfers;
  figures.pulls += f.pulls;
  figures.amnesia += f.amnesia;
}

std::string Tally::unknown(const FaultSet& allowed) const {
  std::string seldom;
  const auto want = [&](std::uint64_t count, std::string_view what) {
    if (count < runs / 20 + 1) seldom += (seldom.empty() ? "" : ", ") + std::string(what);
  };
  want(figures.durable, "DURABLE acks");
  want(figures.held, "HELD acks");
  want(figures.unknown, "unknown outcomes");
  want(figures.complete, "complete answers");
  want(figures.home_reads, "complete answers of homes");
  want(figures.token_reads, "token reads");
  want(figures.rehomes, "changes of home");
  want(figures.drops, "drops");
  want(figures.fills, "fills");
  want(figures.transfers, "transfers");
  want(figures.pulls, "pulls");
  for (std::size_t i = 0; i < kFaults; ++i)
    if (allowed[i]) want(bitten[i], to_string(static_cast<Fault>(i)));
  return seldom;
}

}  // namespace wattring::replication
