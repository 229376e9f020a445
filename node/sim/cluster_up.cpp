// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <thread>

#include "base/time.hpp"
#include "node/sim/cluster_json.hpp"
#include "node/sim/http_client.hpp"
#include "node/sim/local_cluster.hpp"

namespace wattring::sim {
namespace {

constexpr std::int64_t kInitWaitMs = 30'000;
constexpr std::int64_t kDownWaitMs = 10'000;
constexpr std::int64_t kReadyMs = 1'000;
constexpr std::size_t kLogShown = 600;

class Up {
 public:
  Up(const ClusterUpOptions& options, std::atomic<bool>& stop) : options_(options), stop_(stop) {}
  int go();

 private:
  Result<void> prepare();
  Result<void> start_all();
  Result<void> start_node(int index);
  Result<void> wait_listening(int index);
  Result<void> wait_agreement();
  bool sees_all(const LocalNode& node) const;
  std::int64_t now_ms() const { return clock_.monotonic_ns() / 1'000'000; }
  Result<void> pause() const;
  Failure trouble(const std::string& what, const std::string& node) const;
  int send_readings() const;
  void tell_how_to_go_on() const;

  ClusterUpOptions options_;
  std::atomic<bool>& stop_;
  SystemClock clock_;
  std::string program_;
  std::int64_t deadline_ms_ = 0;
  LocalCluster cluster_;
};

Failure Up::trouble(const std::string& what, const std::string& node) const {
  const std::string log = log_of(options_.dir, node);
  std::string text = read_text(log);
  if (text.size() > kLogShown) text.erase(0, text.size() - kLogShown);
  return fail(ErrorCode::io, fmt::format("{} {}:\n{}", node, what, text), "all of it: " + log);
}

Result<void> Up::prepare() {
  if (const auto already = load_local_cluster(options_.dir); already) {
    const auto running = std::count_if(already->nodes.begin(), already->nodes.end(), [](const LocalNode& node) {
      return ProcessHandle::open(node.process).has_value();
    });
    return fail(
        ErrorCode::already_exists,
        fmt::format("{} has a cluster of {} nodes already, {} running", options_.dir, already->nodes.size(), running),
        "look at it: wattringsim cluster status; end it: wattringsim cluster down; or name another --dir");
  }
  if (std::filesystem::exists(options_.dir) && !std::filesystem::is_empty(options_.dir)) {
    return fail(ErrorCode::already_exists, options_.dir + " is not empty", "name a folder that is new, or empty");
  }
  std::error_code error;
  std::filesystem::create_directories(options_.dir, error);
  if (error) return fail(ErrorCode::io, "cannot make " + options_.dir + ": " + error.message());
  options_.dir = std::filesystem::canonical(options_.dir).string();
  if (!options_.wattringd.empty()) {
    program_ = options_.wattringd;
    return {};
  }
  Result<std::string> program = find_program("wattringd");
  if (!program) return Failure(program.error());
  program_ = std::move(*program);
  return {};
}

Result<void> Up::pause() const {
  if (stop_.load()) return fail(ErrorCode::busy, "interrupted");
  if (now_ms() > deadline_ms_) {
    return fail(ErrorCode::busy, fmt::format("not within {}", format_duration_ms(options_.wait_ms)),
                "give it more time with --wait");
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  return {};
}

Result<void> Up::start_node(int index) {
  const std::string name = fmt::format("n{}", index + 1);
  const std::string join = index == 0 ? std::string() : cluster_.nodes.front().endpoints.membership;
  const std::string log = log_of(options_.dir, name);
  std::error_code error;
  std::filesystem::create_directory(options_.dir + "/" + name, error);
  // In the books before anything is there, so that down finds it.
  cluster_.nodes.push_back({name, {}, {}});
  if (auto ok = save_local_cluster(options_.dir, cluster_); !ok) return ok;
  if (error) return fail(ErrorCode::io, "cannot make a folder for " + name + ": " + error.message());
  const Result<int> made = run_process(init_words(options_, program_, index, join), log, kInitWaitMs);
  if (!made) return Failure(made.error());
  if (*made != 0) return trouble(fmt::format("could not be made: wattringd init ended with {}", *made), name);
  const Result<int> pid = start_process(run_words(options_, program_, index, join), log);
  if (!pid) return Failure(pid.error());
  Result<ProcessMark> mark = mark_process(*pid);
  if (!mark) return trouble("ended at once", name);
  cluster_.nodes.back().process = std::move(*mark);
  return save_local_cluster(options_.dir, cluster_);
}

Result<void> Up::wait_listening(int index) {
  LocalNode& node = cluster_.nodes[static_cast<std::size_t>(index)];
  const std::string path = data_of(options_.dir, node.name) + "/endpoints.json";
  while (true) {
    // Half a file is taken for none.
    if (Result<NodeEndpoints> found = parse_endpoints(read_text(path)); found && !found->http.empty()) {
      node.endpoints = std::move(*found);
      return save_local_cluster(options_.dir, cluster_);
    }
    if (!ProcessHandle::open(node.process)) return trouble("ended before it listened", node.name);
    if (auto ok = pause(); !ok) return fail(ok.error().code, node.name + " listens " + ok.error().message);
  }
}

Result<void> Up::start_all() {
  deadline_ms_ = now_ms() + options_.wait_ms;
  for (int index = 0; index < options_.nodes; ++index) {
    if (auto ok = start_node(index); !ok) return ok;
    // The first must listen before others can ask it in; the others may start side by side.
    if (index > 0) continue;
    if (auto ok = wait_listening(0); !ok) return ok;
  }
  for (int index = 1; index < options_.nodes; ++index) {
    if (auto ok = wait_listening(index); !ok) return ok;
  }
  return wait_agreement();
}

bool Up::sees_all(const LocalNode& node) const {
  HttpClient client({{node.endpoints.http}, 0, kReadyMs, {}});
  const Result<HttpReply> reply = client.get("/api/v1/members");
  if (!reply || reply->status != 200) return false;
  const auto members = parse_members(reply->body);
  if (!members) return false;
  return std::count_if(members->begin(), members->end(),
                       [](const SeenMember& member) { return member.state == "up"; }) == options_.nodes;
}

Result<void> Up::wait_agreement() {
  for (const LocalNode& node : cluster_.nodes) {
    while (!sees_all(node)) {
      if (!ProcessHandle::open(node.process)) return trouble("ended", node.name);
      if (auto ok = pause(); !ok) {
        return fail(ok.error().code,
                    fmt::format("{} sees all {} nodes {}", node.name, options_.nodes, ok.error().message),
                    ok.error().hint);
      }
    }
  }
  return {};
}

int Up::send_readings() const {
  if (options_.meters == 0) return kExitDone;
  RunOptions run;
  run.node.nodes = {cluster_.nodes.front().endpoints.http};
  run.fleet.meters = options_.meters;
  run.load.readings_max = std::uint64_t{options_.meters} * 2 * 96;
  run.ledger = options_.dir + "/ledger.bin";
  return run_load(run, stop_);
}

void Up::tell_how_to_go_on() const {
  std::string nodes;
  fmt::print("{} {} in {}\n  NODE  PID      HTTP                   MEMBERSHIP\n", cluster_.nodes.size(),
             cluster_.nodes.size() == 1 ? "node runs" : "nodes run", options_.dir);
  for (const LocalNode& node : cluster_.nodes) {
    fmt::print("  {:<5} {:<8} {:<22} {}\n", node.name, node.process.pid, node.endpoints.http,
               node.endpoints.membership);
    nodes += (nodes.empty() ? "" : ",") + node.endpoints.http;
  }
  fmt::print(
      "Next: export WATTRING_NODES={}\n"
      "      wattringctl members\n"
      "      wattringsim run --meters 1000 --for 20s\n"
      "      kill -9 {}        (and look again)\n"
      "      wattringsim cluster down --dir {}\n"
      "After about ten seconds together they own all meters as one: any node takes any reading and any question.\n",
      nodes, cluster_.nodes.back().process.pid, options_.dir);
}

int Up::go() {
  if (auto ok = prepare(); !ok) {
    fmt::print(stderr, "{}\n", ok.error().text());
    return kExitUsage;
  }
  if (auto ok = start_all(); !ok) {
    fmt::print(stderr,
               "{}\nWhat was started is ended again; data and logs stay until: wattringsim cluster down --dir {}\n",
               ok.error().text(), options_.dir);
    (void)stop_local_cluster(cluster_, kDownWaitMs);
    return stop_.load() ? kExitInterrupted : kExitNoNode;
  }
  const int sent = send_readings();
  tell_how_to_go_on();
  return sent;
}

}  // namespace

int run_cluster_up(const ClusterUpOptions& options, std::atomic<bool>& stop) {
  return Up(options, stop).go();
}

}  // namespace wattring::sim
