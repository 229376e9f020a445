// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/commands/shards.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "base/limits.hpp"
#include "node/ctl/cluster_look.hpp"
#include "node/ctl/member_names.hpp"
#include "node/ctl/output.hpp"
#include "node/ctl/shard_look.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

constexpr std::size_t kMapColumns = 64;
constexpr std::string_view kMarks = "123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

std::string joined(const Json& names, std::string_view otherwise = "-") {
  std::string text;
  for (const Json& name : names.items()) text += (text.empty() ? "" : " ") + name.string();
  return text.empty() ? std::string(otherwise) : text;
}

std::string home_of(const Json& row) {
  return row["home"].is_string() ? row["home"].string() : "-";
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return text;
}

std::string head(const ShardLook& look) {
  const Json& ring = look.ring;
  std::string text =
      fmt::format("{} shards   ring {} ({})   {} copies, acks at {}   {} of {} answered{}\n",
                  grouped(static_cast<std::int64_t>(look.shards.items().size())), ring["version"].integer(),
                  ring["id"].string().substr(0, 8), ring["copies"].integer(), ring["acks"].integer(), look.answered,
                  look.replies.size(), look.agree ? "" : ", their rings DIFFER");
  return text;
}

std::string tally(const ShardLook& look) {
  std::string text;
  for (const char* state : {"ok", "degraded", "filling", "nobody"})
    text +=
        fmt::format("{}{} {}", text.empty() ? "" : "   ", grouped(static_cast<std::int64_t>(look.count(state))), state);
  return text + "\n";
}

std::string notes(const ShardLook& look, const Json& document) {
  return look.unnamed + silent_lines(document["silent"]);
}

void fill_rows(Answer& answer, const Json& rows) {
  answer.rows_name = "shards";
  answer.csv.columns = {"shard", "home", "owners", "reachable", "state", "ack", "filling", "held"};
  for (const Json& row : rows.items())
    answer.csv.rows.push_back({std::to_string(row["shard"].integer()), row["home"].string(), joined(row["owners"], ""),
                               std::to_string(row["reachable"].integer()), row["state"].string(), row["ack"].string(),
                               joined(row["filling"], ""), joined(row["held"], "")});
}

/// Columns of who gets the shard as a whole; of several the first.
void add_came(Answer& answer, const Json& rows) {
  const std::vector<std::string> columns{"to", "from", "came_bytes", "came_s"};
  answer.csv.columns.insert(answer.csv.columns.end(), columns.begin(), columns.end());
  for (std::size_t i = 0; i < answer.csv.rows.size(); ++i) {
    const auto& all = rows.items()[i]["arriving"].items();
    const Json one = all.empty() ? Json() : all.front();
    for (const char* name : {"node", "from", "bytes", "for_s"})
      answer.csv.rows[i].push_back(one[name].is_null()     ? ""
                                   : one[name].is_string() ? one[name].string()
                                                           : std::to_string(one[name].integer()));
  }
}

std::string came_text(const Json& row) {
  std::string text;
  for (const Json& one : row["arriving"].items())
    text += fmt::format("{}{} to {} from {} in {}", text.empty() ? "" : ", ", bytes_text(one["bytes"].number()),
                        one["node"].string(), one["from"].string(), age_text(one["for_s"].integer()));
  return text.empty() ? "-" : text;
}

enum class Came : bool { left_out, shown };

std::string shards_text(const Json& rows, Came came) {
  using enum Table::Align;
  std::vector<Table::Column> columns{{"SHARD", right}, {"HOME", left}, {"OWNERS", left},     {"REACHED", right},
                                     {"STATE", left},  {"ACK", left},  {"FILLING AT", left}, {"HELD AT", left}};
  if (came == Came::shown) columns.push_back({"CAME SO FAR", left});
  Table table(std::move(columns));
  for (const Json& row : rows.items()) {
    std::vector<std::string> cells{std::to_string(row["shard"].integer()),
                                   home_of(row),
                                   joined(row["owners"]),
                                   fmt::format("{} of {}", row["reachable"].integer(), row["owners"].items().size()),
                                   row["state"].string(),
                                   upper(row["ack"].string()),
                                   joined(row["filling"]),
                                   joined(row["held"])};
    if (came == Came::shown) cells.push_back(came_text(row));
    table.add(std::move(cells));
  }
  return table.size() == 0 ? "" : table.text();
}

