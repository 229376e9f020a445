// SPDX-License-Identifier: Apache-2.0
#include "node/ctl/rule_files.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wattring::ctl {
namespace {

/// The number of the first line that says something, and that line.
std::pair<std::int64_t, std::string_view> first_line_of(std::string_view text) {
  std::int64_t number = 1;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
    if (!line.empty() && line.front() != '#') return {number, line};
    ++number;
  }
  return {0, {}};
}

}  // namespace

Outcome<void> RuleFiles::add(const std::string& name, std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark
  const auto [number, line] = first_line_of(text);
  if (number != 0 && line.front() != '[') {
    return tl::unexpected(Trouble{kExitUsage, fmt::format("{}:{}: begins with neither [[rule]] nor [[profile]]\n"
                                                          "Nothing was applied.\n",
                                                          name, number)});
  }
  parts_.push_back({name, next_line_});
  document_ += text;
  if (!document_.empty() && !document_.ends_with('\n')) document_ += '\n';
  next_line_ = 1 + std::count(document_.begin(), document_.end(), '\n');
  if (document_.size() > kBytesMax) {
    return tl::unexpected(Trouble{
        kExitUsage,
        fmt::format("{}: the files together are longer than {} bytes; apply them in parts\n", name, kBytesMax)});
  }
  return {};
}

std::string RuleFiles::place(std::int64_t line, std::int64_t column) const {
  const Part* part = nullptr;
  for (const Part& one : parts_)
    if (part == nullptr || one.first_line <= line) part = &one;
  if (part == nullptr) return fmt::format("{}:{}", line, column);
  return fmt::format("{}:{}:{}", part->name, std::max<std::int64_t>(0, line - part->first_line + 1), column);
}

Trouble RuleFiles::explained(Trouble trouble) const {
  const auto& errors = trouble.error["errors"].items();
  if (errors.empty()) return trouble;
  trouble.text.clear();
  for (const Json& error : errors)
    trouble.text +=
        fmt::format("{}: {}\n", place(error["line"].integer(), error["column"].integer()), error["message"].string());
  trouble.text += "Nothing was applied.\n";
  return trouble;
}

}  // namespace wattring::ctl
