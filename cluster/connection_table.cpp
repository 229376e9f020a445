// SPDX-License-Identifier: Apache-2.0
#include "cluster/connection_table.hpp"

#include <iterator>

namespace wattring::cluster {

std::uint64_t ConnectionTable::heard(std::uint32_t id, std::int64_t now_ns) {
  const auto known = by_id_.find(id);
  if (known != by_id_.end()) {
    known->second->heard_ns = now_ns;
    connections_.splice(connections_.end(), connections_, known->second);
    return known->second->number;
  }
  if (by_id_.size() >= maximum_) erase(connections_.begin());
  connections_.push_back({take_number(), id, now_ns});
  const Place place = std::prev(connections_.end());
  by_id_.emplace(id, place);
  by_number_.emplace(place->number, place);
  return place->number;
}

std::optional<std::uint32_t> ConnectionTable::find(std::uint64_t number) const {
  const auto found = by_number_.find(number);
  if (found == by_number_.end()) return std::nullopt;
  return found->second->id;
}

void ConnectionTable::erase(std::uint64_t number) {
  const auto found = by_number_.find(number);
  if (found != by_number_.end()) erase(found->second);
}

void ConnectionTable::erase_idle(std::int64_t now_ns) {
  while (!connections_.empty() && now_ns - connections_.front().heard_ns >= idle_ns_) erase(connections_.begin());
}

void ConnectionTable::erase(Place place) {
  by_id_.erase(place->id);
  by_number_.erase(place->number);
  connections_.erase(place);
}

}  // namespace wattring::cluster
