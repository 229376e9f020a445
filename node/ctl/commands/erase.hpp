// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "node/ctl/session.hpp"

namespace wattring::ctl {

struct EraseArguments {
  std::string meter;
  std::string before;  ///< time, day or -30d
  std::string reason;  ///< for the audit record
  bool dry_run = false;
  bool yes = false;
};
/// Asks on a terminal unless `yes`; elsewhere `yes` is needed.
[[nodiscard]] Outcome<Answer> meter_erase(Session& session, const EraseArguments& arguments);

}  // namespace wattring::ctl
