// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <csignal>
#include <cstdio>
#include <variant>

#include "node/sim/options.hpp"

namespace {

// Set by the handler, so it must be static; the commands get it by reference.
std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void on_signal(int signal) {
  stop_requested = true;
  // The second one ends the program at once.
  std::signal(signal, SIG_DFL);
}

}  // namespace

int main(int argc, char** argv) {
  namespace sim = wattring::sim;
  const sim::Command command = sim::parse_command_line(argc, argv);
  if (const auto* usage = std::get_if<sim::UsageReply>(&command)) {
    std::fputs(usage->text.c_str(), usage->exit_code == sim::kExitDone ? stdout : stderr);
    return usage->exit_code;
  }
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  std::signal(SIGPIPE, SIG_IGN);
  if (const auto* run = std::get_if<sim::RunOptions>(&command)) return sim::run_load(*run, stop_requested);
  if (const auto* check = std::get_if<sim::CheckOptions>(&command)) return sim::run_check(*check, stop_requested);
  if (const auto* replay = std::get_if<sim::ReplayOptions>(&command)) return sim::run_replay(*replay, stop_requested);
  if (const auto* up = std::get_if<sim::ClusterUpOptions>(&command)) return sim::run_cluster_up(*up, stop_requested);
  if (const auto* down = std::get_if<sim::ClusterDownOptions>(&command)) return sim::run_cluster_down(*down);
  if (const auto* chaos = std::get_if<sim::ChaosRunOptions>(&command)) return sim::run_chaos(*chaos, stop_requested);
  if (std::holds_alternative<sim::ChaosListOptions>(command)) return sim::run_chaos_list();
  if (const auto* report = std::get_if<sim::ChaosReportOptions>(&command)) return sim::run_chaos_report(*report);
  return sim::run_cluster_status(std::get<sim::ClusterStatusOptions>(command));
}
