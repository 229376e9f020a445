// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "node/ctl/output.hpp"

namespace wattring::ctl {

int severity_of(const std::string& verdict) {
  return verdict == "healthy" ? 0 : verdict == "critical" ? 2 : 1;
}

int exit_code_of_verdict(const std::string& verdict) {
  const int severity = severity_of(verdict);
  return severity == 0 ? kExitDone : severity == 2 ? kExitCritical : kExitDegraded;
}

std::string painted_verdict(const std::string& verdict, const Globals& globals) {
  std::string word = verdict.empty() ? "UNKNOWN" : verdict;
  std::transform(word.begin(), word.end(), word.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  const int severity = severity_of(verdict);
  return painted(word, severity == 0 ? Colour::green : severity == 2 ? Colour::red : Colour::yellow, globals);
}

std::string problem_lines(const Json& problems, const Globals& globals) {
  std::size_t width = 0;
  for (const Json& problem : problems.items()) width = std::max(width, problem["code"].string().size());
  std::string text;
  for (const Json& problem : problems.items()) {
    const std::string code = fmt::format("{:<{}}", problem["code"].string(), width);
    const std::string& subject = problem["subject"].string();
    text +=
        fmt::format("  ! {}  {}{}{}\n",
                    painted(code, problem["severity"].string() == "critical" ? Colour::red : Colour::yellow, globals),
                    subject, subject.empty() ? "" : ": ", problem["text"].string());
    if (const std::string& remedy = problem["do"].string(); !remedy.empty()) {
      text += fmt::format("    {:<{}}  do: {}\n", "", width, remedy);
    }
  }
  return text;
}

}  // namespace wattring::ctl
