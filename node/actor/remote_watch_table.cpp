// SPDX-License-Identifier: Apache-2.0
#include "node/actor/remote_watch_table.hpp"

namespace wattring::actor {

void RemoteWatchTable::add(const Key& key, std::uint64_t number) {
  remove(key);
  watches_.emplace(key, Watch{number});
  ++unknown_;
}

void RemoteWatchTable::remove(const Key& key) {
  const auto found = watches_.find(key);
  if (found == watches_.end()) return;
  if (!found->second.known) --unknown_;
  watches_.erase(found);
}

bool RemoteWatchTable::ended(const Key& key, std::uint64_t number) {
  const auto found = watches_.find(key);
  if (found == watches_.end() || found->second.number != number) return false;
  remove(key);
  return true;
}

void RemoteWatchTable::known(const Key& key, std::uint64_t number, std::uint32_t session) {
  const auto found = watches_.find(key);
  if (found == watches_.end() || found->second.number != number) return;
  if (!found->second.known) --unknown_;
  found->second = {number, true, session};
}

void RemoteWatchTable::all_unknown() {
  for (auto& [key, watch] : watches_) watch.known = false;
  unknown_ = watches_.size();
}

void RemoteWatchTable::clear() {
  watches_.clear();
  unknown_ = 0;
}

}  // namespace wattring::actor
