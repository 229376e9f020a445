// SPDX-License-Identifier: Apache-2.0
#include "node/sim/chaos_conditions.hpp"

#include <algorithm>

namespace wattring::sim {
namespace {

bool holds_somebody_gone(const NodeLook& look) {
  return std::any_of(look.members.begin(), look.members.end(),
                     [](const auto& member) { return member.second == "suspect" || member.second == "down"; });
}

bool shows(Condition condition, const NodeLook* before, const NodeLook& now) {
  if (!now.status) return false;
  switch (condition) {
    case Condition::none:
      return true;
    case Condition::suspect:
      return holds_somebody_gone(now);
    case Condition::filling:
      return now.status->shards_filling > 0;
    case Condition::missing:
      // All of them: it has not yet compared with the others what it has.
      return now.status->shards_missing > 0 && now.status->shards_missing != now.status->shards_owned;
    case Condition::held:
      return now.status->shards_held > 0;
    case Condition::dropping:
      return before != nullptr && before->status && now.status->shards_held >= 0 &&
             before->status->shards_held > now.status->shards_held;
  }
  return false;
}

}  // namespace

std::ptrdiff_t shown_by(Condition condition, std::span<const NodeLook> before, std::span<const NodeLook> now) {
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (shows(condition, i < before.size() ? &before[i] : nullptr, now[i])) return static_cast<std::ptrdiff_t>(i);
  }
  return -1;
}

}  // namespace wattring::sim
