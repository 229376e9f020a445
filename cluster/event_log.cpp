// SPDX-License-Identifier: Apache-2.0
#include "cluster/event_log.hpp"

#include <algorithm>
#include <utility>

namespace wattring::cluster {

void EventLog::add(std::int64_t wall_ms, MemberEvent event) {
  if (capacity_ == 0) return;
  if (events_.size() == capacity_) events_.pop_front();
  events_.push_back({++last_, wall_ms, std::move(event)});
}

std::vector<LoggedEvent> EventLog::after(std::uint64_t sequence, std::size_t limit) const {
  if (sequence >= last_) return {};
  const std::uint64_t first = last_ + 1 - events_.size();
  const std::uint64_t from = std::max(sequence + 1, first) - first;
  const std::uint64_t count = std::min<std::uint64_t>(limit, events_.size() - from);
  const auto begin = events_.begin() + static_cast<std::ptrdiff_t>(from);
  return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

}  // namespace wattring::cluster
