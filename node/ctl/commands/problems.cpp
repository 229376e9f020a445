// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "node/ctl/commands/commands.hpp"
#include "node/ctl/output.hpp"
#include "node/ctl/problem_texts.hpp"
#include "node/ctl/wording.hpp"

namespace wattring::ctl {

Outcome<Answer> problems(Session& session) {
  auto body = session.get("/api/v1/problems");
  if (!body) return tl::unexpected(body.error());
  Answer answer;
  answer.rows_name = "problems";
  Table table({{"SEV"}, {"CODE"}, {"SUBJECT"}, {"SINCE"}, {"WHAT"}, {"DO"}});
  answer.csv.columns = {"severity", "code", "subject", "since", "text", "do"};
  for (const Json& problem : (*body)["problems"].items()) {
    table.add({problem["severity"].string(), problem["code"].string(), problem["subject"].string(),
               time_text(problem["since"].string()), problem["text"].string(), problem["do"].string()});
    answer.csv.rows.push_back(cells_of(problem, answer.csv.columns));
  }
  if (table.size() == 0) {
    answer.text = "No problems.\n";
  } else {
    answer.text =
        table.text() + fmt::format("{}.  More: wattringctl problems explain CODE\n", plural(table.size(), "problem"));
  }
  answer.document = std::move(*body);
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
