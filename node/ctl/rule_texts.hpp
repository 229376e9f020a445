// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace wattring::ctl {

/// What `alerts explain` says of a kind of rule; compiled in, so that it is there when nothing else is.
struct RuleText {
  std::string_view kind;
  std::string_view meaning;
  std::string_view formula;   ///< what x is; docs/metering/alerts.md has it to the digit
  std::string_view fires;     ///< by default
  std::string_view clears;    ///< by default
  std::string_view not_this;  ///< the likely misunderstanding
  std::array<std::string_view, 3> checks;
};

[[nodiscard]] std::span<const RuleText> rule_texts();
/// Null when there is no such kind; "-" counts as "_".
[[nodiscard]] const RuleText* find_rule_text(std::string_view kind);

}  // namespace wattring::ctl
