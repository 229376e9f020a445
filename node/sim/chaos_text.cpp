// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/time.hpp"
#include "node/sim/chaos_report.hpp"
#include "node/sim/text.hpp"

namespace wattring::sim {
namespace {

constexpr std::size_t kEvidenceShown = 20;

std::string seconds(std::int64_t ms) {
  return ms < 0 ? "-" : fmt::format("{:.2f} s", static_cast<double>(ms) / 1e3);
}

std::string head(const ChaosReport& report) {
  const ChaosPlan& plan = report.plan;
  return fmt::format(
      "CHAOS  {}   seed {}   local cluster of {}, {} meters, {} readings/s, {}\n"
      "       wattringd {}   {} clients ({} by HTTP), next node after {} ms   budgets: RTO {}, home {}, lost 0, "
      "doubled 0\n\n",
      plan.name, report.seed, plan.nodes, grouped(plan.load.meters),
      grouped(static_cast<std::uint64_t>(plan.load.rate)), format_duration_ms(plan.duration_ms), report.version,
      plan.load.clients, plan.load.http_clients, plan.load.hedge_ms, seconds(plan.budget.rto_ms),
      plan.budget.home_ms > 0 ? seconds(plan.budget.home_ms) : "not judged");
}

std::string timeline(const ChaosReport& report) {
  std::string text = "TIMELINE\n";
  for (const TimelineEntry& entry : report.timeline) {
    text += fmt::format("{:>+7.1f}   {:<24} {}\n", static_cast<double>(entry.at_ms) / 1e3, entry.what, entry.text);
  }
  return text + "\n";
}

std::string faults(const ChaosReport& report) {
  std::string text = fmt::format("{:<8} {:<18}{:>9}{:>9}{:>11}{:>9}{:>9}{:>9}  {}\n", "FAULTS", "", "SUSPECT", "AGREED",
                                 "FIRST ACK", "RTO", "NORMAL", "HOME", "TOOK HOLD");
  std::size_t number = 0;
  for (const FaultRecord& fault : report.faults) {
    text += fmt::format("{:>4}     {:<18}{:>9}{:>9}{:>11}{:>9}{:>9}{:>9}  {}\n", ++number,
                        fault.kind + " " + fault.node, seconds(fault.suspected_ms), seconds(fault.agreed_ms),
                        seconds(fault.first_ack_ms), seconds(fault.longest_ms), seconds(fault.normal_ms),
                        seconds(fault.home_ms), (fault.took_hold ? "yes: " : "NO: ") + fault.proof);
  }
  return report.faults.empty() ? std::string() : text + "\n";
}

std::string ledger(const ChaosReport& report) {
  const LoadFigures& load = report.load;
  std::string text = fmt::format(
      "LEDGER   sent {} = acked {} + refused {} + unknown {}\n"
      "         acked as DURABLE {}, HELD {}, SINGLE {}{}   batches hedged {}, turned away {}\n"
      "         wait p50 {:.1f} ms, p99 {:.1f} ms, longest {}; {:.2f} % within 1 s\n"
      "         longest silence: all clients {}, one client {}\n",
      grouped(load.sent), grouped(load.acked), grouped(load.refused), grouped(load.unknown), grouped(load.durable),
      grouped(load.held), grouped(load.single),
      load.no_class > 0 ? fmt::format(", without a class {}", grouped(load.no_class)) : "", grouped(load.hedged),
      grouped(load.turned_away), load.p50_ms, load.p99_ms, seconds(load.longest_wait_ms), load.within_second * 100,
      seconds(load.longest_silence_ms), seconds(load.longest_client_silence_ms));
  text += fmt::format("{:<9}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}{:>12}{:>10}{:>8}\n", "READ BY", "ACKED", "MISSING",
                      "TWICE", "CHANGED", "PHANTOM", "UNKNOWN", "INTERVALS", "WRONG", "UNREAD");
  for (const NodeReading& reading : report.readings) {
    const CheckCounts& c = reading.counts;
    text += fmt::format("  {:<7}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}{:>12}{:>10}{:>8}\n", reading.node,
                        grouped(c.acked), grouped(c.lost), grouped(c.doubled), grouped(c.changed), grouped(c.phantom),
                        grouped(c.unknown_stored + c.unknown_not_stored), grouped(c.intervals_right),
                        grouped(c.intervals_wrong), grouped(c.unread));
  }
  if (report.copies.registers > 0) {
    text += fmt::format("COPIES   {} registers, {} owners each: {} differ, {} with fewer owners, {} not read\n",
                        grouped(report.copies.registers), report.copies.expected, grouped(report.copies.differing),
                        grouped(report.copies.too_few), grouped(report.copies.unread));
    if (report.copies.left_out > 0) {
      text += fmt::format("         of {} registers a node lacks what was damaged on its disk, and says so\n",
                          grouped(report.copies.left_out));
    }
  }
  return text;
}

}  // namespace

std::string render_chaos_text(const ChaosReport& report) {
  std::string text = head(report) + timeline(report) + faults(report) + ledger(report);
  for (std::size_t i = 0; i < report.evidence.size() && i < kEvidenceShown; ++i) {
    text += "         " + report.evidence[i] + "\n";
  }
  if (report.evidence.size() > kEvidenceShown) {
    text += fmt::format("         and {} more in lost.txt\n", report.evidence.size() - kEvidenceShown);
  }
  text += fmt::format("\nVERDICT  {}  {}\n", to_string(report.verdict), report.reason);
  text += fmt::format("report:  {0}/report.html  {0}/report.json\n", report.folder);
  return text + "replay:  " + report.replay + "\n";
}

}  // namespace wattring::sim
