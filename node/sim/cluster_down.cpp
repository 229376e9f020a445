// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>

#include "node/sim/local_cluster.hpp"

namespace wattring::sim {
namespace {

Result<void> remove_data(const std::string& dir, const LocalCluster& cluster) {
  std::error_code error;
  for (const LocalNode& node : cluster.nodes) {
    std::filesystem::remove_all(dir + "/" + node.name, error);
    if (error) return fail(ErrorCode::io, fmt::format("cannot remove {}/{}: {}", dir, node.name, error.message()));
  }
  std::filesystem::remove(dir + "/ledger.bin", error);
  return {};
}

}  // namespace

int run_cluster_down(const ClusterDownOptions& options) {
  const Result<LocalCluster> cluster = load_local_cluster(options.dir);
  if (!cluster) {
    fmt::print(stderr, "{}\n", cluster.error().text());
    return cluster.error().code == ErrorCode::not_found ? kExitNoNode : kExitUsage;
  }
  const StopOutcome outcome = stop_local_cluster(*cluster, options.timeout_ms);
  fmt::print("{} ended when asked   {} killed   {} did not run any more\n", outcome.ended, outcome.killed,
             outcome.gone);
  if (!options.keep) {
    if (auto ok = remove_data(options.dir, *cluster); !ok) {
      fmt::print(stderr, "{}\n", ok.error().text());
      return kExitInternal;
    }
  }
  std::error_code ignored;
  std::filesystem::remove(options.dir + "/cluster.json", ignored);
  // Goes only when it is empty: what others put there stays.
  std::filesystem::remove(options.dir, ignored);
  return kExitDone;
}

}  // namespace wattring::sim
