// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "node/ctl/cluster_look.hpp"
#include "node/ctl/commands/commands.hpp"
#include "node/ctl/output.hpp"
#include "node/ctl/problem_texts.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {
namespace {

std::string seen_by(const Json& problem) {
  std::string text;
  for (const Json& node : problem["seen_by"].items()) text += (text.empty() ? "" : " ") + node.string();
  return text;
}

std::string block(const Json& problem) {
  constexpr int kIndent = 10;
  std::string text = fmt::format("{:<{}}{}  {}   since {}, seen by {}\n", problem["severity"].string(), kIndent,
                                 problem["code"].string(), problem["subject"].string(),
                                 time_text(problem["since"].string()), seen_by(problem));
  text += fmt::format("{:<{}}{}\n", "", kIndent, problem["text"].string());
  return text + fmt::format("{:<{}}do: {}\n", "", kIndent, problem["do"].string());
}

}  // namespace

Outcome<Answer> problems(Session& session) {
  const auto look = look_at_cluster(session, true);
  if (!look) return tl::unexpected(look.error());
  Answer answer;
  answer.rows_name = "problems";
  answer.csv.columns = {"severity", "code", "subject", "since", "seen_by", "text", "do"};
  for (const Json& problem : look->problems.items()) {
    answer.text += block(problem);
    answer.csv.rows.push_back({problem["severity"].string(), problem["code"].string(), problem["subject"].string(),
                               problem["since"].string(), seen_by(problem), problem["text"].string(),
                               problem["do"].string()});
  }
  const std::size_t count = look->problems.items().size();
  answer.text += count == 0 ? "No problems.\n"
                            : fmt::format("{}.  More: wattringctl problems explain CODE\n", plural(count, "problem"));
  answer.document.set("schema", "wattring.problems/1").set("at", look->first["at"]).set("problems", look->problems);
  answer.document.set("silent", silent_json(*look));
  answer.note = silent_lines(answer.document["silent"]);
  return answer;
}

Outcome<Answer> explain_problem(const std::string& code) {
  const ProblemText* text = find_problem(code);
  if (text == nullptr) {
    std::string known;
    for (const ProblemText& one : problem_texts()) known += fmt::format("{}{}", known.empty() ? "" : " ", one.code);
    return tl::unexpected(Trouble{kExitNotFound, fmt::format("There is no problem code \"{}\" in this release.\n"
                                                             "Codes: {}\n",
                                                             code, known)});
  }
  Answer answer;
  answer.text = fmt::format("{}\n\nMeaning    {}\nAt risk    {}\nIt is not  {}\nFirst checks\n", text->code,
                            text->meaning, text->risk, text->not_this);
  Json checks = Json::Array{};
  for (std::size_t i = 0; i < text->checks.size(); ++i) {
    answer.text += fmt::format("  {}. {}\n", i + 1, text->checks[i]);
    checks.push(Json(text->checks[i]));
  }
  answer.text += fmt::format("Clears     {}\n", text->clears);
  answer.document.set("schema", "wattring.problem/1").set("code", text->code).set("meaning", text->meaning);
  answer.document.set("risk", text->risk).set("not", text->not_this).set("checks", std::move(checks));
  answer.document.set("clears", text->clears);
  answer.csv = flattened(answer.document);
  return answer;
}

}  // namespace wattring::ctl
