// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "node/sim/local_process.hpp"
#include "node/sim/options.hpp"

/// The books of a throw-away cluster on loopback: what was started, where it listens, where its data is.
/// DIR/cluster.json.

namespace wattring::sim {

struct NodeEndpoints {
  std::string membership;
  std::string peers;
  std::string ingest;
  std::string http;
  std::string data{};
  friend bool operator==(const NodeEndpoints&, const NodeEndpoints&) = default;
};

struct LocalNode {
  std::string name;  ///< "n1", "n2", ...: also its folder below DIR
  ProcessMark process;
  NodeEndpoints endpoints;  ///< empty until it listened
  friend bool operator==(const LocalNode&, const LocalNode&) = default;
};

struct LocalCluster {
  std::vector<LocalNode> nodes;
  friend bool operator==(const LocalCluster&, const LocalCluster&) = default;
};

inline constexpr int kLocalNodesMax = 100;
inline constexpr std::string_view kLocalClusterName = "local";

[[nodiscard]] std::string render_local_cluster(const LocalCluster& cluster);
/// corrupt: not written by this program, or names a folder that is not of the form "nK".
[[nodiscard]] Result<LocalCluster> parse_local_cluster(std::string_view text);

/// not_found: nothing was started with that folder.
[[nodiscard]] Result<LocalCluster> load_local_cluster(const std::string& dir);
/// Replaces the file as a whole.
[[nodiscard]] Result<void> save_local_cluster(const std::string& dir, const LocalCluster& cluster);

/// DIR/nK/data, DIR/nK/wattringd.log
[[nodiscard]] std::string data_of(const std::string& dir, const std::string& node);
[[nodiscard]] std::string log_of(const std::string& dir, const std::string& node);

/// The words that make and start the node of that index, from 0. join: membership address of the first node; empty for
/// the first.
[[nodiscard]] std::vector<std::string> init_words(const ClusterUpOptions& options, const std::string& program,
                                                  int index, const std::string& join);
[[nodiscard]] std::vector<std::string> run_words(const ClusterUpOptions& options, const std::string& program, int index,
                                                 const std::string& join);

/// Asks all to end, waits, kills those that did not; only the processes that were recorded. Numbers of nodes.
struct StopOutcome {
  int ended = 0;   ///< by themselves, when asked
  int killed = 0;  ///< had to be
  int gone = 0;    ///< did not run any more
};
[[nodiscard]] StopOutcome stop_local_cluster(const LocalCluster& cluster, std::int64_t timeout_ms);

}  // namespace wattring::sim
