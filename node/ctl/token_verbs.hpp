// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "node/ctl/operator_verbs.hpp"

namespace wattring::ctl {

struct TokenArguments {
  std::string name;
  std::string role;
  std::string file;  ///< of a node's tokens; empty = print the line
  std::string out;   ///< for the token; empty = standard output
};

/// `token new`.
void add_token_verbs(CLI::App& root, TokenArguments& arguments, VerbFunction& verb);

}  // namespace wattring::ctl
