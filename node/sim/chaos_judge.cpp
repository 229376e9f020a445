// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "node/sim/chaos_report.hpp"
#include "node/sim/options.hpp"

namespace wattring::sim {
namespace {

// Of what the plan asks for: below it nothing was put to the test.
constexpr double kLoadShareMin = 0.5;

std::vector<std::string> wrong_data(const ChaosReport& report) {
  CheckCounts worst;
  for (const NodeReading& reading : report.readings) {
    worst.lost = std::max(worst.lost, reading.counts.lost);
    worst.doubled = std::max(worst.doubled, reading.counts.doubled);
    worst.changed = std::max(worst.changed, reading.counts.changed);
    worst.phantom = std::max(worst.phantom, reading.counts.phantom);
    worst.intervals_wrong = std::max(worst.intervals_wrong, reading.counts.intervals_wrong);
  }
  std::vector<std::string> wrong;
  const auto part = [&](std::uint64_t n, std::string_view name) {
    if (n > 0) wrong.push_back(fmt::format("{} {}", n, name));
  };
  part(worst.lost, "acknowledged but missing");
  part(worst.doubled, "stored twice");
  part(worst.changed, "changed");
  part(worst.phantom, "never sent");
  part(worst.intervals_wrong, "intervals wrong");
  part(report.copies.differing, "registers of which the owners have different copies");
  return wrong;
}

std::vector<std::string> inconclusive(const ChaosReport& report) {
  std::vector<std::string> why;
  if (!report.trouble.empty()) why.push_back(report.trouble);
  if (report.faults.empty() && !report.plan.faults.empty()) why.emplace_back("no fault was done");
  for (const FaultRecord& fault : report.faults) {
    if (!fault.took_hold) {
      why.push_back(fmt::format("{} of {} did not take hold: {}", fault.kind, fault.node, fault.proof));
    } else if (fault.sent == 0) {
      why.push_back(fmt::format("no reading was due after {} of {}", fault.kind, fault.node));
    }
  }
  const double planned = report.plan.load.rate * static_cast<double>(report.plan.duration_ms) / 1e3;
  if (static_cast<double>(report.load.acked) < planned * kLoadShareMin) {
    why.push_back(
        fmt::format("too little load: {} readings acknowledged of {:.0f} planned", report.load.acked, planned));
  }
  const int left = report.plan.nodes - report.lost_nodes;
  if (static_cast<int>(report.readings.size()) < left) {
    why.push_back(fmt::format("read back through {} of {} nodes", report.readings.size(), left));
  }
  for (const NodeReading& reading : report.readings) {
    if (reading.counts.unread > 0 && !reading.rotten) {
      why.push_back(fmt::format("{} did not give {} registers completely ({})", reading.node, reading.counts.unread,
                                reading.unread_reason));
    }
  }
  if (report.copies.unread > 0) why.push_back(fmt::format("copies of {} registers not read", report.copies.unread));
  return why;
}

std::vector<std::string> missed_limits(const ChaosReport& report) {
  std::vector<std::string> missed;
  const ChaosBudget& budget = report.plan.budget;
  if (!report.not_quiet.empty()) missed.push_back("not quiet afterwards: " + report.not_quiet);
  if (!report.untold.empty()) missed.push_back("damaged values that nobody told of on " + report.untold);
  if (report.copies.too_few > 0) {
    missed.push_back(
        fmt::format("{} registers are on fewer than {} nodes", report.copies.too_few, report.copies.expected));
  }
  for (const FaultRecord& fault : report.faults) {
    const std::string name =
        fmt::format("{} of {} at +{:.1f} s", fault.kind, fault.node, static_cast<double>(fault.at_ms) / 1e3);
    if (fault.never_acked > 0) missed.push_back(fmt::format("{}: {} readings never taken", name, fault.never_acked));
    if (fault.longest_ms > budget.rto_ms) {
      missed.push_back(fmt::format("{}: RTO {} ms, budget {} ms", name, fault.longest_ms, budget.rto_ms));
    }
    // home_ms is -1 where nothing was asked; a note "never" where it was asked in vain.
    const bool judged = budget.home_ms > 0 && (fault.kind == "kill" || fault.kind == "lose");
    if (judged && (fault.home_ms > budget.home_ms || fault.home_note.starts_with("never"))) {
      missed.push_back(fmt::format("{}: complete answers {}, budget {} ms", name,
                                   fault.home_ms < 0 ? "never" : fmt::format("after {} ms", fault.home_ms),
                                   budget.home_ms));
    }
  }
  return missed;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + part;
  return text;
}

}  // namespace

void judge_chaos(ChaosReport& report) {
  const auto set = [&](Verdict verdict, int exit_code, std::string reason) {
    report.verdict = verdict;
    report.exit_code = exit_code;
    report.reason = std::move(reason);
  };
  if (const auto wrong = wrong_data(report); !wrong.empty()) {
    set(Verdict::fail, kExitDataWrong, "data wrong: " + joined(wrong));
  } else if (!report.crashed.empty()) {
    set(Verdict::fail, kExitLimitMissed, "a node ended badly: " + report.crashed);
  } else if (const auto why = inconclusive(report); !why.empty()) {
    set(Verdict::inconclusive, kExitInconclusive, joined(why));
  } else if (const auto missed = missed_limits(report); !missed.empty()) {
    set(Verdict::fail, kExitLimitMissed, "limit missed: " + joined(missed));
  } else {
    set(Verdict::pass, kExitDone, "everything acknowledged is there once and unchanged, through every node");
  }
}

}  // namespace wattring::sim
