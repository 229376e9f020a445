// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace wattring::actor {

inline constexpr std::size_t kNameBytesMax = 128;
inline constexpr std::size_t kPathBytesMax = 1024;

/// Where an actor is: the node and the path from its root. It names whoever lives there, now or later.
struct ActorAddress {
  NodeId node;
  std::string path;  ///< "/shards/12/meter-7"

  friend auto operator<=>(const ActorAddress&, const ActorAddress&) = default;
  /// For people: "6f…/shards/12", the node by its first eight digits.
  [[nodiscard]] std::string text() const;
};

/// Letters, digits and -_.:=+~@, at most kNameBytesMax; a leading "$" is the system's own. invalid_argument otherwise.
[[nodiscard]] Result<void> check_name(std::string_view name);
/// Splits the first name off "/a/b/c": returns "a" and leaves "/b/c"; empty at the end.
[[nodiscard]] std::string_view take_name(std::string_view& path);

}  // namespace wattring::actor
