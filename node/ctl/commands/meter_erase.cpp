// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <istream>
#include <ostream>

#include "node/ctl/commands/erase.hpp"
#include "node/ctl/meter_api.hpp"
#include "node/ctl/output.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

constexpr std::int64_t kEraseWaitMs = 20'000;

std::string erasure_path(const EraseArguments& arguments, std::int64_t before_ms) {
  std::string target = fmt::format("/api/v1/meters/{}/erasure?before={}", percent_encode(arguments.meter), before_ms);
  if (!arguments.dry_run && !arguments.reason.empty()) target += "&reason=" + percent_encode(arguments.reason);
  return target;
}

bool is_nothing(const Json& found) {
  return found["readings"].integer() == 0 && found["interval_days"].integer() == 0 &&
         found["quarantined"].integer() == 0;
}

std::string count_text(const Json& found) {
  std::string text = fmt::format("  readings                 {} in {}\n", grouped(found["readings"].integer()),
                                 plural(static_cast<std::size_t>(found["chunks"].integer()), "chunk"));
  text += fmt::format("  days kept as intervals   {}\n", grouped(found["interval_days"].integer()));
  text += fmt::format("  readings in quarantine   {}\n", grouped(found["quarantined"].integer()));
  text += fmt::format("  alerts on record         {}\n",
                      found["alerts"].is_null() ? "not known" : grouped(found["alerts"].integer()));
  if (!found["complete"].boolean(true)) text += "  INCOMPLETE: too few nodes answer to be sure that this is all\n";
  return text;
}

/// Asks on the terminal what cannot be taken back.
Outcome<void> confirm_erasure(const std::string& question, const std::string& meter, const Context& context) {
  if (context.in == nullptr || !context.in_is_terminal)
    return usage_trouble(question + "Nothing was erased. Say that you mean it: --yes\n");
  context.err << fmt::format("{}This cannot be taken back. Type {} to go on: ", question, meter);
  context.err.flush();
  std::string answer;
  std::getline(*context.in, answer);
  if (answer == meter) return {};
  return usage_trouble("Nothing was erased.\n");
}

Answer answer_with(Json body, std::string text) {
  Answer answer;
  answer.text = std::move(text);
  answer.csv = flattened(body);
  answer.document = std::move(body);
  return answer;
}

}  // namespace

Outcome<Answer> meter_erase(Session& session, const EraseArguments& arguments) {
  const auto zone = find_zone(session.globals().zone);
  if (!zone) return tl::unexpected(zone.error());
  const auto before_ms = parse_when(arguments.before, session.context().clock.wall_ms(), *zone);
  if (!before_ms) return tl::unexpected(before_ms.error());
  const std::string before = time_text(format_rfc3339(*before_ms));
  if (arguments.dry_run || !arguments.yes) {
    EraseArguments counting = arguments;
    counting.dry_run = true;
    auto counted = session.get(erasure_path(counting, *before_ms));
    if (!counted) return tl::unexpected(counted.error());
    const Json& found = (*counted)["found"];
    std::string text = fmt::format("Of {}, before {}:\n{}", arguments.meter, before, count_text(found));
    if (is_nothing(found)) text += "  Nothing is there; it would be kept out if it came later.\n";
    if (arguments.dry_run) {
      Json document;
      document.set("schema", "wattring.meter-erase/1").set("meter", found["meter"]).set("before", found["before"]);
      document.set("found", found);
      return answer_with(std::move(document), text + "Nothing was erased: --dry-run.\n");
    }
    if (const auto confirmed = confirm_erasure(text, arguments.meter, session.context()); !confirmed)
      return tl::unexpected(confirmed.error());
  }
  ApiRequest request;
  request.method = "POST";
  request.target = erasure_path(arguments, *before_ms);
  auto body = session.send(std::move(request), kEraseWaitMs);
  if (!body) return tl::unexpected(body.error());
  std::string text = fmt::format("Erased {} before {}: {} on {}.\n", arguments.meter, before, (*body)["class"].string(),
                                 plural(static_cast<std::size_t>((*body)["copies"].integer()), "disk"));
  const Json& found = (*body)["found"];
  text += found.is_null() ? "  what was there could not be counted\n" : count_text(found);
  text +=
      "No question sees it any more, and it does not come back. Owners that are away erase it when they return;\n"
      "copies outside the cluster, backups among them, are not touched.\n";
  return answer_with(std::move(*body), std::move(text));
}

}  // namespace wattring::ctl
