// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "node/ctl/session.hpp"

/// The verbs about rules and profiles.

namespace wattring::ctl {

/// All files or none of them.
[[nodiscard]] Outcome<Answer> rules_apply(Session& session, const std::vector<std::string>& files);
/// all: superseded versions too.
[[nodiscard]] Outcome<Answer> rules_list(Session& session, bool all);
[[nodiscard]] Outcome<Answer> rules_show(Session& session, const std::string& name);

struct RulesTestArguments {
  std::string file;
  std::string meter;  ///< pattern
  std::string from;   ///< empty = 24 h before `to`
  std::string to;     ///< empty = now
};
[[nodiscard]] Outcome<Answer> rules_test(Session& session, const RulesTestArguments& arguments);

}  // namespace wattring::ctl
