// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace wattring::ctl {

/// The command tree, as the parser knows it.
struct Verb {
  std::string name;
  std::string about;
  std::vector<std::string> options;  ///< "--register"
  std::vector<Verb> verbs;
  std::vector<std::string> with_value = {};  ///< those of the options, and their short forms, that a value follows
  bool takes_words = false;                  ///< a word after it need not be one of its verbs
  std::string list = {};                     ///< of names that may follow, as `complete LIST PREFIX` prints them
};

/// A script for the shell ("bash", "zsh", "fish"); empty for any other.
[[nodiscard]] std::string completion_script(const std::string& shell, const Verb& root);

}  // namespace wattring::ctl
