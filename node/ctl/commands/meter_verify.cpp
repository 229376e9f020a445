// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "node/ctl/commands/commands.hpp"
#include "node/ctl/conservation.hpp"
#include "node/ctl/meter_api.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

constexpr std::int64_t kGridMs = 15 * kMsPerMinute;

struct Checked {
  std::string reg;
  std::string unit;
  std::uint64_t readings = 0;
  bool complete = true;
  Conservation result;
};

std::vector<Slot> slots_of(const Json& body) {
  std::vector<Slot> slots;
  for (const Json& interval : body["intervals"].items()) {
    const auto start = parse_rfc3339(interval["start"].string());
    const auto end = parse_rfc3339(interval["end"].string());
    if (!start || !end) continue;
    Slot slot{*start, *end, {}, {}};
    if (interval["value"].is_integer()) slot.value = interval["value"].integer();
    for (const Json& flag : interval["flags"].items()) slot.flags.push_back(flag.string());
    slots.push_back(std::move(slot));
  }
  return slots;
}

Outcome<Checked> check_register(Session& session, const std::string& meter, const std::string& reg, TimeSpan span) {
  Checked checked{reg, {}, 0, true, {}};
  std::vector<Sample> samples;
  const auto complete = visit_readings(session, meter, reg, span, [&samples](const Json& reading) {
    const auto time = parse_rfc3339(reading["time"].string());
    if (time && reading["value"].is_integer()) samples.push_back({*time, reading["value"].integer()});
  });
  if (!complete) return tl::unexpected(complete.error());
  const auto body = fetch_intervals(session, meter, reg, "15m", span, session.globals().zone);
  if (!body) return tl::unexpected(body.error());
  checked.readings = samples.size();
  checked.unit = (*body)["unit"].string();
  checked.complete = *complete && (*body)["complete"].boolean(true);
  checked.result = check_conservation(samples, slots_of(*body));
  return checked;
}

Json document_of(const Checked& checked) {
  const Conservation& result = checked.result;
  Json left_out = Json::Object{};
  for (const auto& [reason, n] : result.left_out) left_out.set(reason, static_cast<std::int64_t>(n));
  Json differences = Json::Array{};
  for (const auto& one : result.differences) {
    Json row;
    row.set("from", format_rfc3339(one.from_ms)).set("to", format_rfc3339(one.to_ms));
    differences.push(row.set("sum", one.sum).set("rise", one.rise));
  }
  Json document;
  document.set("register", checked.reg).set("unit", checked.unit).set("complete", checked.complete);
  document.set("readings", static_cast<std::int64_t>(checked.readings));
  document.set("intervals_checked", static_cast<std::int64_t>(result.checked));
  document.set("sum", result.sum).set("rise", result.rise).set("holds", result.differences.empty());
  return document.set("left_out", std::move(left_out)).set("differences", std::move(differences));
}

std::string verdict_of(const Checked& checked) {
  if (!checked.result.differences.empty()) return "DIFFERS";
  return checked.result.checked == 0 ? "nothing to check" : "holds";
}

std::string left_out_text(const Conservation& result) {
  std::string text;
  for (const auto& [reason, n] : result.left_out) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", n, reason);
  return text.empty() ? "-" : text;
}

std::string differences_text(const Checked& checked) {
  std::string text;
  for (const auto& one : checked.result.differences) {
    text += fmt::format("  {}  {} to {}: intervals {} {}, register {} {}\n", checked.reg, format_rfc3339(one.from_ms),
                        format_rfc3339(one.to_ms), grouped(one.sum), checked.unit, grouped(one.rise), checked.unit);
  }
  return text;
}

Answer answer_of(const std::string& meter, TimeSpan span, const std::vector<Checked>& all) {
  Answer answer;
  using enum Table::Align;
  Table table({{"REGISTER", left},
               {"READINGS", right},
               {"INTERVALS", right},
               {"THEIR SUM", right},
               {"REGISTER ROSE", right},
               {"VERDICT", left},
               {"LEFT OUT", left}});
  answer.csv.columns = {"register", "readings", "intervals_checked", "sum", "rise", "unit", "holds"};
  Json rows = Json::Array{};
  std::string differences;
  bool holds = true;
  for (const Checked& one : all) {
    const Conservation& result = one.result;
    table.add({one.reg, grouped(static_cast<std::int64_t>(one.readings)),
               grouped(static_cast<std::int64_t>(result.checked)), grouped(result.sum) + " " + one.unit,
               grouped(result.rise) + " " + one.unit, verdict_of(one), left_out_text(result)});
    answer.csv.rows.push_back({one.reg, fmt::format("{}", one.readings), fmt::format("{}", result.checked),
                               fmt::format("{}", result.sum), fmt::format("{}", result.rise), one.unit,
                               result.differences.empty() ? "true" : "false"});
    rows.push(document_of(one));
    differences += differences_text(one);
    holds = holds && result.differences.empty();
    if (!one.complete)
      answer.note = "Incomplete: some acknowledged readings are not counted yet; ask again in a moment.";
  }
  answer.text = fmt::format("{}   {} to {}\n", meter, format_rfc3339(span.from_ms), format_rfc3339(span.to_ms));
  answer.text += table.text() + differences;
  const bool any = std::any_of(all.begin(), all.end(), [](const Checked& one) { return one.result.checked != 0; });
  answer.text += holds && !any ? "Nothing could be checked in this time: see what was left out.\n"
                 : holds       ? "Every interval that can be checked adds up to its register.\n"
                               : "The intervals do not add up to the registers: please report this, with the output of "
                                 "wattringctl meter verify -o json.\n";
  answer.exit_code = holds ? kExitDone : kExitDataWrong;
  answer.document.set("schema", "wattring.meter-verify/1")
      .set("meter", meter)
      .set("from", format_rfc3339(span.from_ms));
  answer.document.set("to", format_rfc3339(span.to_ms)).set("holds", holds).set("registers", std::move(rows));
  answer.rows_name = "registers";
  return answer;
}

}  // namespace

Outcome<Answer> meter_verify(Session& session, const VerifyArguments& arguments) {
  auto span = parse_span(arguments.from, arguments.to, 31 * kMsPerDay, session.context().clock.wall_ms(),
                         session.globals().zone);
  if (!span) return tl::unexpected(span.error());
  span->from_ms = floor_to(span->from_ms, kGridMs);
  span->to_ms = ceil_to(span->to_ms, kGridMs);
  const auto meter = fetch_meter(session, arguments.meter);
  if (!meter) return tl::unexpected(meter.error());
  std::vector<Checked> all;
  for (const std::string& reg : cumulative_registers(*meter)) {
    auto checked = check_register(session, arguments.meter, reg, *span);
    if (!checked) return tl::unexpected(checked.error());
    all.push_back(std::move(*checked));
  }
  if (all.empty()) {
    return tl::unexpected(Trouble{
        kExitUsage,
        fmt::format("Meter {} has no register that only rises: there is nothing to add up.\n", arguments.meter)});
  }
  return answer_of(arguments.meter, *span, all);
}

}  // namespace wattring::ctl
