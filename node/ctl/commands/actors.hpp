// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "node/ctl/session.hpp"

/// The verbs about actors, what was quarantined for them, and meters that are expected.

namespace wattring::ctl {

struct ActorsArguments {
  std::string path = "/";
  std::int64_t depth = 2;
  bool all = false;  ///< draw those too that have nothing to tell
};
[[nodiscard]] Outcome<Answer> actors(Session& session, const ActorsArguments& arguments);
[[nodiscard]] Outcome<Answer> actors_resume(Session& session, const std::string& path);

[[nodiscard]] Outcome<Answer> quarantine_list(Session& session);
[[nodiscard]] Outcome<Answer> quarantine_release(Session& session, const std::string& id);
/// Asks on a terminal unless `yes`; elsewhere `yes` is needed.
[[nodiscard]] Outcome<Answer> quarantine_drop(Session& session, const std::string& id, bool yes);

[[nodiscard]] Outcome<Answer> meter_add(Session& session, const std::string& meter);

}  // namespace wattring::ctl
