// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "node/sim/encode.hpp"
#include "node/sim/fleet.hpp"
#include "node/sim/load_client.hpp"

/// What the command line says, one value a command. Made by cli.cpp, used by the commands.

namespace wattring::sim {

/// operations.md: one table for all programs.
enum ExitCode : int {
  kExitDone = 0,
  kExitInternal = 1,
  kExitUsage = 2,
  kExitNoNode = 3,
  kExitLimitMissed = 20,
  kExitDataWrong = 21,
  kExitInconclusive = 22,
  kExitInterrupted = 130
};

struct NodeOptions {
  std::vector<std::string> nodes = {"127.0.0.1:7414"};  ///< HTTP addresses
  std::int64_t timeout_ms = 3000;
  std::string token;
};

struct RunOptions {
  NodeOptions node;
  std::string ingest;  ///< endpoint of the native protocol; empty = ask the node
  std::string keys;    ///< key file for the native protocol; empty = the node has none
  SendAs as = SendAs::native;
  FleetOptions fleet;
  std::string prefix = "M-";
  std::optional<std::int64_t> start_ms;  ///< event time of the first readings; empty = so that the last lie before now
  LoadPlan load;                         ///< rate and readings_max: of all clients together
  std::uint32_t clients = 1;
  std::string ledger;  ///< empty = "ledger-SEED.bin"
  bool write_ledger = true;
  bool bench = false;          ///< figures as JSON on standard output
  bool generate_only = false;  ///< no node: what the generator alone can do
  double limit_p99_ms = 0;     ///< 0 = no limit
  double limit_rate = 0;
  std::string command_line;  ///< for the ledger
};

struct CheckOptions {
  /// More patient than a sender: right after a load the node may be busy sealing.
  NodeOptions node{.nodes = {"127.0.0.1:7414"}, .timeout_ms = 15'000, .token = {}};
  std::string ledger;
  std::size_t sample = 2000;
  std::uint64_t sample_seed = 1;
  int threads = 4;
  std::int64_t wait_ms = 60'000;
  double acked_share_min = 0.1;
  bool intervals = true;
  bool json = false;
};

struct ReplayOptions {
  NodeOptions node;
  std::string file;
  std::string meter;
  std::string precision = "ns";
  bool shift_to_now = false;
  double speed = 0;  ///< 0 = as fast as it goes; 1 = in real time
  std::size_t batch = 100;
  std::int64_t patience_ms = 30'000;
  std::string ledger;
  bool write_ledger = true;
};

struct ClusterUpOptions {
  int nodes = 3;
  std::string dir = "wattring-cluster";
  int base_port = 0;                  ///< 0 = free ones; else five a node from there on
  std::string wattringd;              ///< the program; empty = the one beside this, or on PATH
  std::vector<std::string> settings;  ///< "section.key=value", for each node
  std::int64_t wait_ms = 60'000;      ///< until all see each other
  std::uint32_t meters = 0;           ///< send a day of readings of so many to the first node
};
struct ClusterDownOptions {
  std::string dir = "wattring-cluster";
  bool keep = false;  ///< data and logs
  std::int64_t timeout_ms = 20'000;
};
struct ClusterStatusOptions {
  std::string dir = "wattring-cluster";
};

struct ChaosRunOptions {
  std::string plan;          ///< file; empty = random plans
  std::uint32_t random = 0;  ///< so many of them, seeds from `seed` on
  std::uint64_t seed = 1;
  std::string out;                    ///< folder; empty = chaos-NAME-SEED
  std::string wattringd;              ///< the program; empty = the one beside this, or on PATH
  std::vector<std::string> settings;  ///< "section.key=value", for each node
  bool keep = false;                  ///< data and ledger also after a PASS
};
struct ChaosListOptions {};
struct ChaosReportOptions {
  std::string dir;
};

/// usage: text to print and the exit code that goes with it (0 for --help and --version).
struct UsageReply {
  int exit_code = kExitUsage;
  std::string text;
};
using Command = std::variant<UsageReply, RunOptions, CheckOptions, ReplayOptions, ClusterUpOptions, ClusterDownOptions,
                             ClusterStatusOptions, ChaosRunOptions, ChaosListOptions, ChaosReportOptions>;
[[nodiscard]] Command parse_command_line(int argc, const char* const* argv);

/// The commands. They print, and return the exit code. stop: set by a signal.
[[nodiscard]] int run_load(const RunOptions& options, std::atomic<bool>& stop);
[[nodiscard]] int run_check(const CheckOptions& options, std::atomic<bool>& stop);
[[nodiscard]] int run_replay(const ReplayOptions& options, std::atomic<bool>& stop);
[[nodiscard]] int run_cluster_up(const ClusterUpOptions& options, std::atomic<bool>& stop);
[[nodiscard]] int run_cluster_down(const ClusterDownOptions& options);
[[nodiscard]] int run_cluster_status(const ClusterStatusOptions& options);
[[nodiscard]] int run_chaos(const ChaosRunOptions& options, std::atomic<bool>& stop);
[[nodiscard]] int run_chaos_list();
[[nodiscard]] int run_chaos_report(const ChaosReportOptions& options);

}  // namespace wattring::sim
