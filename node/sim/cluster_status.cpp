// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <map>

#include "node/sim/cluster_json.hpp"
#include "node/sim/http_client.hpp"
#include "node/sim/local_cluster.hpp"

namespace wattring::sim {
namespace {

constexpr std::int64_t kStatusMs = 1'000;

/// "3 up, 1 down"
std::string sees(const std::string& http) {
  if (http.empty()) return "never listened";
  const Result<HttpReply> reply = HttpClient({{http}, 0, kStatusMs, {}}).get("/api/v1/members");
  if (!reply) return "does not answer";
  const auto members = parse_members(reply->body);
  if (!members) return fmt::format("answers with status {}", reply->status);
  std::map<std::string, int> counts;
  for (const SeenMember& member : *members) ++counts[member.state];
  std::string text;
  for (const auto& [state, count] : counts) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, state);
  return text;
}

}  // namespace

int run_cluster_status(const ClusterStatusOptions& options) {
  const Result<LocalCluster> cluster = load_local_cluster(options.dir);
  if (!cluster) {
    fmt::print(stderr, "{}\n", cluster.error().text());
    return cluster.error().code == ErrorCode::not_found ? kExitNoNode : kExitUsage;
  }
  fmt::print("NODE  PID      PROCESS  HTTP                   SEES\n");
  int running = 0;
  for (const LocalNode& node : cluster->nodes) {
    const bool runs = ProcessHandle::open(node.process).has_value();
    running += runs ? 1 : 0;
    fmt::print("{:<5} {:<8} {:<8} {:<22} {}\n", node.name, node.process.pid, runs ? "runs" : "ended",
               node.endpoints.http, runs ? sees(node.endpoints.http) : "");
  }
  return running > 0 ? kExitDone : kExitNoNode;
}

}  // namespace wattring::sim
