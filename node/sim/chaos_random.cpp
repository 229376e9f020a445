// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <utility>

#include "base/prng.hpp"
#include "node/sim/chaos_plan.hpp"

namespace wattring::sim {
namespace {

const std::vector<FaultKind> kDrawn = {
    FaultKind::kill,    FaultKind::kill,      FaultKind::kill,      FaultKind::pause,
    FaultKind::pause,   FaultKind::stop,      FaultKind::flap,      FaultKind::wipe,
    FaultKind::restore, FaultKind::full,      FaultKind::lose,      FaultKind::rot,
    FaultKind::clock,   FaultKind::partition, FaultKind::partition, FaultKind::partition};

bool loses_a_disk(FaultKind kind) {
  return kind == FaultKind::wipe || kind == FaultKind::restore || kind == FaultKind::lose || kind == FaultKind::rot;
}

class Drawing {
 public:
  explicit Drawing(std::uint64_t seed) : prng_(seed) {}
  ChaosPlan draw();

 private:
  PlannedFault fault(std::int64_t at_ms);
  void partition(PlannedFault& fault);
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(prng_.below(static_cast<std::uint64_t>(most - least + 1)));
  }
  Prng prng_;
  bool disk_lost_ = false;
};

void Drawing::partition(PlannedFault& fault) {
  switch (prng_.below(4)) {
    case 0:
      fault.target = "minority";
      break;
    case 1:
      fault.way = Way::in;
      break;
    case 2:
      fault.way = Way::out;
      break;
    default:
      break;
  }
}

PlannedFault Drawing::fault(std::int64_t at_ms) {
  const std::vector<std::string> targets = {"random", "home", "other"};
  PlannedFault fault;
  fault.at_ms = at_ms;
  fault.kind = kDrawn[prng_.below(kDrawn.size())];
  // A second lost disk while the first is being replaced is outside what two acknowledging copies promise.
  if (loses_a_disk(fault.kind) && std::exchange(disk_lost_, true)) fault.kind = FaultKind::kill;
  const bool flap = fault.kind == FaultKind::flap;
  fault.for_ms = flap ? between(500, 2'000) : between(1'000, 8'000);
  if (flap) fault.times = static_cast<int>(between(2, 4));
  if (fault.kind == FaultKind::rot) fault.times = static_cast<int>(between(1, 20));
  if (fault.kind == FaultKind::clock)
    fault.step_ms = between(0, 1) == 0 ? -between(1'000, 300'000) : between(1'000, 300'000);
  fault.target = targets[prng_.below(targets.size())];
  if (fault.kind == FaultKind::partition) partition(fault);
  return fault;
}

ChaosPlan Drawing::draw() {
  ChaosPlan plan;
  plan.about = "drawn from a seed";
  plan.nodes = 5;
  std::int64_t at_ms = between(2'000, 5'000);
  const std::uint64_t count = 1 + prng_.below(3);
  for (std::uint64_t i = 0; i < count; ++i) {
    plan.faults.push_back(fault(at_ms));
    const PlannedFault& last = plan.faults.back();
    // The lost node stays an owner until somebody removes it, and with one more away answers are not complete.
    if (last.kind == FaultKind::wipe) plan.copies = 2;
    if (last.kind == FaultKind::wipe || last.kind == FaultKind::lose) plan.budget.home_ms = 0;
    // One at a time, sometimes before the one before has been got over.
    at_ms += last.for_ms * 2 * (last.kind == FaultKind::flap ? last.times : 1) + between(500, 4'000);
  }
  plan.duration_ms = at_ms + 3'000;
  return plan;
}

}  // namespace

ChaosPlan random_chaos_plan(std::uint64_t seed) {
  ChaosPlan plan = Drawing(seed).draw();
  plan.name = fmt::format("random-{}", seed);
  return plan;
}

}  // namespace wattring::sim
