// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "node/sim/chaos_report.hpp"
#include "node/sim/text.hpp"

namespace wattring::sim {
namespace {

/// Of a run: what is judged each by itself.
struct Case {
  std::string name;
  std::string failure;  ///< empty = it passed
};

std::vector<Case> cases_of(const ChaosReport& report) {
  std::vector<Case> cases;
  cases.reserve(report.faults.size());
  std::size_t number = 0;
  for (const FaultRecord& fault : report.faults) {
    cases.push_back(
        {fmt::format("{} {} of {} took hold", ++number, fault.kind, fault.node), fault.took_hold ? "" : fault.proof});
  }
  cases.push_back({"all is quiet afterwards", report.not_quiet});
  cases.push_back({"no node ended badly", report.crashed});
  for (const NodeReading& reading : report.readings) {
    const CheckCounts& counts = reading.counts;
    const std::uint64_t wrong = counts.lost + counts.doubled + counts.changed + counts.phantom + counts.intervals_wrong;
    cases.push_back({fmt::format("everything acknowledged is read through {}", reading.node),
                     wrong == 0 ? "" : fmt::format("{} readings or intervals are wrong", wrong)});
  }
  cases.push_back({"verdict", report.verdict == Verdict::pass ? "" : report.reason});
  return cases;
}

}  // namespace

std::string render_chaos_junit(const ChaosReport& report) {
  const std::vector<Case> cases = cases_of(report);
  const auto failed = std::count_if(cases.begin(), cases.end(), [](const Case& one) { return !one.failure.empty(); });
  std::string xml = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"chaos {}\" tests=\"{}\" failures=\"{}\" "
      "timestamp=\"{}\">\n",
      in_markup(report.plan.name), cases.size(), failed, in_markup(report.started));
  for (const Case& one : cases) {
    xml +=
        fmt::format("  <testcase classname=\"chaos.{}\" name=\"{}\"", in_markup(report.plan.name), in_markup(one.name));
    xml += one.failure.empty() ? "/>\n"
                               : fmt::format("><failure message=\"{}\">{}</failure></testcase>\n",
                                             in_markup(one.failure), in_markup(report.replay));
  }
  return xml + "</testsuite>\n";
}

}  // namespace wattring::sim
