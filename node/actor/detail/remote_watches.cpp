// SPDX-License-Identifier: Apache-2.0
#include "node/actor/detail/remote_watches.hpp"

namespace wattring::actor::detail {

void RemoteWatches::add(const NodeId& node, Watch watch) {
  const std::lock_guard lock(mutex_);
  by_node_[node].push_back(std::move(watch));
}

bool RemoteWatches::remove(const NodeId& node, const ActorRef& watcher, const ActorAddress& watched) {
  const std::lock_guard lock(mutex_);
  const auto found = by_node_.find(node);
  if (found == by_node_.end()) return false;
  const auto matches = [&](const Watch& watch) {
    return watch.watcher == watcher && watch.watched.address() == watched;
  };
  const bool removed = std::erase_if(found->second, matches) > 0;
  if (found->second.empty()) by_node_.erase(found);
  return removed;
}

std::vector<RemoteWatches::Watch> RemoteWatches::take_node(const NodeId& node) {
  const std::lock_guard lock(mutex_);
  const auto found = by_node_.find(node);
  if (found == by_node_.end()) return {};
  std::vector<Watch> watches = std::move(found->second);
  by_node_.erase(found);
  return watches;
}

void RemoteWatches::clear() {
  const std::lock_guard lock(mutex_);
  by_node_.clear();
}

}  // namespace wattring::actor::detail
