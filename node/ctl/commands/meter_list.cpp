// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "node/ctl/commands/commands.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

constexpr std::int64_t kPage = 1000;

constexpr std::size_t kShownRegisters = 4;

std::string registers_text(const Json& registers, std::size_t most) {
  std::string text;
  for (const Json& one : registers.items()) {
    if (most-- == 0) return text + " ...";
    text += (text.empty() ? "" : " ") + one.string();
  }
  return text;
}

}  // namespace

Outcome<Answer> meter_list(Session& session, const MeterListArguments& arguments) {
  Json meters = Json::Array{};
  std::string after;
  bool more = true;
  while (more && static_cast<std::int64_t>(meters.items().size()) < arguments.limit) {
    const std::int64_t wanted = std::min(kPage, arguments.limit - static_cast<std::int64_t>(meters.items().size()));
    std::string target = fmt::format("/api/v1/meters?prefix={}&limit={}", percent_encode(arguments.prefix), wanted);
    if (!after.empty()) target += "&after=" + percent_encode(after);
    const auto page = session.get(target);
    if (!page) return tl::unexpected(page.error());
    for (const Json& meter : (*page)["meters"].items()) meters.push(meter);
    const std::string next = (*page)["next"].string();
    more = !next.empty() && next != after;
    after = next;
  }
  Answer answer;
  using enum Table::Align;
  Table table({{"METER", left}, {"LAST READING", left}, {"REGISTERS", right}, {"", left}});
  answer.csv.columns = {"meter", "last_time", "registers"};
  for (const Json& meter : meters.items()) {
    table.add({meter["meter"].string(), time_text(meter["last_time"].string()),
               fmt::format("{}", meter["registers"].items().size()),
               registers_text(meter["registers"], kShownRegisters)});
    answer.csv.rows.push_back({meter["meter"].string(), meter["last_time"].string(),
                               registers_text(meter["registers"], meter["registers"].items().size())});
  }
  answer.text = table.text() + plural(table.size(), "meter") + (more ? ", and there are more" : "") + ".\n";
  if (more) answer.note = fmt::format("The list goes on after {}; see more with --limit or --prefix.", after);
  answer.document.set("schema", "wattring.meter-list/1").set("meters", std::move(meters));
  answer.document.set("next", more ? Json(after) : Json());
  answer.rows_name = "meters";
  return answer;
}

}  // namespace wattring::ctl
