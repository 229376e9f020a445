// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "node/ctl/commands/commands.hpp"
#include "node/ctl/meter_api.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

/// The register that was named, or the meter's import register, or its first that only rises.
Outcome<std::string> choose_register(Session& session, const IntervalsArguments& arguments) {
  if (!arguments.register_name.empty()) return arguments.register_name;
  const auto meter = fetch_meter(session, arguments.meter);
  if (!meter) return tl::unexpected(meter.error());
  for (const auto& candidates : {energy_registers(*meter, Direction::imported), cumulative_registers(*meter)}) {
    if (!candidates.empty()) return candidates.front();
  }
  return tl::unexpected(Trouble{
      kExitUsage, fmt::format("Meter {} has no register that only rises, so there are no intervals by themselves.\n"
                              "Name one with --register; wattringctl meter show {} lists them.\n",
                              arguments.meter, arguments.meter)});
}

}  // namespace

Outcome<Answer> meter_intervals(Session& session, const IntervalsArguments& arguments) {
  const auto reg = choose_register(session, arguments);
  if (!reg) return tl::unexpected(reg.error());
  const auto span =
      parse_span(arguments.from, arguments.to, kMsPerDay, session.context().clock.wall_ms(), session.globals().zone);
  if (!span) return tl::unexpected(span.error());
  auto body = fetch_intervals(session, arguments.meter, *reg, arguments.every, *span, session.globals().zone);
  if (!body) return tl::unexpected(body.error());
  const std::string& unit = (*body)["unit"].string();
  Answer answer;
  using enum Table::Align;
  Table table({{"START", left}, {"END", left}, {"VALUE", right}, {"QUALITY", left}, {"FLAGS", left}});
  answer.csv.columns = {"meter", "register", "unit", "start", "end", "value", "quality", "method", "flags"};
  for (const Json& interval : (*body)["intervals"].items()) {
    const Json& value = interval["value"];
    table.add({time_text(interval["start"].string()), time_text(interval["end"].string()), value_text(value, unit),
               interval["quality"].string(), flags_text(interval["flags"], "-")});
    answer.csv.rows.push_back(
        {(*body)["meter"].string(), (*body)["register"].string(), unit, interval["start"].string(),
         interval["end"].string(), value.is_null() ? "" : value.compact(), interval["quality"].string(),
         interval["method"].is_null() ? "" : interval["method"].compact(), flags_text(interval["flags"], "")});
  }
  answer.text = fmt::format("{}   {} {}   every {}\n", (*body)["meter"].string(), (*body)["register"].string(),
                            (*body)["name"].string(), (*body)["every"].string());
  answer.text += table.text();
  answer.text += plural(table.size(), "interval") + ".\n";
  if (!(*body)["complete"].boolean(true)) {
    answer.note = "Incomplete: some acknowledged readings are not counted yet; ask again in a moment.";
  }
  answer.document.set("schema", "wattring.meter-intervals/1");
  for (const auto& [name, value] : body->members()) answer.document.set(name, value);
  answer.rows_name = "intervals";
  return answer;
}

}  // namespace wattring::ctl
