// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/commands/actors.hpp"

#include <fmt/format.h>

#include <map>

#include "node/ctl/actor_tree.hpp"
#include "node/ctl/output.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

/// "12 actors: 11 running, 1 journal-only."
std::string counts_line(const Json& rows) {
  std::map<std::string, std::int64_t> states;
  for (const Json& row : rows.items()) ++states[row["state"].string()];
  std::string text = plural(rows.items().size(), "actor") + ":";
  for (const auto& [state, n] : states) text += fmt::format(" {} {},", grouped(n), state);
  text.back() = '.';
  return text;
}

/// What to type when a shard waits for its operator.
std::string next_line(const Json& rows) {
  for (const Json& row : rows.items()) {
    if (row["state"].string() != "journal-only") continue;
    return fmt::format(
        "{} only writes its journal: readings are kept, nothing derives from them.\n"
        "When the cause is mended: wattringctl actors resume {}\n",
        row["path"].string(), row["path"].string());
  }
  return {};
}

}  // namespace

Outcome<Answer> actors(Session& session, const ActorsArguments& arguments) {
  if (!arguments.path.starts_with('/')) {
    return tl::unexpected(Trouble{kExitUsage, fmt::format("\"{}\" is neither a path (/shards/12) nor the verb resume.\n"
                                                          "All actors: wattringctl actors\n",
                                                          arguments.path)});
  }
  auto body =
      session.get(fmt::format("/api/v1/actors?path={}&depth={}", percent_encode(arguments.path), arguments.depth));
  if (!body) return tl::unexpected(body.error());
  Answer answer;
  answer.rows_name = "actors";
  const Json& rows = (*body)["actors"];
  answer.text = rows.items().empty()
                    ? "No actor is there.\n"
                    : actor_tree(rows, arguments.all, session.globals().utf8) + counts_line(rows) + "\n";
  if (!(*body)["complete"].boolean(true)) answer.text += "There are more than are shown; name a PATH below.\n";
  answer.text += next_line(rows);
  answer.csv.columns = {"path", "state", "mailbox", "oldest_ms", "restarts", "last_failure", "children"};
  for (const Json& row : rows.items()) answer.csv.rows.push_back(cells_of(row, answer.csv.columns));
  answer.document = std::move(*body);
  return answer;
}

Outcome<Answer> actors_resume(Session& session, const std::string& path) {
  ApiRequest request;
  request.method = "POST";
  request.target = "/api/v1/actors/resume?path=" + percent_encode(path);
  auto body = session.send(std::move(request));
  if (!body) return tl::unexpected(body.error());
  Answer answer;
  answer.text = fmt::format("{} works again. Watch it: wattringctl actors {} --watch\n", path, path);
  answer.csv = flattened(*body);
  answer.document = std::move(*body);
  return answer;
}

}  // namespace wattring::ctl
