// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/log.hpp"
#include "cluster/view.hpp"

/// Events as lines of the log. Pure.

namespace wattring::cluster {

/// Stable, to search and alert on: "member_failed".
[[nodiscard]] std::string_view event_id(EventKind kind);
[[nodiscard]] LogLevel event_level(EventKind kind);

/// The name a node is known by; empty when it is not known.
using NameOf = std::function<std::string(const NodeId&)>;
/// "n3 at 10.0.0.3:7411 (51fd90c2); refused to n1, n4; silent to n2".
[[nodiscard]] std::string event_text(const MemberEvent& event, const NameOf& name_of);

}  // namespace wattring::cluster
