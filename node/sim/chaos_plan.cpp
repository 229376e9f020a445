// SPDX-License-Identifier: Apache-2.0
#include "node/sim/chaos_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/time.hpp"

namespace wattring::sim {
namespace {

constexpr std::int64_t kDurationMaxMs = kMsPerHour;

bool is_node(std::string_view name, int nodes) {
  int number = 0;
  if (name.size() < 2 || name.front() != 'n') return false;
  const auto parsed = std::from_chars(name.data() + 1, name.data() + name.size(), number);
  return parsed.ec == std::errc() && parsed.ptr == name.data() + name.size() && number >= 1 && number <= nodes;
}

bool is_target(const PlannedFault& fault, int nodes) {
  if (fault.target == "random" || fault.target == "home" || fault.target == "other") return true;
  if (fault.target == "it") return fault.when != Condition::none;
  if (fault.target == "minority") return fault.kind == FaultKind::partition && fault.from.empty() && nodes >= 3;
  return is_node(fault.target, nodes);
}

Failure wrong(const ChaosPlan& plan, std::string what) {
  return fail(ErrorCode::invalid_argument, fmt::format("plan {}: {}", plan.name, what));
}

}  // namespace

const std::vector<FaultKindInfo>& fault_kinds() {
  static const std::vector<FaultKindInfo> kKinds = {
      {FaultKind::kill, "kill", "SIGKILL; started again after `for`", "the process ended by signal 9", ""},
      {FaultKind::pause, "pause", "SIGSTOP; goes on (SIGCONT) after `for`", "state T in /proc", ""},
      {FaultKind::stop, "stop", "SIGTERM; started again after `for`", "the process ended with exit code 0", ""},
      {FaultKind::rolling, "rolling", "each node in turn: SIGTERM, start, until all see all",
       "each ended with exit code 0 and came back", ""},
      {FaultKind::flap, "flap", "SIGKILL and start, `times` times, `for` apart", "each process ended by signal 9", ""},
      {FaultKind::wipe, "wipe", "SIGKILL, the data is deleted; a new node of that name joins after `for`",
       "the process ended by signal 9 and the new node has another id", ""},
      {FaultKind::restore, "restore", "stopped for a copy of its data; after `for` SIGKILL, and started on that copy",
       "more was in the journal than in the copy", ""},
      {FaultKind::full, "full", "started again with a reserve larger than the free space; undone after `for`",
       "the node says that its reserve is reached", ""},
      {FaultKind::lose, "lose", "SIGKILL, the data is deleted, and the node never comes back",
       "the process ended by signal 9 and its data is gone", ""},
      {FaultKind::partition, "partition",
       "packets between `target` and `from` (all others) are dropped, `way`, for `for`", "the kernel dropped packets",
       "network namespaces: root, ip, nft, nsenter"},
      {FaultKind::rot, "rot", "SIGTERM, a bit flipped in each of `times` stored values, started again at once",
       "so many values of the data file were changed", ""},
      {FaultKind::clock, "clock", "the wall clock of a node steps by `step`, and back after `for`",
       "the node tells a time that is off by that much", "the Debian package libfaketime"},
  };
  return kKinds;
}

std::string_view to_string(FaultKind kind) {
  for (const FaultKindInfo& info : fault_kinds()) {
    if (info.kind == kind) return info.name;
  }
  return "kill";
}

std::string_view to_string(Condition condition) {
  constexpr std::array<std::string_view, 6> kNames{"none", "suspect", "filling", "missing", "held", "dropping"};
  return kNames.at(static_cast<std::size_t>(condition));
}

bool has_fault(const ChaosPlan& plan, FaultKind kind) {
  return std::any_of(plan.faults.begin(), plan.faults.end(), [&](const auto& fault) { return fault.kind == kind; });
}

Result<void> validate(const ChaosPlan& plan) {
  if (plan.nodes < 1 || plan.nodes > kChaosNodesMax) return wrong(plan, fmt::format("1 to {} nodes", kChaosNodesMax));
  if (plan.duration_ms < kMsPerSecond || plan.duration_ms > kDurationMaxMs) return wrong(plan, "duration: 1s to 1h");
  const ChaosLoad& load = plan.load;
  if (load.clients < 1 || load.clients > 100 || load.http_clients > load.clients || load.meters < load.clients) {
    return wrong(plan, "load: 1 to 100 clients, no more of HTTP than in all, and a meter for each");
  }
  if (load.rate < 1 || load.batch < 1 || load.batch > 10'000 || load.hedge_ms < 1) {
    return wrong(plan, "load: rate and hedge above 0, batches of 1 to 10000");
  }
  std::int64_t before_ms = 0;
  for (const PlannedFault& fault : plan.faults) {
    if (fault.at_ms < before_ms) return wrong(plan, "faults must be in the order of their times");
    if (fault.at_ms >= plan.duration_ms) return wrong(plan, "a fault lies after the load's end");
    if (fault.for_ms < 0 || fault.times < 1 || fault.times > 100) return wrong(plan, "times: 1 to 100");
    if (!is_target(fault, plan.nodes)) {
      return wrong(plan, fmt::format("target \"{}\" is not n1 to n{}, random, home, other, it (with when) or minority "
                                     "(of a partition)",
                                     fault.target, plan.nodes));
    }
    if (!fault.from.empty() && (fault.kind != FaultKind::partition || !is_node(fault.from, plan.nodes))) {
      return wrong(plan, "from is a node, of a partition");
    }
    if ((fault.kind == FaultKind::clock) != (fault.step_ms != 0))
      return wrong(plan, "a clock, and it alone, needs a step");
    before_ms = fault.at_ms;
  }
  return {};
}

}  // namespace wattring::sim
