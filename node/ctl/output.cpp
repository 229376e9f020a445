// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ostream>

namespace wattring::ctl {
namespace {

constexpr std::string_view kClearScreen = "\x1b[H\x1b[2J";

std::string lines_of_json(const Answer& answer) {
  if (answer.rows_name.empty()) return answer.document.compact() + "\n";
  std::string out;
  for (const Json& row : answer.document[answer.rows_name].items()) {
    Json line;
    line.set("schema", answer.document["schema"]);
    for (const auto& [name, value] : row.members()) line.set(name, value);
    out += line.compact() + "\n";
  }
  return out;
}

std::string cell_of(const Json& value) {
  return value.is_string() ? value.string() : value.is_null() ? "" : value.compact();
}

void flatten(const Json& value, const std::string& path, Csv& csv) {
  if (value.is_object()) {
    const std::string prefix = path.empty() ? path : path + ".";
    for (const auto& [name, member] : value.members()) flatten(member, prefix + name, csv);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.items().size(); ++i)
      flatten(value.items()[i], fmt::format("{}.{}", path, i), csv);
  } else {
    csv.rows.push_back({path, cell_of(value)});
  }
}

int print_trouble(const Trouble& trouble, const Context& context) {
  context.out.flush();
  context.err << trouble.text;
  context.err.flush();
  return trouble.exit_code;
}

/// Without what differs at every look: the time of asking, ages, and what is measured anew.
Json steady(const Json& value) {
  static constexpr std::array<std::string_view, 4> kRestless{"at", "for_s", "round_trip_s", "disk_free_bytes"};
  if (value.is_array()) {
    Json out = Json::Array{};
    for (const Json& item : value.items()) out.push(steady(item));
    return out;
  }
  if (!value.is_object()) return value;
  Json out = Json::Object{};
  for (const auto& [name, member] : value.members())
    if (std::ranges::find(kRestless, name) == kRestless.end()) out.set(name, steady(member));
  return out;
}

/// What decides whether there is anything new to say.
std::string fingerprint(const Outcome<Answer>& answer) {
  return answer ? steady(answer->document).compact() : answer.error().text;
}

void print_note(const Answer& answer, const Context& context) {
  if (!answer.note.empty()) context.err << answer.note << "\n";
}

}  // namespace

std::string render(const Answer& answer, Format format) {
  switch (format) {
    case Format::table:
      return answer.text;
    case Format::json:
      return answer.document.pretty() + "\n";
    case Format::jsonl:
      return lines_of_json(answer);
    case Format::csv:
      return answer.csv.text();
  }
  return {};
}

int show(const Query& query, const Context& context, const Globals& globals) {
  Session session(context, globals);
  if (globals.watch_ms == 0) {
    const auto answer = query(session);
    if (!answer) return print_trouble(answer.error(), context);
    context.out << render(*answer, globals.format);
    print_note(*answer, context);
    return answer->exit_code;
  }
  // A pipe wants one object a line, whatever the format for people is.
  const bool repaint = context.out_is_terminal && globals.format == Format::table;
  const Format format = globals.format == Format::json && !repaint ? Format::jsonl : globals.format;
  std::string last;
  while (context.out) {
    const auto answer = query(session);
    const std::string text = answer ? render(*answer, format) : answer.error().text;
    if (repaint) context.out << kClearScreen << text;
    const std::string now = fingerprint(answer);
    if (!repaint && now != last) context.out << text;
    context.out.flush();
    last = now;
    context.sleep(globals.watch_ms);
  }
  return kExitDone;
}

std::string painted(std::string_view text, Colour colour, const Globals& globals) {
  if (!globals.colour) return std::string(text);
  const int code = colour == Colour::green ? 32 : colour == Colour::yellow ? 33 : 31;
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

std::vector<std::string> cells_of(const Json& row, const std::vector<std::string>& columns) {
  std::vector<std::string> cells;
  cells.reserve(columns.size());
  for (const std::string& column : columns) cells.push_back(cell_of(row[column]));
  return cells;
}

Csv flattened(const Json& document) {
  Csv csv{{"key", "value"}, {}};
  flatten(document, "", csv);
  return csv;
}

}  // namespace wattring::ctl
