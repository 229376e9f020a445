// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace wattring::ctl {

/// What `problems explain` says; compiled in, so that it is there when nothing else is.
struct ProblemText {
  std::string_view code;
  std::string_view meaning;
  std::string_view risk;      ///< what may happen to readings now
  std::string_view not_this;  ///< the likely misunderstanding
  std::array<std::string_view, 3> checks;
  std::string_view clears;
};

[[nodiscard]] std::span<const ProblemText> problem_texts();
/// Null when there is no such code; case does not matter.
[[nodiscard]] const ProblemText* find_problem(std::string_view code);

}  // namespace wattring::ctl
