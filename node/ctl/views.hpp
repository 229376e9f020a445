// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "node/ctl/session.hpp"

namespace wattring::ctl {

/// What one node that was asked says of the members.
struct View {
  NodeAddress node;
  bool answered = false;
  std::string trouble;                        ///< why not
  std::string hash;                           ///< of its view; empty when it has no membership
  std::int64_t local_health = 0;              ///< 0 good to 7: how slow it finds itself
  std::map<std::string, std::string> states;  ///< by the member's id
};

/// The views of all nodes, put side by side. Nobody's view is the right one.
struct Views {
  std::vector<View> views;  ///< one a node that was asked
  /// One a member, by name: what the member itself says of its version and load, and what the others say of its state.
  /// "state" is what most of them say, "states" has all when they differ, "seen_up_by" counts.
  std::vector<Json> members;
  std::size_t asked = 0;
  std::size_t answered = 0;
  bool agree = true;  ///< on everybody who is live
};
[[nodiscard]] Views put_together(const std::vector<Session::Reply>& replies);

/// The id of a member's row, or its name.
[[nodiscard]] std::string identity_of(const Json& member);
/// Rows see columns, for people.
[[nodiscard]] std::string matrix_text(const Views& views);
/// The same for programs: an array.
[[nodiscard]] Json matrix_json(const Views& views);

}  // namespace wattring::ctl
