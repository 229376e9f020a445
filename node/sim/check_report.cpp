// SPDX-License-Identifier: Apache-2.0
#include "node/sim/check_report.hpp"

#include <fmt/format.h>

#include "node/sim/text.hpp"

namespace wattring::sim {

std::string render_check(const CheckReport& report) {
  const CheckCounts& counts = report.counts;
  std::string text = fmt::format("ledger      {} ({}), {} readings sent\n", report.ledger, report.ending,
                                 grouped(report.readings_sent));
  if (counts.meters < report.meters_in_ledger) {
    text += fmt::format("checked     {} of {} meters, drawn with seed {}\n", grouped(counts.meters),
                        grouped(report.meters_in_ledger), report.sample_seed);
  } else {
    text += fmt::format("checked     all {} meters\n", grouped(counts.meters));
  }
  text += fmt::format("readings    acked {}   refused {}   unknown {} ({} found stored, {} not: both allowed)\n",
                      grouped(counts.acked), grouped(counts.refused),
                      grouped(counts.unknown_stored + counts.unknown_not_stored), grouped(counts.unknown_stored),
                      grouped(counts.unknown_not_stored));
  const auto row = [&](std::string_view name, std::uint64_t n) {
    text += fmt::format("            {:<22}{}\n", name, grouped(n));
  };
  row("acked but missing", counts.lost);
  row("stored twice", counts.doubled);
  row("value changed", counts.changed);
  row("stored, never sent", counts.phantom);
  row("intervals wrong", counts.intervals_wrong);
  text += fmt::format("intervals   {} spans right, calculated apart\n", grouped(counts.intervals_right));
  if (!report.unread_reason.empty()) text += "not read    " + report.unread_reason + "\n";
  for (const Evidence& evidence : report.evidence) {
    text += fmt::format("  {:<9} {}\n", to_string(evidence.finding), evidence.text);
  }
  if (counts.wrong() > report.evidence.size()) {
    text += fmt::format("  and {} more\n", grouped(counts.wrong() - report.evidence.size()));
  }
  return text + fmt::format("VERDICT  {}  {}\n", to_string(report.judgement.verdict), report.judgement.reason);
}

}  // namespace wattring::sim
