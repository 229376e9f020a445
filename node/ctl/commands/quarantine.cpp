// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <istream>
#include <ostream>

#include "node/ctl/commands/actors.hpp"
#include "node/ctl/output.hpp"
#include "node/ctl/session.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

Outcome<Json> find_row(Session& session, const std::string& id) {
  const auto body = session.get("/api/v1/quarantine");
  if (!body) return tl::unexpected(body.error());
  for (const Json& row : (*body)["quarantine"].items())
    if (row["id"].string() == id) return row;
  return tl::unexpected(Trouble{kExitNotFound, fmt::format("Nothing with the id {} is in quarantine.\n"
                                                           "See: wattringctl meter quarantine list\n",
                                                           id)});
}

/// Asks on the terminal what cannot be taken back.
Outcome<void> confirm_drop(const Json& row, const Context& context) {
  const std::string what =
      fmt::format("{} of {} from {} on", plural(static_cast<std::size_t>(row["readings"].integer()), "reading"),
                  row["meter"].string(), time_text(row["time"].string()));
  if (context.in == nullptr || !context.in_is_terminal)
    return usage_trouble(fmt::format("Dropping forgets {} for good. Say that you mean it: --yes\n", what));
  context.err << fmt::format("Forget {} for good? [y/N] ", what);
  context.err.flush();
  std::string answer;
  std::getline(*context.in, answer);
  if (answer == "y" || answer == "yes") return {};
  return usage_trouble("Nothing was dropped.\n");
}

}  // namespace

Outcome<Answer> quarantine_list(Session& session) {
  auto body = session.get("/api/v1/quarantine");
  if (!body) return tl::unexpected(body.error());
  Answer answer;
  answer.rows_name = "quarantine";
  using enum Table::Align;
  Table table({{"ID", left},
               {"METER", left},
               {"READINGS", right},
               {"BYTES", right},
               {"TIME", left},
               {"SINCE", left},
               {"FAILURE", left}});
  answer.csv.columns = {"id", "meter", "readings", "bytes", "time", "since", "failure"};
  for (const Json& row : (*body)["quarantine"].items()) {
    table.add({row["id"].string(), row["meter"].string(), grouped(row["readings"].integer()),
               grouped(row["bytes"].integer()), time_text(row["time"].string()), time_text(row["since"].string()),
               row["failure"].string()});
    answer.csv.rows.push_back(cells_of(row, answer.csv.columns));
  }
  answer.text = table.size() == 0 ? "Nothing is in quarantine.\n"
                                  : table.text() +
                                        "They are stored, but nothing derives from them.  Next: wattringctl meter "
                                        "quarantine release ID | drop ID\n";
  answer.document = std::move(*body);
  return answer;
}

Outcome<Answer> quarantine_release(Session& session, const std::string& id) {
  ApiRequest request;
  request.method = "POST";
  request.target = fmt::format("/api/v1/quarantine/{}/release", percent_encode(id));
  auto body = session.send(std::move(request));
  if (!body) return tl::unexpected(body.error());
  Answer answer;
  answer.text = fmt::format(
      "Released {}: its readings go to their meter again.\n"
      "If they are quarantined anew, the cause is still there.\n",
      id);
  answer.csv = flattened(*body);
  answer.document = std::move(*body);
  return answer;
}

Outcome<Answer> quarantine_drop(Session& session, const std::string& id, bool yes) {
  if (!yes) {
    const auto row = find_row(session, id);
    if (!row) return tl::unexpected(row.error());
    if (const auto confirmed = confirm_drop(*row, session.context()); !confirmed)
      return tl::unexpected(confirmed.error());
  }
  ApiRequest request;
  request.method = "DELETE";
  request.target = "/api/v1/quarantine/" + percent_encode(id);
  auto body = session.send(std::move(request));
  if (!body) return tl::unexpected(body.error());
  Answer answer;
  answer.text = fmt::format("Dropped {} for good.\n", id);
  answer.csv = flattened(*body);
  answer.document = std::move(*body);
  return answer;
}

Outcome<Answer> meter_add(Session& session, const std::string& meter) {
  Json wanted;
  wanted.set("meter", meter);
  auto body = session.post("/api/v1/meters", wanted);
  if (!body) return tl::unexpected(body.error());
  Answer answer;
  answer.text = fmt::format("{} is expected from now on: if it sends nothing, rules of kind no_data say so.\n", meter);
  answer.csv = flattened(*body);
  answer.document = std::move(*body);
  return answer;
}

}  // namespace wattring::ctl
