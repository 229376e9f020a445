// SPDX-License-Identifier: Apache-2.0
#include "node/sim/local_cluster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "base/time.hpp"

namespace wattring::sim {
namespace {

constexpr std::int64_t kKillWaitMs = 10'000;
constexpr std::array<const char*, 5> kListeners{"membership", "peers", "ingest", "http", "data"};
constexpr int kPortsPerNode = static_cast<int>(kListeners.size());

std::string file_of(const std::string& dir) {
  return dir + "/cluster.json";
}

std::string name_of(int index) {
  return fmt::format("n{}", index + 1);
}

}  // namespace

Result<LocalCluster> load_local_cluster(const std::string& dir) {
  std::ifstream file(file_of(dir));
  if (!file) {
    return fail(ErrorCode::not_found, fmt::format("no cluster was started in {}: there is no cluster.json", dir),
                "start one with: wattringsim cluster up 3 --dir " + dir);
  }
  const std::string text(std::istreambuf_iterator<char>(file), {});
  return parse_local_cluster(text);
}

Result<void> save_local_cluster(const std::string& dir, const LocalCluster& cluster) {
  const std::string path = file_of(dir);
  const std::string next = path + ".new";
  std::ofstream file(next, std::ios::trunc);
  file << render_local_cluster(cluster);
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(next, path, error);
  if (!file || error) return fail(ErrorCode::io, "cannot write " + path + ": " + error.message());
  return {};
}

std::string data_of(const std::string& dir, const std::string& node) {
  return dir + "/" + node + "/data";
}

std::string log_of(const std::string& dir, const std::string& node) {
  return dir + "/" + node + "/wattringd.log";
}

std::vector<std::string> init_words(const ClusterUpOptions& options, const std::string& program, int index,
                                    const std::string& join) {
  std::vector<std::string> words = {program,  "init",         "--data-dir", data_of(options.dir, name_of(index)),
                                    "--node", name_of(index), "--cluster",  std::string(kLocalClusterName)};
  if (!join.empty()) words.insert(words.end(), {"--join", join});
  return words;
}

std::vector<std::string> run_words(const ClusterUpOptions& options, const std::string& program, int index,
                                   const std::string& join) {
  std::vector<std::string> words = {program, "run", "--data-dir", data_of(options.dir, name_of(index))};
  if (!join.empty()) words.insert(words.end(), {"--join", join});
  // Many nodes share one machine; what the user sets comes later and wins.
  std::vector<std::string> settings = {"store.workers=1", "http.threads=4"};
  int port = options.base_port > 0 ? options.base_port + kPortsPerNode * index : 0;
  for (const char* listener : kListeners) {
    settings.push_back(fmt::format("listen.{}=127.0.0.1:{}", listener, port));
    if (port > 0) ++port;
  }
  settings.insert(settings.end(), options.settings.begin(), options.settings.end());
  for (const std::string& setting : settings) words.insert(words.end(), {"--set", setting});
  return words;
}

StopOutcome stop_local_cluster(const LocalCluster& cluster, std::int64_t timeout_ms) {
  StopOutcome outcome;
  std::vector<ProcessHandle> running;
  for (const LocalNode& node : cluster.nodes) {
    std::optional<ProcessHandle> handle = ProcessHandle::open(node.process);
    if (!handle) {
      ++outcome.gone;
      continue;
    }
    // A stopped process (SIGSTOP) gets the other signals only when it goes on.
    handle->signal(SIGTERM);
    handle->signal(SIGCONT);
    running.push_back(std::move(*handle));
  }
  const SystemClock clock;
  const std::int64_t deadline_ms = clock.monotonic_ns() / 1'000'000 + timeout_ms;
  for (const ProcessHandle& handle : running) {
    if (handle.wait_end(std::max<std::int64_t>(0, deadline_ms - clock.monotonic_ns() / 1'000'000))) {
      ++outcome.ended;
      continue;
    }
    handle.signal(SIGKILL);
    ++outcome.killed;
    (void)handle.wait_end(kKillWaitMs);
  }
  return outcome;
}

}  // namespace wattring::sim
