// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

/// What is to be done to a cluster, and what it must stand. A TOML file, or drawn from a seed.

namespace wattring::sim {

enum class FaultKind : std::uint8_t {
  kill,
  pause,
  stop,
  rolling,
  flap,
  wipe,
  restore,
  full,
  lose,
  partition,
  rot,
  clock
};
[[nodiscard]] std::string_view to_string(FaultKind kind);
struct FaultKindInfo {
  FaultKind kind;
  std::string_view name;
  std::string_view what;       ///< is done, in one line
  std::string_view took_hold;  ///< how that is proved
  std::string_view needs;      ///< of the machine; empty = nothing
};
[[nodiscard]] const std::vector<FaultKindInfo>& fault_kinds();

/// Which packets a partition drops, as seen from its target.
enum class Way : std::uint8_t { both, in, out };

/// What some node must say before a fault strikes, from `at` on.
enum class Condition : std::uint8_t {
  none,
  suspect,   ///< it holds a member suspect or down: homes are about to move
  filling,   ///< a shard of its is being filled
  missing,   ///< it fetches what it missed
  held,      ///< it keeps entries for others
  dropping,  ///< it keeps fewer of them than a moment ago
};
[[nodiscard]] std::string_view to_string(Condition condition);

struct PlannedFault {
  FaultKind kind = FaultKind::kill;
  std::int64_t at_ms = 0;   ///< after the load began
  std::int64_t for_ms = 0;  ///< then it ends
  /// "n3"; "random"; "home": of most of the meters looked at; "other": none that was hurt before; "it": the node that
  /// says what `when` waits for; "minority": fewer than half of the nodes, of a partition only
  std::string target = "random";
  int times = 1;  ///< of a flap; of rot: values damaged
  Condition when = Condition::none;
  std::string from{};  ///< of a partition: the one node it is cut off from; empty = all others
  Way way = Way::both;
  std::int64_t step_ms = 0;  ///< of a clock
};

struct ChaosLoad {
  std::uint32_t meters = 200;
  double rate = 2000;  ///< readings/s, of all clients together
  std::uint32_t clients = 4;
  std::uint32_t http_clients = 1;  ///< so many of them speak HTTP, the others the native protocol
  std::size_t batch = 50;
  std::int64_t hedge_ms = 250;
};
struct ChaosBudget {
  std::int64_t rto_ms = 2000;   ///< no reading waits longer for its acknowledgement
  std::int64_t home_ms = 5000;  ///< complete answers from elsewhere after a kill; 0 = not judged
};
struct ChaosPlan {
  std::string name = "plan";
  std::string about;
  int nodes = 5;
  int copies = 3;                     ///< of each reading, at least; as the nodes are configured
  std::int64_t duration_ms = 20'000;  ///< of the load
  std::int64_t settle_ms = 60'000;    ///< until all is quiet, at most
  std::vector<std::string> settings;  ///< "section.key=value" of each node
  ChaosLoad load;
  ChaosBudget budget;
  std::vector<PlannedFault> faults;  ///< by time
};

inline constexpr int kChaosNodesMax = 20;

/// invalid_argument: what and where, as FILE:LINE. An unknown key is an error.
[[nodiscard]] Result<ChaosPlan> parse_chaos_plan(std::string_view text, const std::string& path);
/// What the parser cannot see in one place: faults within the load, targets that exist.
[[nodiscard]] Result<void> validate(const ChaosPlan& plan);
/// Five nodes and one to three faults; the same seed gives the same plan.
[[nodiscard]] ChaosPlan random_chaos_plan(std::uint64_t seed);
[[nodiscard]] bool has_fault(const ChaosPlan& plan, FaultKind kind);

}  // namespace wattring::sim
