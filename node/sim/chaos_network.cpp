// SPDX-License-Identifier: Apache-2.0
#include "node/sim/chaos_network.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

#include "node/sim/local_process.hpp"

namespace wattring::sim {
namespace {

constexpr std::int64_t kCommandMs = 10'000;
constexpr std::string_view kHub = "10.77.255.1";

int open_own_network() {
  return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
}

// A thread that ends at once: the descriptor keeps its network.
int new_network() {
  int descriptor = -1;
  std::thread maker([&] {
    if (unshare(CLONE_NEWNET) == 0) descriptor = open_own_network();
  });
  maker.join();
  return descriptor;
}

std::string path_of(int descriptor) {
  return fmt::format("/proc/{}/fd/{}", getpid(), descriptor);
}

Failure impossible(const std::string& why) {
  return fail(ErrorCode::io, "no network namespaces here: " + why,
              "partitions need root, and the programs ip, nft and nsenter");
}

// Administrators' programs are not on everybody's PATH.
Result<std::string> tool(const std::string& name) {
  for (const char* folder : {"/usr/sbin/", "/sbin/", "/usr/bin/", "/bin/"}) {
    if (access((folder + name).c_str(), X_OK) == 0) return folder + name;
  }
  return impossible("there is no " + name);
}

/// The sum over all rules of a listing of "counter packets N bytes M".
std::uint64_t packets_in(const std::string& path) {
  std::ifstream file(path);
  std::uint64_t sum = 0;
  for (std::string word, before; file >> word; before = word) {
    if (before == "packets") sum += std::strtoull(word.c_str(), nullptr, 10);
  }
  return sum;
}

}  // namespace

std::string ChaosNetwork::address(std::size_t node) {
  return fmt::format("10.77.0.{}", node + 1);
}

std::vector<std::string> ChaosNetwork::inside(std::size_t node) const {
  return {programs_.nsenter, "--net=" + path_of(networks_[node])};
}

Result<std::unique_ptr<ChaosNetwork>> ChaosNetwork::make(std::size_t nodes, const std::string& log) {
  auto ip = tool("ip");
  auto nft = tool("nft");
  auto nsenter = tool("nsenter");
  if (!ip || !nft || !nsenter) return Failure((!ip ? ip : !nft ? nft : nsenter).error());
  std::unique_ptr<ChaosNetwork> network(new ChaosNetwork({*ip, *nft, *nsenter}, log));
  network->before_ = open_own_network();
  if (unshare(CLONE_NEWNET) != 0) {
    const std::string why = std::strerror(errno);
    close(std::exchange(network->before_, -1));
    return impossible(why);
  }
  if (auto ok = network->build(nodes); !ok) return impossible(ok.error().text());
  return network;
}

ChaosNetwork::~ChaosNetwork() {
  for (const int network : networks_) close(network);
  if (before_ < 0) return;
  // The way back is open to who could leave.
  (void)setns(before_, CLONE_NEWNET);
  close(before_);
}

Result<void> ChaosNetwork::build(std::size_t nodes) {
  for (const std::string& command :
       {programs_.ip + " link set lo up", programs_.ip + " link add hub type bridge", programs_.ip + " link set hub up",
        fmt::format("{} addr add {}/16 dev hub", programs_.ip, kHub)}) {
    if (auto ok = run(command); !ok) return ok;
  }
  for (std::size_t node = 0; node < nodes; ++node) {
    if (auto ok = add(node); !ok) return ok;
  }
  return {};
}

Result<void> ChaosNetwork::add(std::size_t node) {
  const int network = new_network();
  if (network < 0) return fail(ErrorCode::io, "cannot make a network namespace");
  networks_.push_back(network);
  const std::string in = fmt::format("{} --net={} {}", programs_.nsenter, path_of(network), programs_.ip);
  for (const std::string& command :
       {fmt::format("{} link add v{} type veth peer name eth0 netns {}", programs_.ip, node + 1, path_of(network)),
        fmt::format("{} link set v{} master hub up", programs_.ip, node + 1), in + " link set lo up",
        in + " link set eth0 up", fmt::format("{} addr add {}/16 dev eth0", in, address(node))}) {
    if (auto ok = run(command); !ok) return ok;
  }
  return {};
}

Result<void> ChaosNetwork::run(const std::string& command, const std::string& log) const {
  std::vector<std::string> words;
  std::istringstream text(command);
  for (std::string word; text >> word;) words.push_back(word);
  const Result<int> code = run_process(words, log, kCommandMs);
  if (!code) return Failure(code.error());
  if (*code != 0) return fail(ErrorCode::io, fmt::format("\"{}\" ended with {}", command, *code), "its output: " + log);
  return {};
}

// A table for each cut: taking it back touches no other.
Result<int> ChaosNetwork::cut(const std::vector<std::pair<std::size_t, std::size_t>>& pairs) {
  const std::lock_guard lock(mutex_);
  const int number = ++cuts_;
  std::string rules =
      fmt::format("table bridge cut{} {{ chain drops {{ type filter hook forward priority 0 ; ", number);
  for (const auto& [from, to] : pairs) {
    rules += fmt::format("ip saddr {} ip daddr {} counter drop ; ", address(from), address(to));
  }
  const std::string file = fmt::format("{}.cut{}", log_, number);
  std::ofstream(file) << rules << "} ; }\n";
  if (auto ok = run(fmt::format("{} -f {}", programs_.nft, file)); !ok) return Failure(ok.error());
  return number;
}

Result<std::uint64_t> ChaosNetwork::heal(int cut) {
  const std::lock_guard lock(mutex_);
  const std::string told = fmt::format("{}.cut{}.end", log_, cut);
  const auto listed = run(fmt::format("{} list table bridge cut{}", programs_.nft, cut), told);
  if (auto ok = run(fmt::format("{} delete table bridge cut{}", programs_.nft, cut)); !ok) return Failure(ok.error());
  if (!listed) return Failure(listed.error());
  return packets_in(told);
}

}  // namespace wattring::sim
