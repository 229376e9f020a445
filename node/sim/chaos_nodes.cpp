// SPDX-License-Identifier: Apache-2.0
#include "node/sim/chaos_nodes.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>

#include "node/sim/cluster_json.hpp"

namespace wattring::sim {
namespace {

constexpr std::int64_t kInitWaitMs = 30'000;
constexpr std::int64_t kStateWaitMs = 2'000;
constexpr std::int64_t kEndWaitMs = 10'000;

void pause_for(std::int64_t ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

}  // namespace

ChaosNodes::ChaosNodes(Options options, const Clock& clock, std::atomic<bool>& stop)
    : options_(std::move(options)), clock_(clock), stop_(stop), nodes_(static_cast<std::size_t>(options_.nodes)) {
  for (std::size_t i = 0; i < nodes_.size(); ++i) nodes_[i].books.name = fmt::format("n{}", i + 1);
}

ChaosNodes::~ChaosNodes() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (runs(i)) (void)end(i, SIGKILL, kEndWaitMs);
  }
}

Result<std::unique_ptr<ChaosNodes>> ChaosNodes::up(const Options& options, const Clock& clock,
                                                   std::atomic<bool>& stop) {
  std::unique_ptr<ChaosNodes> nodes(new ChaosNodes(options, clock, stop));
  if (auto ok = nodes->start_all(); !ok) return Failure(ok.error());
  return nodes;
}

Result<void> ChaosNodes::start_all() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    std::error_code error;
    std::filesystem::create_directories(options_.dir + "/" + name(i), error);
    if (error) return fail(ErrorCode::io, fmt::format("cannot make a folder for {}: {}", name(i), error.message()));
    if (!options_.clock_library.empty()) {
      if (auto ok = set_clock(i, 0); !ok) return ok;
    }
    if (auto ok = make(i); !ok) return ok;
    if (auto ok = start(i); !ok) return ok;
  }
  return {};
}

// Any that runs lets others in.
std::string ChaosNodes::seed_of(std::size_t node) const {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (i != node && runs(i)) return nodes_[i].books.endpoints.membership;
  }
  return {};
}

// Both replace themselves by what follows: the process has the number that was started.
std::vector<std::string> ChaosNodes::words_before(std::size_t node) const {
  std::vector<std::string> words;
  if (options_.network != nullptr) words = options_.network->inside(node);
  if (!options_.clock_library.empty()) {
    words.insert(words.end(),
                 {"/usr/bin/env", "LD_PRELOAD=" + options_.clock_library, "FAKETIME_TIMESTAMP_FILE=" + clock_file(node),
                  "FAKETIME_NO_CACHE=1", "DONT_FAKE_MONOTONIC=1"});
  }
  return words;
}

Result<void> ChaosNodes::set_clock(std::size_t node, std::int64_t off_ms) {
  // Read again at every look at the clock: replaced as a whole.
  const std::string fresh = clock_file(node) + ".new";
  std::ofstream file(fresh, std::ios::trunc);
  file << fmt::format("{:+.3f}", static_cast<double>(off_ms) / 1e3);
  file.close();
  std::error_code error;
  std::filesystem::rename(fresh, clock_file(node), error);
  if (!file || error) return fail(ErrorCode::io, "cannot write " + clock_file(node));
  return {};
}

Result<void> ChaosNodes::lose(std::size_t node) {
  nodes_[node].lost = true;
  std::error_code error;
  std::filesystem::remove_all(data_dir(node), error);
  if (error) return fail(ErrorCode::io, fmt::format("cannot delete {}: {}", data_dir(node), error.message()));
  return {};
}

Result<void> ChaosNodes::make(std::size_t node) {
  const std::string log = log_of(options_.dir, name(node));
  ClusterUpOptions words;
  words.dir = options_.dir;
  const auto made =
      run_process(init_words(words, options_.program, static_cast<int>(node), seed_of(node)), log, kInitWaitMs);
  if (!made) return Failure(made.error());
  if (*made != 0) return fail(ErrorCode::io, fmt::format("wattringd init of {} ended with {}", name(node), *made), log);
  return {};
}

Result<void> ChaosNodes::start(std::size_t node, const std::vector<std::string>& more_settings) {
  Node& one = nodes_[node];
  ClusterUpOptions words;
  words.dir = options_.dir;
  words.settings = options_.settings;
  if (options_.network != nullptr) {
    // Nobody else is in that network.
    words.settings.push_back("insecure=true");
    for (const char* listener : {"membership", "peers", "ingest", "http", "data"}) {
      words.settings.push_back(fmt::format("listen.{}={}:0", listener, options_.network->address(node)));
    }
  }
  const NodeEndpoints& known = one.books.endpoints;
  if (!known.http.empty()) {
    words.settings.push_back("listen.membership=" + known.membership);
    words.settings.push_back("listen.peers=" + known.peers);
    words.settings.push_back("listen.ingest=" + known.ingest);
    words.settings.push_back("listen.http=" + known.http);
    if (!known.data.empty()) words.settings.push_back("listen.data=" + known.data);
  }
  words.settings.insert(words.settings.end(), more_settings.begin(), more_settings.end());
  std::error_code ignored;
  std::filesystem::remove(data_dir(node) + "/endpoints.json", ignored);
  const std::string log = log_of(options_.dir, name(node));
  std::vector<std::string> command = words_before(node);
  const auto run = run_words(words, options_.program, static_cast<int>(node), seed_of(node));
  command.insert(command.end(), run.begin(), run.end());
  const auto pid = start_process(command, log);
  if (!pid) return Failure(pid.error());
  one.pid = *pid;
  const auto mark = mark_process(*pid);
  if (mark) {
    one.books.process = *mark;
    if (auto handle = ProcessHandle::open(*mark)) one.handle.emplace(std::move(*handle));
  }
  if (!one.handle) {
    return fail(ErrorCode::io, fmt::format("{} ended at once with {}", name(node), reap(one)), "its output: " + log);
  }
  one.runs = true;
  return wait_listening(node);
}

