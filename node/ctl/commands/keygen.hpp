// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "node/ctl/session.hpp"

namespace wattring::ctl {

struct KeygenArguments {
  std::string file;          ///< to be made; "-" = standard output
  std::string name;          ///< on the allow-lists; empty = the file's
  std::string like;          ///< key file of a node of the cluster; empty = a new cluster
  bool client = false;       ///< a client of the cluster, not a node
  bool show_secret = false;  ///< with "-": also on a terminal
};
/// Makes a key file. No node is asked, and no secret is in the answer.
[[nodiscard]] Outcome<Answer> keygen(const KeygenArguments& arguments, const Context& context);

}  // namespace wattring::ctl
