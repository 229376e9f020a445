// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "node/ctl/session.hpp"

namespace wattring::ctl {

/// "healthy" < "degraded" < "critical"; what this release does not know counts as degraded.
[[nodiscard]] int severity_of(const std::string& verdict);
/// The exit code that goes with it.
[[nodiscard]] int exit_code_of_verdict(const std::string& verdict);
/// In capitals and in its colour.
[[nodiscard]] std::string painted_verdict(const std::string& verdict, const Globals& globals);
/// "  ! CODE  subject for 38 s: text" and below it what to do; empty when there is no problem. at: the time of asking.
[[nodiscard]] std::string problem_lines(const Json& problems, std::string_view at, const Globals& globals);

}  // namespace wattring::ctl
