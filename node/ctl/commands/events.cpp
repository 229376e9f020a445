// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <ostream>

#include "node/ctl/commands/commands.hpp"
#include "node/ctl/event_follower.hpp"
#include "node/ctl/output.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

constexpr std::int64_t kPollMs = 1000;
constexpr std::string_view kCsvColumns = "time,seen_by,event,node,detail,epoch,incarnation\n";

std::string who_says(const Json& event) {
  std::string text = event["detail"].string();
  for (const Json& accuser : event["accusers"].items())
    text += fmt::format("{}{} by {}", text.empty() ? "" : ", ", accuser["evidence"].string(), accuser["node"].string());
  return text;
}

bool is_after(const Json& event, std::int64_t from_ms) {
  const auto time = parse_rfc3339(event["time"].string());
  return time && *time >= from_ms;
}

/// With milliseconds: what happens to members happens fast.
std::string instant_text(const std::string& rfc3339) {
  const auto time_ms = parse_rfc3339(rfc3339);
  if (!time_ms) return rfc3339;
  const std::string second = time_text(format_rfc3339(floor_to(*time_ms, kMsPerSecond)));
  return fmt::format("{}.{:03}Z", second.substr(0, second.size() - 1), *time_ms - floor_to(*time_ms, kMsPerSecond));
}

std::vector<std::string> cells(const Json& event) {
  return {instant_text(event["time"].string()), event["seen_by"].string(), event["event"].string(),
          event["node"].string(), who_says(event)};
}

std::string silent_note(const Json& silent) {
  std::string note;
  for (const Json& one : silent.items())
    note += fmt::format("{}{} did not answer: {}", note.empty() ? "" : "\n",
                        one["node"].string().empty() ? one["address"].string() : one["node"].string(),
                        one["reason"].string());
  return note;
}

/// One event on a line of its own, in the format that was asked for.
std::string line_of(const Json& event, Format format) {
  if (format == Format::table) {
    const auto cell = cells(event);
    std::string line = fmt::format("{}  {:<8}  {:<9}  {:<8}  {}", cell[0], cell[1], cell[2], cell[3], cell[4]);
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
  }
  if (format == Format::csv) {
    Csv csv{{}, {cells_of(event, {"time", "seen_by", "event", "node", "detail", "epoch", "incarnation"})}};
    const std::string text = csv.text();
    return text.substr(text.find('\n') + 1);
  }
  Json line;
  line.set("schema", "wattring.events/1");
  for (const auto& [name, value] : event.members()) line.set(name, value);
  return line.compact() + "\n";
}

}  // namespace

Outcome<Answer> events(Session& session, const EventsArguments& arguments) {
  EventFollower follower(session);
  auto found = follower.next();
  if (!found) return tl::unexpected(found.error());
  const std::int64_t from_ms = session.context().clock.wall_ms() - arguments.since_ms;
  std::erase_if(*found, [&](const Json& event) { return !is_after(event, from_ms); });
  Answer answer;
  answer.rows_name = "events";
  answer.csv.columns = {"time", "seen_by", "event", "node", "detail", "epoch", "incarnation"};
  Table table({{"TIME"}, {"SEEN BY"}, {"EVENT"}, {"NODE"}, {"DETAIL"}});
  for (const Json& event : *found) {
    table.add(cells(event));
    answer.csv.rows.push_back(cells_of(event, answer.csv.columns));
  }
  const std::string back = format_duration_ms(arguments.since_ms);
  answer.text = table.size() == 0 ? fmt::format("No events in the last {}.\n", back)
                                  : table.text() + fmt::format("{} in the last {}. Each node's clock stamps its own.\n",
                                                               plural(table.size(), "event"), back);
  answer.document.set("schema", "wattring.events/1").set("since", format_rfc3339(from_ms));
  answer.document.set("events", std::move(*found)).set("silent", follower.silent());
  answer.note = silent_note(follower.silent());
  return answer;
}

int follow_events(const EventsArguments& arguments, const Context& context, const Globals& globals) {
  Session session(context, globals);
  EventFollower follower(session);
  const std::int64_t start_ns = context.clock.monotonic_ns();
  const std::int64_t from_ms = context.clock.wall_ms() - arguments.since_ms;
  if (globals.format == Format::csv) context.out << kCsvColumns;
  std::string said;
  std::int64_t lost = 0;
  bool answered = false;
  while (context.out) {
    const auto found = follower.next();
    if (!found && !answered) {
      context.err << found.error().text;
      return found.error().exit_code;
    }
    answered = true;
    if (found)
      for (const Json& event : *found)
        if (is_after(event, from_ms)) context.out << line_of(event, globals.format);
    context.out.flush();
    const std::string note = silent_note(follower.silent());
    if (note != said && !note.empty()) context.err << note << "\n";
    said = note;
    if (std::exchange(lost, follower.lost()) != follower.lost())
      context.err << fmt::format("{} events were dropped before they could be read\n", follower.lost());
    if (arguments.for_ms && (context.clock.monotonic_ns() - start_ns) / 1'000'000 >= *arguments.for_ms) break;
    context.sleep(kPollMs);
  }
  return kExitDone;
}

}  // namespace wattring::ctl
