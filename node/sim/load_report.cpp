// SPDX-License-Identifier: Apache-2.0
#include "node/sim/load_report.hpp"

#include <fmt/format.h>

#include "base/time.hpp"
#include "node/sim/text.hpp"

namespace wattring::sim {
namespace {

std::string latency_line(const RunOptions& options, const LoadReport& report) {
  const LatencyHistogram& latency = report.all.latency;
  if (latency.count() == 0) return "latency    nothing was acknowledged\n";
  const auto q = [&](double quantile) { return as_ms(latency.quantile_ns(quantile)); };
  return fmt::format("latency ms  p50 {}  p90 {}  p99 {}  p99.9 {}  max {}     ({} batches; {})\n", q(0.5), q(0.9),
                     q(0.99), q(0.999), as_ms(latency.max_ns()), grouped(latency.count()),
                     options.load.rate > 0 ? "open loop, from the due time: corrected for coordinated omission"
                                           : "closed loop: service time, from the first sending of a batch");
}

std::string fault_line(const FaultCounts& faults) {
  if (faults.late + faults.dup + faults.out_of_order + faults.gap + faults.reset + faults.glitch == 0) return {};
  return fmt::format(
      "made        late {}   duplicate {}   out of order {}   left out {}   after reset {}   glitch {}\n",
      grouped(faults.late), grouped(faults.dup), grouped(faults.out_of_order), grouped(faults.gap),
      grouped(faults.reset), grouped(faults.glitch));
}

}  // namespace

std::string describe_run(const RunOptions& options, const std::string& target) {
  const FleetOptions& fleet = options.fleet;
  std::string text = fmt::format("{} meters ({}), {} registers each {}", grouped(fleet.meters),
                                 to_string(fleet.profile), fleet.registers, format_duration_ms(fleet.every_ms));
  if (options.load.rate > 0) {
    text += fmt::format(", {}/s open loop", grouped(static_cast<std::uint64_t>(options.load.rate)));
  } else {
    text += ", closed loop";
  }
  if (options.load.readings_max > 0) text += fmt::format(", {} readings", grouped(options.load.readings_max));
  if (options.load.duration_ns > 0) text += " for " + format_duration_ms(options.load.duration_ns / 1'000'000);
  return text + fmt::format(", {} {} {}\n", options.clients, options.clients == 1 ? "client" : "clients",
                            options.generate_only ? "that only generate"
                                                  : fmt::format("as {} to {}", to_string(options.as), target));
}

std::string render_report(const RunOptions& options, const LoadReport& report) {
  std::string text = fmt::format("sent {} = acked {} + refused {} + unknown {}\n", grouped(report.sent),
                                 grouped(report.acked), grouped(report.refused), grouped(report.unknown));
  text +=
      fmt::format("rate        {} readings/s acked over {:.1f} s     turned away {}   sent again {}   reconnects {}\n",
                  grouped(static_cast<std::uint64_t>(report.rate())), report.seconds, grouped(report.busy),
                  grouped(report.resent), grouped(report.reconnects));
  text += latency_line(options, report);
  text += fault_line(report.all.faults);
  if (!report.all.trouble.empty()) text += "last trouble  " + report.all.trouble + "\n";
  if (report.all.gave_up && !report.interrupted) {
    text += fmt::format("gave up     no node answered for {}\n", format_duration_ms(options.load.patience_ms));
  }
  if (report.all.reached_horizon)
    text += "ended early: event time reached the present; more meters, or an earlier --start\n";
  if (!report.ledger.empty()) {
    text += fmt::format("ledger      {} ({} acked)      check it: wattringsim check {}\n", report.ledger,
                        grouped(report.acked), report.ledger);
  }
  return text;
}

std::string missed_limit(const RunOptions& options, const LoadReport& report) {
  const double p99_ms = static_cast<double>(report.all.latency.quantile_ns(0.99)) / 1e6;
  if (options.limit_p99_ms > 0 && (report.all.latency.count() == 0 || p99_ms > options.limit_p99_ms)) {
    return fmt::format("p99 {:.2f} ms, the limit is {:.2f} ms", p99_ms, options.limit_p99_ms);
  }
  if (options.limit_rate > 0 && report.rate() < options.limit_rate) {
    return fmt::format("{:.0f} readings/s, the limit is {:.0f}", report.rate(), options.limit_rate);
  }
  return {};
}

}  // namespace wattring::sim
