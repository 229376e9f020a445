// SPDX-License-Identifier: Apache-2.0
#include "sharding/homes.hpp"

#include <algorithm>

namespace wattring::sharding {

HomeChooser::HomeChooser(const OwnerTable& owners, std::vector<std::uint64_t> bounds)
    : owners_(owners),
      bounds_(std::move(bounds)),
      load_(bounds_.size()),
      held_(bounds_.size()),
      home_(owners.members.size() / owners.copies) {}

void HomeChooser::pin(std::uint32_t shard) {
  home_[shard] = *owners_.of(shard);
  ++load_[home_[shard]];
}

void HomeChooser::choose(std::uint32_t shard) {
  const std::uint32_t* first = owners_.of(shard);
  const std::uint32_t* last = first + owners_.copies;
  const std::uint32_t* free = std::find_if(first, last, [&](std::uint32_t member) { return has_room(member); });
  if (free == last && make_room(shard)) return;
  assign(shard, free == last ? *first : *free);
}

void HomeChooser::assign(std::uint32_t shard, std::uint32_t member) {
  home_[shard] = member;
  held_[member].push_back(shard);
  ++load_[member];
}

/// Breadth first from the owners of the shard: a home of theirs could move to another of its owners, and so on, until
/// one has room.
bool HomeChooser::make_room(std::uint32_t shard) {
  steps_.assign(bounds_.size(), Step{});
  std::vector<std::uint32_t> queue;
  const auto reach = [&](std::uint32_t from) {
    for (std::size_t k = 0; k < owners_.copies; ++k) {
      const std::uint32_t member = owners_.of(from)[k];
      if (steps_[member].reached) continue;
      steps_[member] = {from, true};
      queue.push_back(member);
    }
  };
  reach(shard);
  for (std::size_t next = 0; next < queue.size(); ++next) {
    const std::uint32_t member = queue[next];
    if (has_room(member)) {
      unwind(member, shard);
      return true;
    }
    for (const std::uint32_t held : held_[member]) reach(held);
  }
  return false;
}

void HomeChooser::unwind(std::uint32_t member, std::uint32_t shard) {
  for (std::uint32_t moved = steps_[member].shard; moved != shard; moved = steps_[member].shard) {
    const std::uint32_t before = home_[moved];
    std::vector<std::uint32_t>& held = held_[before];
    held.erase(std::find(held.begin(), held.end(), moved));
    --load_[before];
    assign(moved, member);
    member = before;
  }
  assign(shard, member);
}

}  // namespace wattring::sharding