bool owned_by(const Json& row, const std::string& node) {
  return std::ranges::any_of(row["owners"].items(), [&](const Json& owner) { return owner.string() == node; });
}

Answer one_shard(const ShardLook& look, const Json& row, const std::string& meter) {
  Answer answer;
  const std::string home = home_of(row);
  answer.text = fmt::format("{}shard {} -> {} (ring {})\n", meter.empty() ? "" : meter + " -> ", row["shard"].integer(),
                            home == "-" ? "nobody" : home, look.ring["version"].integer());
  const auto line = [&](const char* name, const std::string& text) {
    answer.text += fmt::format("{:<10}{}\n", name, text);
  };
  line("Owners", fmt::format("{}   {} of {} can be reached", joined(row["owners"]), row["reachable"].integer(),
                             row["owners"].items().size()));
  line("State", row["state"].string());
  line("Ack", fmt::format("{} now", upper(row["ack"].string())));
  if (!row["filling"].items().empty()) line("Filling", "at " + joined(row["filling"]));
  if (!row["arriving"].items().empty()) line("Came", came_text(row));
  if (!row["held"].items().empty()) line("Held", "for the owners at " + joined(row["held"]));
  answer.document.set("schema", "wattring.shard/1").set("ring", look.ring);
  if (!meter.empty()) answer.document.set("meter", meter);
  for (const auto& [name, value] : row.members()) answer.document.set(name, value);
  const Json silent = shards_document(look, Json::Array{})["silent"];
  answer.text += look.unnamed + silent_lines(silent);
  answer.document.set("silent", silent);
  answer.csv = flattened(answer.document);
  return answer;
}

tl::unexpected<Trouble> no_shard(std::string_view shard, std::size_t count) {
  return tl::unexpected(
      Trouble{kExitNotFound, fmt::format("There is no shard {}: they are numbered 0 to {}.\n", shard, count - 1)});
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

/// Nothing when there is no such shard.
std::optional<std::size_t> index_of(const std::string& number, std::size_t count) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), index);
  if (error != std::errc{} || end != number.data() + number.size() || index >= count) return std::nullopt;
  return index;
}

std::string missing_lines(const ShardLook& look) {
  std::string text;
  for (const Json& seat : look.members.items()) {
    if (const std::int64_t n = seat["missing"].integer(); n != 0)
      text += fmt::format("{} misses something of {} that other owners have\n", seat["node"].string(),
                          plural(static_cast<std::size_t>(n), "shard"));
    if (seat["draining"].boolean())
      text += fmt::format("{} drains: what it misses is known when it works again\n", seat["node"].string());
  }
  return text;
}

/// When the filling may be over, node by node.
std::string estimates(const ShardLook& look) {
  std::string text;
  for (const Json& seat : look.members.items()) {
    const std::int64_t n = seat["filling"].integer();
    if (n == 0) continue;
    text += fmt::format("{} fills {}: ", seat["node"].string(), plural(static_cast<std::size_t>(n), "shard"));
    text += seat["filled_in_s"].is_null()
                ? "no estimate yet of when it is done; too few were finished in the last 5 min\n"
                : fmt::format("done in about {}, an estimate from what it finished in the last 5 min\n",
                              age_text(seat["filled_in_s"].integer()));
  }
  return text;
}

/// What the columns do not say; how much is on its way nobody knows before it has come.
std::string legend(const Json& rows) {
  const auto any = [&](const char* column) {
    return std::ranges::any_of(rows.items(), [&](const Json& row) { return !row[column].items().empty(); });
  };
  std::string text;
  if (any("filling")) text += "FILLING AT: not yet sure to have all of the shard; there may be nothing to fetch\n";
  if (any("held"))
    text +=
        "HELD AT: keeps a copy until all owners say that they have it, and ten minutes after a change of the ring\n";
  if (any("arriving"))
    text += "CAME SO FAR: of the shard as a whole; what comes entry by entry is not counted, nor what is to come\n";
  return text;
}

