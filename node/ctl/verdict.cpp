// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/time.hpp"
#include "node/ctl/output.hpp"
#include "node/ctl/wording.hpp"

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

std::string problem_lines(const Json& problems, std::string_view at, const Globals& globals) {
  const auto now = parse_rfc3339(at);
  std::size_t width = 0;
  for (const Json& problem : problems.items()) width = std::max(width, problem["code"].string().size());
  std::string text;
  for (const Json& problem : problems.items()) {
    const std::string code = fmt::format("{:<{}}", problem["code"].string(), width);
    const std::string& subject = problem["subject"].string();
    const auto since = parse_rfc3339(problem["since"].string());
    const std::string age =
        now && since && *now - *since >= kMsPerSecond ? " for " + age_text((*now - *since) / kMsPerSecond) : "";
    text +=
        fmt::format("  ! {}  {}{}{}{}\n",
                    painted(code, problem["severity"].string() == "critical" ? Colour::red : Colour::yellow, globals),
                    subject, age, subject.empty() ? "" : ": ", problem["text"].string());
    if (const std::string& remedy = problem["do"].string(); !remedy.empty()) {
      text += fmt::format("    {:<{}}  do: {}\n", "", width, remedy);
    }
  }
  return text;
}

}  // namespace wattring::ctl
