// SPDX-License-Identifier: Apache-2.0
#include "node/sim/chaos_timeline.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "node/sim/text.hpp"

namespace wattring::sim {
namespace {

std::string deed(const FaultRecord& fault) {
  if (fault.kind == "pause") return "SIGSTOP " + fault.node;
  if (fault.kind == "stop" || fault.kind == "rolling") return "SIGTERM " + fault.node;
  if (fault.kind == "full") return "FULL " + fault.node;
  if (fault.kind == "wipe") return "KILL -9, WIPE " + fault.node;
  if (fault.kind == "restore") return "KILL -9, OLD DISK " + fault.node;
  if (fault.kind == "lose") return "KILL -9, LOST " + fault.node;
  if (fault.kind == "partition") return "CUT OFF " + fault.node;
  if (fault.kind == "rot") return "BITS FLIPPED " + fault.node;
  if (fault.kind == "clock") return "CLOCK STEPS " + fault.node;
  return "KILL -9 " + fault.node;
}

std::string healing(const FaultRecord& fault) {
  if (fault.kind == "pause") return "SIGCONT " + fault.node;
  if (fault.kind == "partition") return "HEALED " + fault.node;
  if (fault.kind == "clock") return "CLOCK BACK " + fault.node;
  return "START " + fault.node;
}

void add_fault(const FaultRecord& fault, std::vector<TimelineEntry>& entries) {
  const auto add = [&](std::int64_t after_ms, std::string what, std::string text) {
    if (after_ms >= 0) entries.push_back({fault.at_ms + after_ms, std::move(what), std::move(text)});
  };
  add(0, deed(fault), (fault.took_hold ? "took hold: " : "DID NOT TAKE HOLD: ") + fault.proof);
  add(fault.suspected_ms, fault.node + " suspect", "by the first other node");
  add(fault.agreed_ms, fault.node + " gone", "in the eyes of most others");
  add(fault.first_ack_ms, "first ack again", "of a reading that became due after the fault");
  add(fault.normal_ms, "all ack in time again",
      fmt::format("RTO {:.2f} s, {} readings waited longer than {} ms", static_cast<double>(fault.longest_ms) / 1e3,
                  grouped(fault.waited), kLongWaitMs));
  add(fault.home_ms, "complete elsewhere", fault.home_note);
  if (fault.healed_ms < 0) return;
  entries.push_back({fault.healed_ms, healing(fault), ""});
}

}  // namespace

std::vector<TimelineEntry> timeline_of(const ChaosReport& report) {
  std::vector<TimelineEntry> entries;
  const std::string ring = report.ring_ms < 0 ? "" : fmt::format("; the cluster was whole after {} ms", report.ring_ms);
  entries.push_back({0, "load begins", fmt::format("{} nodes{}", report.plan.nodes, ring)});
  for (const FaultRecord& fault : report.faults) add_fault(fault, entries);
  entries.push_back({report.plan.duration_ms, "load ends", grouped(report.load.acked) + " readings acknowledged"});
  std::stable_sort(entries.begin(), entries.end(),
                   [](const TimelineEntry& a, const TimelineEntry& b) { return a.at_ms < b.at_ms; });
  const std::int64_t last_ms = entries.back().at_ms;
  if (report.quiet_ms >= 0) entries.push_back({last_ms + report.quiet_ms, "quiet", "all up, nothing on its way"});
  if (!report.not_quiet.empty()) entries.push_back({last_ms + report.plan.settle_ms, "NOT QUIET", report.not_quiet});
  if (!report.readings.empty()) {
    entries.push_back({entries.back().at_ms, "read back",
                       fmt::format("{} meters through {} nodes", grouped(report.readings.front().counts.meters),
                                   report.readings.size())});
  }
  return entries;
}

}  // namespace wattring::sim