std::string percent(double share) {
  return share <= 0 ? "-" : share < 0.0005 ? "<0.1 %" : fmt::format("{:.{}f} %", 100 * share, share < 0.0995 ? 1 : 0);
}

std::string with_worst(const Json& row, const char* name) {
  const double mean = row[name].number();
  const double worst = row[fmt::format("{}_worst", name)].number();
  if (mean <= 0) return "-";
  return worst - mean < 0.005 ? percent(mean) : fmt::format("{} (to {})", percent(mean), percent(worst));
}

}  // namespace

Outcome<Answer> shards_map(Session& session) {
  const auto look = look_at_shards(session);
  if (!look) return tl::unexpected(look.error());
  Answer answer;
  answer.document = shards_document(*look, look->shards);
  fill_rows(answer, look->shards);
  std::map<std::string, char> marks;
  std::map<std::string, std::int64_t> homes;
  for (const Json& seat : look->members.items())
    marks.try_emplace(seat["node"].string(), marks.size() < kMarks.size() ? kMarks[marks.size()] : '+');
  answer.text = head(*look) + "a character = home   * a copy is being filled   . nobody\n";
  const auto& rows = look->shards.items();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i % kMapColumns == 0) answer.text += fmt::format("{}{:>5}  ", i == 0 ? "" : "\n", i);
    const std::string& home = rows[i]["home"].string();
    ++homes[home];
    const auto mark = marks.find(home);
    answer.text += home.empty()                             ? '.'
                   : rows[i]["state"].string() == "filling" ? '*'
                   : mark == marks.end()                    ? '?'
                                                            : mark->second;
  }
  answer.text += "\n";
  Table table({{"", Table::Align::left},
               {"NODE"},
               {"HOMES", Table::Align::right},
               {"COPIES", Table::Align::right},
               {"WEIGHT", Table::Align::right},
               {"ZONE"},
               {"STATE"}});
  for (const Json& seat : look->members.items())
    table.add({std::string(1, marks[seat["node"].string()]), seat["node"].string(),
               grouped(homes[seat["node"].string()]), grouped(seat["copies"].integer()),
               std::to_string(seat["weight"].integer()), seat["zone"].string().empty() ? "-" : seat["zone"].string(),
               !seat["reachable"].boolean() ? "away"
               : seat["draining"].boolean() ? "draining"
               : seat["lagging"].boolean()  ? "lagging"
                                            : "up"});
  answer.text += table.text() + tally(*look) + notes(*look, answer.document);
  return answer;
}

Outcome<Answer> shards_list(Session& session, const ShardsArguments& arguments) {
  const auto look = look_at_shards(session);
  if (!look) return tl::unexpected(look.error());
  std::string owner;
  if (!arguments.node.empty()) {
    const auto member = find_member(look->members, arguments.node);
    if (!member) return tl::unexpected(member.error());
    owner = (*member)["node"].string();
  }
  Json rows = Json::Array{};
  for (const Json& row : look->shards.items())
    if ((arguments.state.empty() || row["state"].string() == arguments.state) &&
        (owner.empty() || owned_by(row, owner)))
      rows.push(row);
  Answer answer;
  answer.text = head(*look) + shards_text(rows, Came::left_out) + tally(*look);
  answer.document = shards_document(*look, std::move(rows));
  answer.text += notes(*look, answer.document);
  fill_rows(answer, answer.document["shards"]);
  return answer;
}

