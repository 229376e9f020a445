// SPDX-License-Identifier: Apache-2.0
#include "node/actor/detail/remote_watchers.hpp"

#include "node/actor/detail/recipient.hpp"

namespace wattring::actor::detail {

void RemoteWatchers::add(const ActorAddress& watcher, const ActorRef& watched) {
  if (watched.recipient()->cell() == nullptr) return;
  const std::lock_guard lock(mutex_);
  by_node_[watcher.node].try_emplace({watcher.path, watched.recipient()->number()}, watched);
}

void RemoteWatchers::remove(const ActorAddress& watcher, const ActorRef& watched) {
  ActorRef last;  // goes after the lock
  const std::lock_guard lock(mutex_);
  const auto found = by_node_.find(watcher.node);
  if (found == by_node_.end()) return;
  const auto entry = found->second.find({watcher.path, watched.recipient()->number()});
  if (entry == found->second.end()) return;
  last = std::move(entry->second);
  found->second.erase(entry);
  if (found->second.empty()) by_node_.erase(found);
}

std::vector<RemoteWatchers::Watch> RemoteWatchers::take_node(const NodeId& node) {
  std::map<Key, ActorRef> taken;
  {
    const std::lock_guard lock(mutex_);
    const auto found = by_node_.find(node);
    if (found == by_node_.end()) return {};
    taken = std::move(found->second);
    by_node_.erase(found);
  }
  std::vector<Watch> watches;
  watches.reserve(taken.size());
  for (auto& [key, watched] : taken) watches.push_back({{node, key.first}, std::move(watched)});
  return watches;
}

void RemoteWatchers::clear() {
  std::map<NodeId, std::map<Key, ActorRef>> all;
  const std::lock_guard lock(mutex_);
  all.swap(by_node_);
}

}  // namespace wattring::actor::detail
