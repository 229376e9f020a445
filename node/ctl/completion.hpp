// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace wattring::ctl {

/// The command tree as completion needs it.
struct Verb {
  std::string name;
  std::string about;
  std::vector<std::string> options;  ///< "--register"
  std::vector<Verb> verbs;
};

/// A script for the shell ("bash", "zsh", "fish"); empty for any other.
[[nodiscard]] std::string completion_script(const std::string& shell, const Verb& root);

}  // namespace wattring::ctl