Outcome<Answer> shards_moving(Session& session) {
  const auto look = look_at_shards(session);
  if (!look) return tl::unexpected(look.error());
  Json rows = Json::Array{};
  for (const Json& row : look->shards.items())
    if (!row["filling"].items().empty() || !row["held"].items().empty() || !row["arriving"].items().empty())
      rows.push(row);
  Answer answer;
  const std::string missing = missing_lines(*look);
  answer.text = head(*look) + shards_text(rows, Came::shown) + legend(rows) + estimates(*look) + missing;
  if (rows.items().empty() && missing.empty())
    answer.text += look->answered == look->replies.size()
                       ? "Nothing is on its way.\n"
                       : fmt::format("Nothing is on its way, as far as {} of {} nodes say.\n", look->answered,
                                     look->replies.size());
  answer.document = shards_document(*look, std::move(rows));
  answer.text += notes(*look, answer.document);
  fill_rows(answer, answer.document["shards"]);
  add_came(answer, answer.document["shards"]);
  return answer;
}

Outcome<Answer> shards_where(Session& session, const std::string& meter) {
  const auto body = session.get("/api/v1/shards?meter=" + percent_encode(meter));
  if (!body) return tl::unexpected(body.error());
  const auto look = look_at_shards(session);
  if (!look) return tl::unexpected(look.error());
  const auto shard = static_cast<std::size_t>((*body)["shard"].integer());
  if (shard >= look->shards.items().size()) return no_shard(std::to_string(shard), look->shards.items().size());
  return one_shard(*look, look->shards.items()[shard], meter);
}

Outcome<Answer> shards_show(Session& session, const std::string& shard) {
  const auto look = look_at_shards(session);
  if (!is_number(shard))
    return usage_trouble(
        fmt::format("\"{}\" is not the number of a shard: they are numbered 0 to {}. That of a meter: wattringctl "
                    "shards where METER\n",
                    shard, look ? look->shards.items().size() - 1 : kShardsMax - 1));
  if (!look) return tl::unexpected(look.error());
  const auto& rows = look->shards.items();
  const auto index = index_of(shard, rows.size());
  if (!index) return no_shard(shard, rows.size());
  return one_shard(*look, rows[*index], {});
}

Outcome<Answer> promises(Session& session) {
  auto body = session.get("/api/v1/promises");
  if (!body) return tl::unexpected(body.error());
  const Json& ring = (*body)["ring"];
  Answer answer;
  answer.rows_name = "promises";
  answer.text = fmt::format("{}   {} copies of each reading, an acknowledgement needs {}   ring {}\n",
                            plural(static_cast<std::size_t>(ring["members"].integer()), "node"),
                            ring["copies"].integer(), ring["acks"].integer(), ring["version"].integer());
  using enum Table::Align;
  Table table({{"AWAY", left},
               {"READINGS", left},
               {"HELD", right},
               {"INCOMPLETE", right},
               {"NO OWNER", right},
               {"AT RISK IF GONE", right},
               {"LOOKED AT", left}});
  answer.csv.columns = {
      "failed", "zone",         "acked",   "held",          "held_worst", "incomplete", "incomplete_worst",
      "nobody", "nobody_worst", "at_risk", "at_risk_worst", "sets",       "exact"};
  for (const Json& row : (*body)["promises"].items()) {
    const auto sets = grouped(row["sets"].integer());
    table.add({row["zone"].is_string() ? fmt::format("zone {} ({})", row["zone"].string(), row["failed"].integer())
                                       : std::to_string(row["failed"].integer()),
               row["acked"].boolean() ? "acknowledged" : "not acknowledged", with_worst(row, "held"),
               with_worst(row, "incomplete"), with_worst(row, "nobody"), with_worst(row, "at_risk"),
               row["exact"].boolean() ? fmt::format("all {}", sets) : fmt::format("{} samples", sets)});
    answer.csv.rows.push_back(cells_of(row, answer.csv.columns));
  }
  answer.text += table.text();
  answer.text +=
      "Shares of the shards; (to ..) is the worst choice of nodes. HELD: acknowledged on enough disks, not enough of "
      "them owners.\nINCOMPLETE: answers say complete = false. AT RISK: were these disks gone for good, the newest "
      "readings of\nthese shards, not yet on a third disk, would be; everything older is on other disks unless NO "
      "OWNER.\n";
  answer.document = std::move(*body);
  return answer;
}

}  // namespace wattring::ctl
