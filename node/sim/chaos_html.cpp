// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "base/time.hpp"
#include "node/sim/chaos_report.hpp"
#include "node/sim/text.hpp"

namespace wattring::sim {
namespace {

constexpr int kLeft = 60;
constexpr int kWidth = 900;
constexpr int kLane = 22;
constexpr int kChart = 110;

constexpr std::string_view kStyle = R"(
body{font:15px/1.45 system-ui,sans-serif;margin:2em auto;max-width:1040px;padding:0 1em;color:#1c2733;background:#fff}
h1{font-size:1.4em;margin:.2em 0}h2{font-size:1.1em;margin:1.6em 0 .4em}
.v{display:inline-block;padding:.15em .7em;border-radius:.3em;font-weight:600;color:#fff}
.PASS{background:#1b7f4b}.FAIL{background:#b3261e}.INCONCLUSIVE{background:#8a6100}
table{border-collapse:collapse;width:100%;font-size:.92em}th,td{padding:.25em .6em;text-align:right;border-bottom:1px solid #dde3ea}
th:first-child,td:first-child,td.l,th.l{text-align:left}th{font-weight:600;color:#4a5a6a}td.bad{color:#b3261e;font-weight:700}
svg{width:100%;height:auto;display:block}svg text{font:11px system-ui,sans-serif;fill:#4a5a6a}
code,pre{font:13px ui-monospace,monospace;background:#f3f5f8;padding:.1em .3em;border-radius:.2em}pre{padding:.7em;overflow:auto}
)";

std::string seconds_cell(std::int64_t ms) {
  return ms < 0 ? "-" : fmt::format("{:.2f}", static_cast<double>(ms) / 1e3);
}

class Chart {
 public:
  explicit Chart(const ChaosReport& report)
      : report_(report), end_ms_(std::max<std::int64_t>(report.plan.duration_ms, 1000)) {
    const auto measured = static_cast<std::int64_t>(report.load.seconds.size()) * 1000;
    end_ms_ = std::max(end_ms_, measured);
    for (const FaultRecord& fault : report.faults) end_ms_ = std::max(end_ms_, fault.healed_ms);
  }
  [[nodiscard]] std::string svg() const;

 private:
  [[nodiscard]] double x(std::int64_t at_ms) const {
    return kLeft +
           static_cast<double>(std::clamp<std::int64_t>(at_ms, 0, end_ms_)) * kWidth / static_cast<double>(end_ms_);
  }
  [[nodiscard]] std::string lanes() const;
  [[nodiscard]] std::string bands(int height) const;
  [[nodiscard]] std::string curve(int top, std::string_view title, std::string_view colour, bool waits) const;
  [[nodiscard]] std::string axis(int bottom) const;

  const ChaosReport& report_;
  std::int64_t end_ms_;
};

std::string_view colour_of(std::string_view kind) {
  if (kind == "pause") return "#c08a00";
  if (kind == "full") return "#7a4fbf";
  if (kind == "partition") return "#1f7a8c";
  return kind == "stop" || kind == "rolling" ? "#5b7a99" : "#b3261e";
}

std::string Chart::lanes() const {
  std::string out;
  for (int node = 0; node < report_.plan.nodes; ++node) {
    const std::string name = fmt::format("n{}", node + 1);
    const int top = node * kLane;
    out += fmt::format(R"(<text x="8" y="{}">{}</text><rect x="{}" y="{}" width="{}" height="12" fill="#bfe3cd"/>)",
                       top + 15, name, kLeft, top + 5, kWidth);
    for (const FaultRecord& fault : report_.faults) {
      if (fault.node != name) continue;
      const double from = x(fault.at_ms);
      const double to = x(fault.healed_ms < 0 ? end_ms_ : fault.healed_ms);
      out += fmt::format(
          R"(<rect x="{:.1f}" y="{}" width="{:.1f}" height="12" fill="{}"><title>{}</title></rect>)", from, top + 5,
          std::max(2.0, to - from), colour_of(fault.kind),
          in_markup(fmt::format("{} {} at +{} s: {}", fault.kind, name, seconds_cell(fault.at_ms), fault.proof)));
    }
  }
  return out;
}

std::string Chart::bands(int height) const {
  std::string out;
  for (const FaultRecord& fault : report_.faults) {
    const double from = x(fault.at_ms);
    const double to = x(fault.healed_ms < 0 ? end_ms_ : fault.healed_ms);
    out += fmt::format(R"(<rect x="{:.1f}" y="0" width="{:.1f}" height="{}" fill="{}" opacity="0.09"/>)", from,
                       std::max(1.0, to - from), height, colour_of(fault.kind));
  }
  return out;
}

std::string Chart::curve(int top, std::string_view title, std::string_view colour, bool waits) const {
  std::int64_t most = 1;
  const auto value = [&](const LoadSecond& second) {
    return waits ? second.longest_ms : static_cast<std::int64_t>(second.acked);
  };
  for (const LoadSecond& second : report_.load.seconds) most = std::max(most, value(second));
  std::string points;
  for (std::size_t i = 0; i < report_.load.seconds.size(); ++i) {
    const double y =
        top + kChart - static_cast<double>(value(report_.load.seconds[i])) * (kChart - 20) / static_cast<double>(most);
    points += fmt::format("{:.1f},{:.1f} ", x(static_cast<std::int64_t>(i) * 1000 + 500), y);
  }
  return fmt::format(
      R"(<text x="{0}" y="{1}">{2}; top line {3}</text><line x1="{0}" x2="{4}" y1="{5}" y2="{5}" stroke="#dde3ea"/>)"
      R"(<line x1="{0}" x2="{4}" y1="{6}" y2="{6}" stroke="#9fb0c0"/>)"
      R"(<polyline fill="none" stroke="{7}" stroke-width="1.6" points="{8}"/>)",
      kLeft, top + 14, title, grouped(static_cast<std::uint64_t>(most)), kLeft + kWidth, top + 20, top + kChart, colour,
      points);
}

std::string Chart::axis(int bottom) const {
  std::string out;
  const std::int64_t step_ms = end_ms_ > 120'000 ? 30'000 : end_ms_ > 30'000 ? 10'000 : 2'000;
  for (std::int64_t at = 0; at <= end_ms_; at += step_ms) {
    out += fmt::format(R"(<text x="{:.1f}" y="{}" text-anchor="middle">{} s</text>)", x(at), bottom + 15, at / 1000);
  }
  return out;
}

std::string Chart::svg() const {
  const int lanes_end = report_.plan.nodes * kLane;
  const int bottom = lanes_end + 2 * kChart + 20;
  return fmt::format(R"(<svg viewBox="0 0 {} {}" role="img" aria-label="nodes and load over time">)",
                     kLeft + kWidth + 20, bottom + 24) +
         bands(bottom) + lanes() + curve(lanes_end, "readings acknowledged in each second", "#1b7f4b", false) +
         curve(lanes_end + kChart + 10, "longest wait for an acknowledgement, ms, by the second it was due", "#b3261e",
               true) +
         axis(bottom) + "</svg>";
}

std::string faults_table(const ChaosReport& report) {
  std::string out =
      "<table><tr><th class=l>fault</th><th>at s</th><th>until s</th><th>suspected</th><th>agreed</th><th>first "
      "ack</th>"
      "<th>RTO</th><th>normal again</th><th>complete elsewhere</th><th class=l>took hold</th></tr>";
  for (const FaultRecord& fault : report.faults) {
    out += fmt::format(
        "<tr><td>{} {}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td{}>{}</td><td>{}</td><td>{}</td>"
        "<td class=l>{}</td></tr>",
        fault.kind, fault.node, seconds_cell(fault.at_ms), seconds_cell(fault.healed_ms),
        seconds_cell(fault.suspected_ms), seconds_cell(fault.agreed_ms), seconds_cell(fault.first_ack_ms),
        fault.longest_ms > report.plan.budget.rto_ms ? " class=bad" : "", seconds_cell(fault.longest_ms),
        seconds_cell(fault.normal_ms), seconds_cell(fault.home_ms),
        in_markup((fault.took_hold ? "" : "NO: ") + fault.proof));
  }
  return out + "</table>";
}

std::string cell(std::uint64_t n, bool bad) {
  return fmt::format("<td{}>{}</td>", bad && n > 0 ? " class=bad" : "", grouped(n));
}

std::string ledger_table(const ChaosReport& report) {
  const LoadFigures& load = report.load;
  std::string out = fmt::format(
      "<p>{} readings sent = {} acknowledged + {} refused + {} unknown. Acknowledged as DURABLE {}, HELD {}, SINGLE "
      "{}. "
      "Wait p50 {:.1f} ms, p99 {:.1f} ms, longest {} s; {:.2f} % within a second.</p>",
      grouped(load.sent), grouped(load.acked), grouped(load.refused), grouped(load.unknown), grouped(load.durable),
      grouped(load.held), grouped(load.single), load.p50_ms, load.p99_ms, seconds_cell(load.longest_wait_ms),
      load.within_second * 100);
  out +=
      "<table><tr><th class=l>read back through</th><th>acknowledged</th><th>missing</th><th>stored "
      "twice</th><th>changed"
      "</th><th>never sent</th><th>intervals right</th><th>wrong</th><th>not read</th></tr>";
  for (const NodeReading& reading : report.readings) {
    const CheckCounts& c = reading.counts;
    out += fmt::format("<tr><td>{}</td>", reading.node) + cell(c.acked, false) + cell(c.lost, true) +
           cell(c.doubled, true) + cell(c.changed, true) + cell(c.phantom, true) + cell(c.intervals_right, false) +
           cell(c.intervals_wrong, true) + cell(c.unread, true) + "</tr>";
  }
  return out + fmt::format("</table><p>Copies: {} registers with {} owners each; {} differ, {} have fewer owners.</p>",
                           grouped(report.copies.registers), report.copies.expected, grouped(report.copies.differing),
                           grouped(report.copies.too_few));
}

std::string timeline_table(const ChaosReport& report) {
  std::string out = "<table><tr><th class=l>s</th><th class=l>what</th><th class=l></th></tr>";
  for (const TimelineEntry& entry : report.timeline) {
    out += fmt::format("<tr><td>{:+.2f}</td><td class=l>{}</td><td class=l>{}</td></tr>",
                       static_cast<double>(entry.at_ms) / 1e3, in_markup(entry.what), in_markup(entry.text));
  }
  return out + "</table>";
}

}  // namespace

std::string render_chaos_html(const ChaosReport& report) {
  std::string evidence;
  for (const std::string& line : report.evidence) evidence += in_markup(line) + "\n";
  if (!evidence.empty()) evidence = "<h2>Evidence</h2><pre>" + evidence + "</pre>";
  return fmt::format(
             "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{0}: {1}</title><style>{2}</style>",
             in_markup(report.plan.name), to_string(report.verdict), kStyle) +
         fmt::format("<h1>{0} <span class=\"v {1}\">{1}</span></h1><p>{2}</p>", in_markup(report.plan.name),
                     to_string(report.verdict), in_markup(report.reason)) +
         fmt::format(
             "<p>seed {}, {} nodes, {} meters, {} readings/s for {}, wattringd {}, {}. Again: <code>{}</code></p>",
             report.seed, report.plan.nodes, grouped(report.plan.load.meters),
             grouped(static_cast<std::uint64_t>(report.plan.load.rate)), format_duration_ms(report.plan.duration_ms),
             in_markup(report.version), in_markup(report.started), in_markup(report.replay)) +
         Chart(report).svg() + "<h2>Faults</h2>" + faults_table(report) + "<h2>Ledger</h2>" + ledger_table(report) +
         evidence + "<h2>Timeline</h2>" + timeline_table(report) + "</html>\n";
}

}  // namespace wattring::sim