Result<void> ChaosNodes::wait_listening(std::size_t node) {
  const std::int64_t until_ns = clock_.monotonic_ns() + options_.wait_ms * 1'000'000;
  const std::string log = log_of(options_.dir, name(node));
  while (clock_.monotonic_ns() < until_ns) {
    // Half a file is taken for none.
    if (auto found = parse_endpoints(read_text(data_dir(node) + "/endpoints.json")); found && !found->http.empty()) {
      NodeEndpoints& known = nodes_[node].books.endpoints;
      // Other threads read them: they are written once.
      if (known.http.empty()) known = std::move(*found);
      return save();
    }
    if (nodes_[node].handle->wait_end(0)) {
      const int code = reap(nodes_[node]);
      return fail(ErrorCode::io, fmt::format("{} ended with {} before it listened", name(node), code),
                  "its output: " + log);
    }
    if (stop_.load()) return fail(ErrorCode::busy, "interrupted");
    pause_for(10);
  }
  return fail(ErrorCode::busy, fmt::format("{} does not listen", name(node)), "its output: " + log);
}

Result<void> ChaosNodes::save() {
  LocalCluster cluster;
  for (const Node& node : nodes_) cluster.nodes.push_back(node.books);
  return save_local_cluster(options_.dir, cluster);
}

bool ChaosNodes::runs(std::size_t node) const {
  return nodes_[node].runs.load();
}

int ChaosNodes::reap(Node& node) {
  int status = 0;
  const pid_t got = waitpid(node.pid, &status, 0);
  node.runs = false;
  node.handle.reset();
  if (got != node.pid) return -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

Result<int> ChaosNodes::end(std::size_t node, int signal, std::int64_t timeout_ms) {
  Node& one = nodes_[node];
  if (!one.handle) return fail(ErrorCode::not_found, name(node) + " does not run");
  one.handle->signal(signal);
  // A stopped process gets the other signals only when it goes on.
  if (signal != SIGKILL) one.handle->signal(SIGCONT);
  if (!one.handle->wait_end(timeout_ms)) {
    return fail(ErrorCode::busy, fmt::format("{} did not end within {} after signal {}", name(node),
                                             format_duration_ms(timeout_ms), signal));
  }
  return reap(one);
}

char ChaosNodes::state(std::size_t node) const {
  const auto stat = parse_process_stat(read_text(fmt::format("/proc/{}/stat", nodes_[node].pid)));
  return stat ? stat->state : '?';
}

bool ChaosNodes::wait_state(std::size_t node, bool stopped) const {
  for (std::int64_t waited = 0; waited < kStateWaitMs; waited += 5) {
    if ((state(node) == 'T') == stopped) return true;
    pause_for(5);
  }
  return false;
}

bool ChaosNodes::pause(std::size_t node) {
  if (!nodes_[node].handle || !nodes_[node].handle->signal(SIGSTOP)) return false;
  nodes_[node].paused = true;
  return wait_state(node, true);
}

bool ChaosNodes::resume(std::size_t node) {
  if (!nodes_[node].handle || !nodes_[node].handle->signal(SIGCONT)) return false;
  nodes_[node].paused = false;
  return wait_state(node, false);
}

std::string ChaosNodes::crashed() const {
  std::string crashed;
  for (const Node& node : nodes_) {
    if (node.handle && node.handle->wait_end(0)) crashed += (crashed.empty() ? "" : ", ") + node.books.name;
  }
  return crashed;
}

std::string ChaosNodes::stop_all(std::int64_t timeout_ms) {
  std::string wrong;
  // All are asked before the first is waited for.
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (!runs(i)) continue;
    nodes_[i].handle->signal(SIGTERM);
    nodes_[i].handle->signal(SIGCONT);
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (!runs(i)) continue;
    const bool ended = nodes_[i].handle->wait_end(timeout_ms);
    if (!ended) nodes_[i].handle->signal(SIGKILL);
    const int code = reap(nodes_[i]);
    if (code != 0) {
      wrong += fmt::format("{}{} {}", wrong.empty() ? "" : ", ", name(i),
                           ended ? fmt::format("ended with {}", code) : "had to be killed");
    }
  }
  return wrong;
}

}  // namespace wattring::sim
