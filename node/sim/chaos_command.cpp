// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "node/sim/chaos_run.hpp"
#include "node/sim/local_process.hpp"
#include "node/sim/options.hpp"

namespace wattring::sim {
namespace {

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) return fail(ErrorCode::io, "cannot read " + path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string words_after(const ChaosRunOptions& options) {
  std::string text;
  if (!options.wattringd.empty()) text += " --wattringd " + options.wattringd;
  for (const std::string& setting : options.settings) text += " --set " + setting;
  return text;
}

Result<ChaosRun> prepare(const ChaosRunOptions& options, ChaosPlan plan, std::uint64_t seed, std::string folder,
                         std::string replay) {
  ChaosRun run;
  run.plan = std::move(plan);
  run.plan.settings.insert(run.plan.settings.end(), options.settings.begin(), options.settings.end());
  run.seed = seed;
  run.keep = options.keep;
  run.replay = std::move(replay) + words_after(options);
  if (folder.empty()) folder = fmt::format("chaos-{}-{}", run.plan.name, seed);
  if (std::filesystem::exists(folder) && !std::filesystem::is_empty(folder)) {
    return fail(ErrorCode::already_exists, folder + " is not empty", "name a new folder with --out");
  }
  run.folder = std::filesystem::absolute(folder).lexically_normal().string();
  run.program = options.wattringd;
  if (run.program.empty()) {
    Result<std::string> program = find_program("wattringd");
    if (!program) return Failure(program.error());
    run.program = std::move(*program);
  }
  return run;
}

int refuse(const Error& error) {
  fmt::print(stderr, "{}\n", error.text());
  return kExitUsage;
}

int run_plan(const ChaosRunOptions& options, std::atomic<bool>& stop) {
  const Result<std::string> text = read_file(options.plan);
  if (!text) return refuse(text.error());
  Result<ChaosPlan> plan = parse_chaos_plan(*text, options.plan);
  if (!plan) return refuse(plan.error());
  const std::string replay = fmt::format("wattringsim chaos run {} --seed {}", options.plan, options.seed);
  const auto run = prepare(options, std::move(*plan), options.seed, options.out, replay);
  if (!run) return refuse(run.error());
  const ChaosReport report = do_chaos(*run, stop);
  fmt::print("{}", render_chaos_text(report));
  return report.exit_code;
}

std::string quantiles(std::vector<std::int64_t> ms) {
  if (ms.empty()) return "not measured";
  std::sort(ms.begin(), ms.end());
  const auto at = [&](double q) { return ms[static_cast<std::size_t>(q * static_cast<double>(ms.size() - 1))]; };
  return fmt::format("p50 {} ms, p99 {} ms, max {} ms ({} faults)", at(0.5), at(0.99), ms.back(), ms.size());
}

/// What many runs have in common.
struct Summary {
  std::vector<std::int64_t> rto_ms;
  std::vector<std::int64_t> home_ms;
  std::uint64_t passed = 0, wrong = 0, missed = 0, inconclusive = 0;
  std::uint64_t acked = 0;
  void add(const ChaosReport& report);
};

void Summary::add(const ChaosReport& report) {
  for (const FaultRecord& fault : report.faults) {
    if (fault.longest_ms >= 0) rto_ms.push_back(fault.longest_ms);
    if (fault.home_ms >= 0 && (fault.kind == "kill" || fault.kind == "lose")) home_ms.push_back(fault.home_ms);
  }
  acked += report.load.acked;
  if (report.exit_code == kExitDone) ++passed;
  if (report.exit_code == kExitDataWrong) ++wrong;
  if (report.exit_code == kExitLimitMissed) ++missed;
  if (report.exit_code == kExitInconclusive) ++inconclusive;
}

std::string faults_of(const ChaosReport& report) {
  std::string text;
  for (const FaultRecord& fault : report.faults) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", fault.kind, fault.node);
  }
  return text;
}

int run_random(const ChaosRunOptions& options, std::atomic<bool>& stop) {
  const std::string folder = options.out.empty() ? fmt::format("chaos-random-{}", options.seed) : options.out;
  Summary summary;
  int worst = kExitDone;
  for (std::uint64_t seed = options.seed; seed < options.seed + options.random && !stop.load(); ++seed) {
    const std::string replay = fmt::format("wattringsim chaos run --random 1 --seed {}", seed);
    const auto run = prepare(options, random_chaos_plan(seed), seed, fmt::format("{}/{}", folder, seed), replay);
    if (!run) return refuse(run.error());
    const ChaosReport report = do_chaos(*run, stop);
    std::int64_t rto_ms = 0;
    for (const FaultRecord& fault : report.faults) rto_ms = std::max(rto_ms, fault.longest_ms);
    fmt::print("seed {:<6} {:<13} RTO {:>5} ms  acked {:>8}  {}\n", seed, to_string(report.verdict), rto_ms,
               report.load.acked, faults_of(report));
    if (report.verdict != Verdict::pass) fmt::print("            {}\n            {}\n", report.reason, report.replay);
    std::fflush(stdout);
    summary.add(report);
    // Wrong data beats no verdict, and that a missed limit.
    const auto weight = [](int code) { return code == kExitDataWrong ? 3 : code == kExitInconclusive ? 2 : code != 0; };
    if (weight(report.exit_code) > weight(worst)) worst = report.exit_code;
  }
  fmt::print("\n{} PASS, {} FAIL with wrong data, {} FAIL by a limit, {} INCONCLUSIVE; {} readings acknowledged\n",
             summary.passed, summary.wrong, summary.missed, summary.inconclusive, summary.acked);
  fmt::print("RTO {}\nhome after a kill {}\nreports: {}\n", quantiles(summary.rto_ms), quantiles(summary.home_ms),
             folder);
  return stop.load() ? kExitInterrupted : worst;
}

}  // namespace

int run_chaos(const ChaosRunOptions& options, std::atomic<bool>& stop) {
  return options.random > 0 ? run_random(options, stop) : run_plan(options, stop);
}

int run_chaos_list() {
  for (const FaultKindInfo& info : fault_kinds()) {
    fmt::print("{:<10}{}\n          took hold when: {}\n", info.name, info.what, info.took_hold);
    if (!info.needs.empty()) fmt::print("          needs {}; else there is no verdict\n", info.needs);
  }
  fmt::print(
      "\n`when` holds a fault back until a node says so, from `at` to the load's end:\n"
      "suspect, filling, missing, held, dropping; `target = \"it\"` is that node.\n");
  return kExitDone;
}

int run_chaos_report(const ChaosReportOptions& options) {
  const Result<std::string> text = read_file(options.dir + "/report.json");
  if (!text) return refuse(text.error());
  Result<ChaosReport> report = parse_chaos_json(*text);
  if (!report) return refuse(report.error());
  report->folder = options.dir;
  if (auto ok = write_chaos_report(*report); !ok) return refuse(ok.error());
  fmt::print("{}", render_chaos_text(*report));
  return report->exit_code;
}

}  // namespace wattring::sim
